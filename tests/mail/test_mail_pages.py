"""The page with all mails: what each looks like, for whom, and that looking leaves no trace."""

import re

import pytest

from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.row_counts import count_rows
from tests.support.web_pages import a_contact, a_rep, browser

pytestmark = pytest.mark.usefixtures("database_url")

ARTICLE = "/mails/lead_nurture/article_1"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def test_all_mails_are_listed_by_journey_with_what_the_receiver_reads_first() -> None:
    page = browser().get("/mails").text

    for said in (
        "Lead nurture",
        "Which of your problems is the real one?",
        "A ten-minute exercise with one sheet of paper.",
        "task to a colleague",
        "9 of 12 leads followed up",
    ):
        assert said in page
    assert "cannot be written" not in page
    assert '<a href="/mails" aria-current="page">' in page


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing() -> None:
    page = browser().get(f"{ARTICLE}?view=phone&scheme=dark").text
    frame = re.search(r'<iframe class="letter phone dark"[^>]* src="([^"]+)" sandbox="([^"]+)"', page)
    assert frame is not None
    alone = browser().get(frame[1].replace("&amp;", "&"))

    assert "allow-scripts" not in frame[2]
    assert "sandbox" in alone.headers["content-security-policy"]
    assert "Hi Ana" in alone.text
    assert "/c/" not in alone.text
    assert "/o/" not in alone.text


def test_it_is_dark_when_asked_whatever_the_browser_prefers() -> None:
    light, dark = (browser().get(f"{ARTICLE}/html?scheme={scheme}").text for scheme in ("light", "dark"))

    assert "@media not all {" in light
    assert "@media all {" in dark
    assert "prefers-color-scheme" not in light + dark


def test_the_plain_text_and_the_footers_can_be_seen() -> None:
    text_view = browser().get(f"{ARTICLE}?view=text").text
    answer = browser().get(f"{ARTICLE}/html?kind=transactional").text

    assert "Find your bottleneck &lt;http" in text_view
    assert "Choose what else you get" in answer
    assert "You get this in answer" in answer


def test_a_contact_sees_their_own_mail_and_no_link_in_it_acts_on_them() -> None:
    ben = a_contact(
        email="ben@example.com", first_name="Ben", owner_id=a_rep(email="joan@example.com", name="Joan Lee")
    )
    mine = browser().get(f"{ARTICLE}/html?receiver=ben@example.com").text
    leave = re.search(r'href="[^"]*(/unsubscribe/[^"]+)"', mine)
    assert leave is not None
    browser().post(leave[1])

    assert "Hi Ben" in mine
    assert "Joan Lee" in mine
    assert rows("SELECT suppressed FROM contact WHERE id = :id", id=ben) == [(None,)]
    assert "Hi there" in browser().get(f"{ARTICLE}/html?receiver=bare").text


def test_who_is_not_there_is_reported_in_a_sentence() -> None:
    page = browser().get(f"{ARTICLE}?receiver=nobody@example.com")
    missing = browser().get("/mails/lead_nurture/article_99")

    assert "There is no contact with the address nobody@example.com." in page.text
    assert missing.status_code == 404
    assert "There is no such mail" in missing.text


def test_looking_leaves_no_trace() -> None:
    a_contact()
    before = count_rows()
    task = "/mails/lead_qualification/call_lead/html?receiver=ana@example.com"
    for path in ("/mails", ARTICLE, f"{ARTICLE}/html?receiver=ana@example.com", task):
        assert browser().get(path).status_code == 200

    assert count_rows() == before


def test_visitors_without_a_login_do_not_see_mails() -> None:
    assert browser("https://tend.example.com").get("/mails").status_code in (303, 401)
