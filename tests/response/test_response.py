"""Claims: whoever asks for a person has one, dated by the hours of who is to answer, settled by the first attempt."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.runtime.virtual_time import run_due
from models.database import engine
from models.events.emit import NewEvent, emit
from models.response import open_follow_ups, record_contacts
from models.response.sla_clocks import SlaClocks
from models.values.working_hours import WorkingHours, read_week
from tests.support.lead_response import (
    DAY,
    HOUR,
    MINUTE,
    a_business,
    a_story,
    report,
    response_records,
    send_due_alerts,
)
from tests.support.mail.outbox import NOON, a_rep
from tests.support.playbook import the_shipped_playbook

SATURDAY = NOON + 5 * DAY
MONDAY_AT_NINE = NOON + 7 * DAY - 3 * HOUR - HOUR  # by then New York has changed to summer time


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    a_business()


def test_who_asks_for_a_call_has_a_claim_on_the_owner_and_five_minutes() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)

    (claim,) = response_records(ann)
    assert claim.rep_id == story.column(ann, "owner_id")
    assert (claim.received_at, claim.due_at, claim.alert_at) == (NOON, NOON + 5 * MINUTE, NOON + 30 * MINUTE)
    assert claim.first_contact_at is None


def test_who_only_reads_has_no_claim() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "ebook", contact=ann)

    assert response_records(ann) == []


def test_the_time_rests_while_the_owner_does_not_work() -> None:
    story = a_story(SATURDAY)
    ann = story.contact(owner_id=a_rep())
    story.happens("form_submitted", "request-call", contact=ann)

    (claim,) = response_records(ann)
    assert (claim.due_at, claim.alert_at) == (MONDAY_AT_NINE + 5 * MINUTE, MONDAY_AT_NINE + 30 * MINUTE)


def test_around_the_clock_it_does_not_rest() -> None:
    a_business(clock="around the clock")
    story = a_story(SATURDAY)
    ann = story.contact(owner_id=a_rep())
    story.happens("form_submitted", "request-call", contact=ann)

    assert response_records(ann)[0].due_at == SATURDAY + 5 * MINUTE


def test_an_absent_owner_does_not_stop_the_clock() -> None:
    story = a_story()
    story.write(
        "INSERT INTO absence (rep_id, first_day, last_day, noted_at) VALUES (:rep, '2026-03-01', '2026-03-31', now())",
        rep=a_rep(),
    )
    ann = story.contact(owner_id=a_rep())
    story.happens("form_submitted", "request-call", contact=ann)

    assert response_records(ann)[0].alert_at == NOON + 30 * MINUTE


def test_asking_twice_before_the_answer_is_one_claim_and_again_later_another() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    story.happens("form_submitted", "request-demo", contact=ann)
    assert len(response_records(ann)) == 1
    report("first call", "Could Not Reach: Try Again", ann, NOON + MINUTE)
    story.now = NOON + DAY
    story.happens("form_submitted", "request-call", contact=ann)

    assert len(response_records(ann)) == 2


def test_what_another_system_tells_of_last_year_claims_nothing() -> None:
    story = a_story()
    ann = story.contact()
    story.write(
        "INSERT INTO event (name, topic, contact_id, source, at, received_at, is_history) "
        "VALUES ('form_submitted', 'request-call', :ann, 'api', :then, :now, true)",
        ann=ann,
        then=NOON - 365 * DAY,
        now=NOON,
    )
    run_due(story.definitions, NOON)

    assert response_records(ann) == []


def test_a_request_that_reaches_us_after_a_day_and_a_half_is_late_and_the_manager_hears_of_it() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann, ago=1.5 * DAY)

    assert len(response_records(ann)) == 1
    assert send_due_alerts(NOON) == 1


def test_after_an_outage_of_days_a_claim_is_one_all_the_same() -> None:
    story = a_story()
    ann = story.contact()
    with engine().begin() as connection:
        asked = NewEvent(name="form_submitted", topic="request-call", contact_id=ann, source="test")
        emit(connection, [asked], NOON)
    run_due(story.definitions, NOON + 4 * DAY)

    assert len(response_records(ann)) == 1


def test_spam_is_no_lead_that_anybody_had_to_answer() -> None:
    a_business(on=["form_submitted"])
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "parking-permit", contact=ann)
    assert len(response_records(ann)) == 1
    report("first look", "No Lead: Spam or Mistake", ann, NOON + MINUTE)
    run_due(story.definitions, NOON + MINUTE)

    assert response_records(ann) == []


def test_the_same_events_again_make_no_further_claim() -> None:
    story = a_story()
    ann = story.contact()
    event = story.happens("form_submitted", "request-call", contact=ann)
    report("first call", "Had Call: Not Interested", ann, NOON + MINUTE)
    with engine().begin() as connection:
        open_follow_ups(connection, the_shipped_playbook(), [event])

    assert len(response_records(ann)) == 1


@pytest.mark.parametrize(
    ("outcome", "spoke"), [("Could Not Reach: Try Again", False), ("Had Call: Unqualified Lead", True)]
)
def test_the_first_report_is_the_first_contact_whatever_came_of_it(outcome: str, spoke: bool) -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    report("first call", outcome, ann, NOON + 4 * MINUTE)

    (claim,) = response_records(ann)
    assert claim.first_contact_at == NOON + 4 * MINUTE
    assert claim.connected_at == (NOON + 4 * MINUTE if spoke else None)
    assert claim.alert_at is None


def test_a_call_that_another_system_tells_of_counts_though_it_is_told_late() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    report("first call", "Could Not Reach: Try Again", ann, NOON + 20 * MINUTE)
    story.now = NOON + 3 * MINUTE  # when it happened, by the telephone system's account
    story.happens("call_connected", contact=ann)

    (claim,) = response_records(ann)
    assert claim.first_contact_at == claim.connected_at == NOON + 3 * MINUTE


def test_a_call_before_they_asked_answers_nothing() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    story.now = NOON - MINUTE
    story.happens("call_connected", contact=ann)

    assert response_records(ann)[0].first_contact_at is None


def test_what_was_missed_stays_with_whoever_missed_it() -> None:
    story = a_story()
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    sarah = response_records(ann)[0].rep_id
    story.pass_time(timedelta(weeks=1))  # nobody reports, so the second call is another's

    assert story.column(ann, "owner_id") != sarah
    assert response_records(ann)[0].rep_id == sarah


@given(order=st.permutations([1, 2, 3]))
def test_reports_in_any_order_say_the_same(order: list[int]) -> None:
    with engine().connect() as connection:  # never committed
        told = {}
        insert = "INSERT INTO {} RETURNING id"
        run = lambda statement: connection.exec_driver_sql(insert.format(statement)).scalar_one()  # noqa: E731
        ann = run("contact (email) VALUES ('order@example.com')")
        event = "event (name, contact_id, source, data, at) VALUES ('{}', {}, 'test', '{}', '2026-03-02 17:{:02}Z')"
        asked = run(event.format("form_submitted", ann, "{}", 0))
        times = "'2026-03-02 17:00Z', '2026-03-02 17:05Z', '2026-03-02 17:30Z'"
        claim = run(f"follow_up (contact_id, event_id, received_at, due_at, alert_at) VALUES ({ann}, {asked}, {times})")
        told[1] = run(event.format("task_done", ann, '{"outcome": "Could Not Reach"}', 4))
        told[2] = run(event.format("call_connected", ann, "{}", 9))
        told[3] = run(event.format("task_done", ann, '{"outcome": "Had Call: Bought"}', 20))
        for number in order:
            record_contacts(connection, [told[number]])
        query = f"SELECT first_contact_at, connected_at FROM follow_up WHERE id = {claim}"
        tried, spoke = connection.exec_driver_sql(query).one()
    assert (tried, spoke) == (NOON + 4 * MINUTE, NOON + 9 * MINUTE)


HOURS = WorkingHours("America/New_York", read_week({"mon-fri": "09:00-12:00, 13:00-17:00"}))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001  made aware below
def test_a_claim_is_due_after_just_as_much_working_time_as_the_level_allows(moment: datetime) -> None:
    received = moment.replace(tzinfo=NOON.tzinfo)
    by = SlaClocks(the_shipped_playbook(), {1: HOURS}, WorkingHours())

    due, alarm = by.due_at(1, received), by.alert_at(1, received)
    assert by.working_time(1, received, due) == 5 * MINUTE
    assert by.working_time(1, received, alarm) == 30 * MINUTE
    assert received < due < alarm
