"""Bots that open emails and follow links are distinguished from people by the evidence they leave."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mail.tracking.bots import Engagement, detect_bots, is_bot_user_agent
from models.tables.mail_event import MailEventKind

ARRIVED = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_AHEAD = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)


def click(after: float, url: str = "a", user_agent: str | None = FIREFOX) -> Engagement:
    at = ARRIVED + timedelta(seconds=after)
    return Engagement(int(after * 10), MailEventKind.CLICKED, at, f"https://example.com/{url}", user_agent)


def opened(after: float, user_agent: str | None = FIREFOX, reason: str | None = None) -> Engagement:
    at = ARRIVED + timedelta(seconds=after)
    return Engagement(int(after * 10) + 5, MailEventKind.OPENED, at, None, user_agent, reason)


def by_programs(*seen: Engagement, links: int | None = 5) -> list[Engagement]:
    marks = detect_bots(seen, ARRIVED, links)
    return [one for one in seen if one.id in marks]


def test_nobody_clicks_within_five_seconds_of_the_mails_arrival() -> None:
    soon, person = click(5), click(6)
    assert by_programs(soon, person) == [soon]
    assert by_programs(click(-30)) == [click(-30)]  # the scanner stands before the mailbox
    assert detect_bots([soon], None, None) == {}


def test_three_links_within_two_seconds_are_more_than_a_person_follows() -> None:
    burst = [click(60, "a"), click(61, "b"), click(62, "c")]
    person = [click(300, "a"), click(301, "b"), click(303, "c")]
    assert by_programs(*burst, *person) == burst
    assert detect_bots(burst, ARRIVED, None)[600] == "3 links or more were followed within 2 seconds"


def test_whoever_follows_all_links_at_once_is_no_person_but_one_link_is_soon_followed() -> None:
    both = [click(60, "a"), click(61, "b")]
    assert by_programs(*both, links=2) == both
    assert by_programs(*both, links=3) == []
    assert by_programs(click(60), links=1) == []


def test_a_link_clicked_again_and_again_is_an_impatient_person() -> None:
    assert by_programs(*(click(60 + n / 2) for n in range(5)), links=2) == []


def test_what_loads_pictures_while_it_follows_all_links_reads_nothing() -> None:
    scanned, read = opened(61), opened(600)
    burst = [click(60, "a"), click(61, "b"), click(62, "c")]
    assert by_programs(scanned, read, *burst) == [scanned, *burst]


def test_what_the_provider_knows_of_an_open_is_believed() -> None:
    assert detect_bots([opened(600, reason="it says so")], ARRIVED, None) == {6005: "it says so"}


@pytest.mark.parametrize("user_agent", ["Mozilla/5.0", GMAIL_AHEAD])
def test_pictures_that_are_loaded_ahead_are_not_looked_at(user_agent: str) -> None:
    assert by_programs(opened(600, user_agent)) == [opened(600, user_agent)]
    assert by_programs(click(600, user_agent=user_agent)) == []


def test_gmail_shows_pictures_by_way_of_its_own_machines_when_a_person_looks() -> None:
    assert by_programs(opened(600, GMAIL)) == []
    assert by_programs(opened(2, GMAIL)) == [opened(2, GMAIL)]


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "BarracudaCentral/1.0",
        "Mozilla/5.0 (compatible; proofpoint)",
        "python-requests/2.32",
        "curl/8.5.0",
        "Mozilla/5.0 HeadlessChrome/120.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Microsoft Office Existence Discovery",
        "facebookexternalhit/1.1",
        "Go-http-client/2.0",
        "Java/17.0.1",
        "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    ],
)
def test_scanners_and_libraries_name_themselves(user_agent: str) -> None:
    assert is_bot_user_agent(user_agent)
    assert by_programs(click(600, user_agent=user_agent)) == [click(600, user_agent=user_agent)]


@pytest.mark.parametrize(
    "user_agent",
    [
        FIREFOX,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile",
        "Microsoft Outlook 16.0.5197; ms-office; MSOffice 16",
        GMAIL,
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    ],
)
def test_what_people_use_is_no_program(user_agent: str) -> None:
    assert not is_bot_user_agent(user_agent)


SEEN = st.lists(
    st.one_of(
        st.builds(click, st.integers(1, 80).map(lambda n: n / 2), st.sampled_from("abc")),
        st.builds(opened, st.integers(1, 80).map(lambda n: n / 2)),
    ),
    unique_by=lambda one: one.id,
)


@given(SEEN, st.randoms(use_true_random=False))
def test_the_order_in_which_it_comes_in_changes_nothing(seen: list[Engagement], draw: object) -> None:
    shuffled = list(seen)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert detect_bots(seen, ARRIVED, 2).keys() == detect_bots(shuffled, ARRIVED, 2).keys()
