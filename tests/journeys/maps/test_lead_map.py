"""The lead map: how leads come from capture to a first contact, who still waits counted in."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from models import Assignment, KpiFact
from models.database import engine
from models.kpi.read.lead_ways import LeadWay, read_lead_ways
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, add, browser

NOON = (datetime.now(UTC) - timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def _lead(number: int, form: str, *, assigned: tuple[int, ...] = (), contacted: int | None = None) -> None:
    """A lead captured at noon, recorded a minute later; assigned and contacted after so many minutes."""
    contact = a_contact(email=f"lead{number}@example.org", created_at=NOON + timedelta(minutes=1))
    fact = {"contact_id": contact, "source": "website", "known_from": NOON}
    add(KpiFact, **fact, measure="lead", ref=f"form:{form}", at=NOON, day=NOON.date())
    rep = rows("SELECT min(id) AS id FROM rep")[0].id
    for minutes in assigned:
        at = NOON + timedelta(minutes=minutes)
        add(Assignment, contact_id=contact, rep_id=rep, router="inbound", how="weighted", reason="a test", at=at)
    if contacted is not None:
        add(KpiFact, **fact, measure="contacted", at=NOON + timedelta(minutes=contacted), day=NOON.date())


def _ways() -> dict[str, LeadWay]:
    with engine().connect() as connection:
        ways = read_lead_ways(connection, NOON.date() - timedelta(days=1), NOON.date() + timedelta(days=1))
    return {way.captured if way.source is not None else "all": way for way in ways}


def test_each_form_tells_when_leads_are_recorded_assigned_and_contacted_and_by_how_many_hands() -> None:
    _lead(1, "trial", assigned=(2,), contacted=10)
    _lead(2, "trial", assigned=(4, 60), contacted=30)
    _lead(3, "trial", assigned=(6,), contacted=20)
    trial = _ways()["form:trial"]
    assert (trial.leads, trial.assigned_count, trial.contacted_count) == (3, 3, 3)
    assert trial.recorded.median == timedelta(minutes=1)
    assert trial.assigned.median == timedelta(minutes=4)
    assert (trial.contacted.median, trial.contacted.p90) == (timedelta(minutes=20), timedelta(minutes=30))
    assert trial.how == "inbound"
    assert trial.hands == pytest.approx(4 / 3)
    assert trial.is_small


def test_who_still_waits_makes_no_median_better() -> None:
    _lead(1, "ebook", assigned=(1,), contacted=5)
    for number in (2, 3, 4):
        _lead(number, "ebook", assigned=(1,))
    ebook = _ways()["form:ebook"]
    assert ebook.contacted_count == 1
    assert ebook.contacted.median is None
    assert ebook.assigned.p90 == timedelta(minutes=1)


def test_the_page_begins_with_all_leads_and_few_are_grey() -> None:
    for number in range(31):
        _lead(number, "trial" if number else "ebook", assigned=(2,), contacted=10)
    page = browser().get("/journeys/leads?days=30").text
    lines = re.findall(
        r'<tr([^>]*)>\s*<td class="person">(.*?)</td>.*?data-label="Leads">([\d,]+)</td>', page, re.DOTALL
    )
    assert lines == [("", "All sources", "31"), ("", "Website", "30"), (' class="quiet"', "Website", "1")]
    words = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "Form: Trial" in words
    assert "1m · 1m" in words


def test_a_business_without_leads_says_so() -> None:
    assert "No lead came in" in browser().get("/journeys/leads").text
