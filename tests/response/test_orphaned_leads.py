"""No form leads nowhere: what no journey is for is caught, and what fell between is found at night."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.operations.leads.check_leads import ALL_WELL, _sentence
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from models.database import engine
from models.response.orphaned_leads import OrphanedLead, find_orphaned_leads, notify_managers
from tests.support.lead_response import DAY, NORA, a_business, a_story, remove_owner, team_mails
from tests.support.mail.outbox import NOON
from tests.support.story import Story

WEEK = timedelta(weeks=1)


@pytest.fixture
def story(database_url: str) -> Story:
    a_business()
    return a_story()


def orphans(now: object = NOON) -> list[OrphanedLead]:
    with engine().begin() as connection:
        return find_orphaned_leads(connection, now)  # type: ignore[arg-type]


def test_a_form_that_nobody_has_heard_of_gets_an_answer_and_a_person(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "parking-permit", contact=ann)

    assert story.mails(ann) == [(0, "unclaimed_lead/received")]
    assert story.tasks(ann) == [(0, "first look", "sarah")]
    assert story.runs(ann) == [("unclaimed_lead", "waiting for first look")]


def test_a_form_without_a_name_does_too(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", contact=ann)

    assert story.runs(ann) == [("unclaimed_lead", "waiting for first look")]


def test_a_form_that_a_journey_starts_on_is_not_caught(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.happens("form_submitted", "request-info", contact=ann)  # on it already: still its form

    assert [journey for journey, _ in story.runs(ann)] == ["lead_qualification"]


def test_a_form_that_a_run_has_waited_for_is_not_caught(make_story: Callable[..., Story]) -> None:
    async def asks(j: Journey) -> str:
        await j.wait_for("form_submitted:survey")
        return "answered"

    async def rest(j: Journey) -> str:
        return "looked at"

    story = make_story(asks)
    story.definitions = {**story.definitions, "rest": Definition("rest", rest, fallback_trigger=("form_submitted",))}
    ann, bob = story.contact(), story.contact("bob@example.com")
    story.start("asks", ann)
    story.happens("form_submitted", "survey", contact=ann)
    story.happens("form_submitted", "survey", contact=bob)

    assert story.runs(ann) == [("asks", "answered")]
    assert story.runs(bob) == [("rest", "looked at")]


def test_other_events_are_not_caught(story: Story) -> None:
    ann = story.contact()
    story.happens("page_visited", "pricing", contact=ann)

    assert story.runs(ann) == []


@pytest.mark.parametrize(
    ("outcome", "ending"),
    [
        ("Wants a Call", "handed over to lead_qualification"),
        ("Wants an Offer", "handed over to offer_sequence"),
        ("Wants to Read First", "handed over to reading_list"),
        ("Answered by Mail", "answered"),
        ("No Lead: Spam or Mistake", "no lead"),
    ],
)
def test_what_the_person_says_puts_the_lead_where_it_belongs(story: Story, outcome: str, ending: str) -> None:
    ann = story.contact()
    story.happens("form_submitted", "parking-permit", contact=ann)
    story.reports("first look", outcome, contact=ann)

    assert story.runs(ann)[0] == ("unclaimed_lead", ending)


def test_if_nobody_looks_somebody_else_does_and_then_there_is_something_to_read(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "parking-permit", contact=ann)
    story.pass_time(WEEK)

    assert story.tasks(ann) == [(0, "first look", "sarah"), (2, "second look", "john")]
    assert story.runs(ann)[0] == ("unclaimed_lead", "handed over to reading_list")


def test_a_night_without_gaps_is_green(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "parking-permit", contact=ann)
    story.happens("form_submitted", "request-call", contact=story.contact("bob@example.com"))

    assert orphans() == []
    assert _sentence([]) == ALL_WELL


def test_a_lead_without_an_owner_or_a_next_step_is_found(story: Story) -> None:
    story.definitions = {}
    ann = story.contact(first_name="Ann")
    story.happens("form_submitted", "request-call", contact=ann)
    remove_owner(story, ann)

    found = orphans()
    assert [orphan.kind for orphan in found] == ["no owner", "no task", "no journey"]
    assert {orphan.contact_id for orphan in found} == {ann}
    assert found[2].problem == "sent the form request-call, which started no journey"


def test_what_is_older_than_a_month_is_not_told_for_good(story: Story) -> None:
    story.definitions = {}
    story.happens("form_submitted", "request-call", contact=story.contact())

    assert orphans(NOON + 31 * DAY) == []


def test_a_lead_that_is_parked_for_a_hundred_years_is_found(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.write("UPDATE journey_run SET resume_at = '9999-12-31 14:00+00' WHERE journey <> 'feedback'")

    (parked,) = [one for one in orphans() if one.kind == "parked"]
    assert parked.problem == ("waits on lead qualification until 31 Dec 9999, further ahead than anybody remembers")
    story.write("UPDATE journey_run SET resume_at = '2030-12-31 14:00+00' WHERE journey <> 'feedback'")
    assert not [one for one in orphans() if one.kind == "parked"]


def test_a_stuck_run_is_told_to_the_manager_of_whose_lead_it_is_once_a_day(story: Story) -> None:
    ann = story.contact(first_name="Ann")
    story.happens("form_submitted", "request-call", contact=ann)
    story.write(
        "UPDATE journey_run SET status = 'stuck', stuck_reason = 'a mail was missing' WHERE journey <> 'feedback'"
    )

    for moment in (NOON, NOON, NOON + DAY):
        with engine().begin() as connection:
            notify_managers(connection, find_orphaned_leads(connection, moment), moment)
    (address, data), (again, _) = team_mails("lead_check")
    assert address == again == NORA
    assert data["lines"][0]["who"] == "Ann"
    assert data["lines"][0]["problem"] == "is stuck on lead qualification: a mail was missing"


def test_leads_that_nobody_took_are_told_until_somebody_does(story: Story) -> None:
    ann = story.contact()
    placed = (
        "INSERT INTO placement (contact_id, router, reason, offered, queued_at, escalated_at, closed_at) "
        "VALUES (:ann, 'inbound', 'a rule', true, :now, :now, :settled)"
    )
    story.write(placed, ann=ann, now=NOON, settled=None)
    assert [orphan.kind for orphan in orphans()] == ["still waiting"]
    story.write("UPDATE placement SET closed_at = :now", now=NOON)
    assert orphans() == []
