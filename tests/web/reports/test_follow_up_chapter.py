"""The day's follow-up as a chapter: where it opens, and that who still waits is counted in."""

from datetime import timedelta

from models import FollowUp
from models.response.metrics import LeadResponse, RepLoad, response_metrics
from tests.support.database import rows
from tests.support.lead_response import a_business
from tests.support.mail.outbox import NOON
from tests.support.web_pages import NOW, a_contact, add, browser

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def a_response(minutes: int | None) -> LeadResponse:
    """A lead that was called after so many minutes, or not yet."""
    called = None if minutes is None else NOON + minutes * MINUTE
    waited = None if minutes is None else minutes * MINUTE
    about = {"contact_id": 1, "who": "Ana", "company": None, "rep_id": 1, "rep_name": "Sarah"}
    return LeadResponse(
        **about,
        received_at=NOON,
        due_at=NOON + 5 * MINUTE,
        first_contact_at=called,
        connected_at=None,
        working_time_to_contact=waited,
        working_time_to_conversation=None,
    )


def median_of(*minutes: int | None) -> timedelta | None:
    return response_metrics("Sarah", [a_response(one) for one in minutes], RepLoad()).time_to_contact


def test_who_still_waits_has_waited_longer_than_anybody() -> None:
    assert median_of(2, 4, 6) == 4 * MINUTE
    assert median_of(2, 4, 6, None, None) == 6 * MINUTE
    assert median_of(2, 4) == 3 * MINUTE
    assert median_of(2, 4, None, None) == 4 * MINUTE
    assert median_of(2, None, None) is None
    assert median_of() is None


def test_it_opens_on_the_last_day_on_which_somebody_asked_for_a_person(database_url: str) -> None:
    a_business()
    [rep] = rows("SELECT id FROM rep WHERE name = 'Sarah Miller'")
    received = NOW - 21 * DAY
    about = {"contact_id": a_contact(), "event_id": 1, "rep_id": rep.id}
    add(FollowUp, **about, received_at=received, due_at=received + 5 * MINUTE)
    page = browser().get("/follow-up").text
    assert "<b>1</b><span>leads received" in page
    assert "1 still wait for the first contact" in page


def test_it_is_reached_from_every_chapter_and_leads_back_to_them(database_url: str) -> None:
    a_business()
    page = browser().get("/follow-up?team=Inbound").text
    assert '<a href="/follow-up?team=Inbound" aria-current="page">Follow-up</a>' in page
    assert '<a href="/reports/response?team=Inbound">Response</a>' in page
    assert 'href="/follow-up?' in browser().get("/reports/funnel").text
