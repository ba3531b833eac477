"""The frame of the reports: days, team and the day as known on stand in the address, and what cannot be is said."""

import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape

import pytest

from models import KpiDaily, KpiRun
from models.wording import full_date
from tests.support.playbook import apply_playbook
from tests.support.web_pages import TODAY, add, browser
from web.frame.moments import moment_text


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def reported(day: date, known_from: datetime | None = None, **columns: object) -> None:
    known_from = known_from or datetime.now(UTC)
    counted = {"day": day, "measure": "lead", "dimension": "all", "count": 3, "known_from": known_from}
    add(KpiDaily, **counted | columns)


def a_report_run(known_at: datetime | None = None) -> None:
    known_at = known_at or datetime.now(UTC)
    add(KpiRun, known_at=known_at, first_day=known_at.date(), last_day=known_at.date())


def shown_days(page: str) -> tuple[str, str]:
    dates = dict(re.findall(r'name="(from|to)" value="([0-9-]+)"', page))
    return dates["from"], dates["to"]


def links(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="(/reports[^"]*)"', page)]


def test_before_the_first_run_the_page_says_how_to_start_one() -> None:
    page = browser().get("/reports").text
    assert "The report has not run yet" in page
    assert "./tend report" in page
    assert "kpi-report" in page


def test_without_days_it_opens_on_the_last_ones_that_have_something_to_show() -> None:
    a_report_run()
    reported(TODAY - timedelta(50))
    reported(TODAY - timedelta(12))
    page = browser().get("/reports").text
    assert shown_days(page) == (str(TODAY - timedelta(41)), str(TODAY - timedelta(12)))
    assert "The report has not run yet" not in page


def test_a_young_business_sees_the_whole_of_what_there_is() -> None:
    a_report_run()
    reported(TODAY - timedelta(9))
    reported(TODAY - timedelta(2))
    assert shown_days(browser().get("/reports").text) == (str(TODAY - timedelta(9)), str(TODAY - timedelta(2)))


def test_links_to_chapters_and_other_days_keep_the_team() -> None:
    a_report_run()
    page = browser().get("/reports", params={"team": "Inbound", "from": "2026-10-01", "to": "2026-10-31"}).text
    funnel = next(link for link in links(page) if link.startswith("/reports/funnel"))
    assert funnel == "/reports/funnel?from=2026-10-01&to=2026-10-31&team=Inbound"
    assert "Inbound, 1 Oct 2026 to 31 Oct 2026 (31 days" in page
    everybody = [link for link in links(page) if link == "/reports?from=2026-10-01&to=2026-10-31"]
    assert everybody


def test_the_chosen_days_and_team_are_marked() -> None:
    a_report_run()
    reported(TODAY)
    reported(TODAY - timedelta(80))
    page = browser().get("/reports", params={"team": "Client Care"}).text
    chosen = re.findall(r'aria-current="true">([^<]+)<', page)
    assert (chosen[0], chosen[-1], "All teams" in chosen) == ("Last 30 days", "Client Care", False)


def test_as_known_on_a_past_day_stays_in_every_link_and_says_so() -> None:
    long_ago = datetime.now(UTC) - timedelta(20)
    a_report_run(long_ago)
    a_report_run()
    asked = str(TODAY - timedelta(10))
    page = browser().get("/reports", params={"as-known-on": asked}).text
    assert "as known on" in page
    assert all(f"as-known-on={asked}" in link for link in links(page) if "?" in link)
    assert str(TODAY - timedelta(20)) in re.findall(r'<time datetime="([^"]+)"', page)[0]


def test_as_known_on_a_day_without_a_report_it_says_which_one_is_shown() -> None:
    before, asked = datetime.now(UTC) - timedelta(20), TODAY - timedelta(10)
    a_report_run(before)
    page = browser().get("/reports", params={"as-known-on": str(asked)}).text
    made = moment_text(before, "America/New_York")
    assert f"As known on {full_date(asked)}: this is the report made on {made}. None was made after it" in page
    a_report_run(datetime.combine(asked, time(18), UTC))
    page = browser().get("/reports", params={"as-known-on": str(asked)}).text
    assert f"this is the report made on {full_date(asked)}, " in page
    assert "the last one of that day." in page
    assert "this is the report" not in browser().get("/reports").text


def test_before_the_first_run_of_a_past_day_nothing_had_been_reported() -> None:
    a_report_run()
    page = browser().get("/reports", params={"as-known-on": str(TODAY - timedelta(10))}).text
    assert "Nothing had been reported on" in page
    assert "Show what is reported now" in page


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"from": "2026-10-31", "to": "2026-10-01"}, 400, "before it begins"),
        ({"from": "1970-01-01", "to": "2026-10-01"}, 400, "longer than"),
        ({"to": "0001-01-01"}, 400, "before the year 2000"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, 400, "before the year 2000"),
        ({"from": "9999-12-31"}, 400, "still to come"),
        ({"from": "last Tuesday"}, 400, "is no date"),
        ({"from": "2026-02-30"}, 400, "is no date"),
        ({"as-known-on": "2999-01-01"}, 400, "still to come"),
        ({"as-known-on": "soon"}, 400, "is no date"),
        ({"team": "Outbound"}, 404, "There is no team of this name"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(query: dict[str, str], status: int, sentence: str) -> None:
    answer = browser().get("/reports", params=query)
    assert (answer.status_code, sentence in unescape(answer.text)) == (status, True)


def test_days_to_come_are_cut_off() -> None:
    page = browser().get("/reports", params={"from": str(TODAY - timedelta(3)), "to": "2999-01-01"}).text
    first, last = shown_days(page)
    assert (first, last <= str(TODAY)) == (str(TODAY - timedelta(3)), True)


def test_the_reports_are_for_ops_alone() -> None:
    answer = browser("https://tend.example.com").get("/reports?team=Inbound")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Freports%3Fteam%3DInbound"
