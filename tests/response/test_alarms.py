"""Alarms: a manager hears once of each lead that nobody has tried to reach, one mail for all that are due."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from models.database import engine
from models.response.alerts import next_alert, send_alerts
from tests.support.lead_response import (
    DAY,
    MINUTE,
    NORA,
    a_business,
    a_story,
    remove_owner,
    report,
    response_records,
    send_due_alerts,
    team_mails,
)
from tests.support.mail.outbox import NOON
from tests.support.story import Story


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    a_business()


@pytest.fixture
def story(business: None) -> Story:
    return a_story()


def ask(story: Story, *names: str) -> list[int]:
    """Leads who ask for a call now."""
    leads = [story.contact(f"{name}@example.com", first_name=name.title()) for name in names]
    for lead in leads:
        story.happens("form_submitted", "request-call", contact=lead)
    return leads


def test_after_thirty_minutes_without_a_call_the_manager_knows(story: Story) -> None:
    (ann,) = ask(story, "ann")

    assert [minute for minute in range(60) if send_due_alerts(NOON + minute * MINUTE)] == [30]
    ((address, data),) = team_mails("alarm")
    assert (address, data["count"]) == (NORA, 1)
    (line,) = data["lines"]
    assert (line["who"], line["owner"], line["waits"]) == ("Ann", "Sarah Miller", "30 minutes")
    assert line["path"] == f"/contacts/{ann}"
    assert line["since"] == "Monday 2 March, 12:00 EST"


PENDING = text("""
-- A report that can be taken back, of somebody who is asked beside the owner.
UPDATE task SET done_at = :at, emit_at = :emit_at, outcome = :outcome,
    rep_id = CASE WHEN :office THEN NULL ELSE rep_id END
WHERE contact_id = :contact
""")


@pytest.mark.parametrize(
    ("office", "outcome", "reported", "told_after", "alerts"),
    [
        pytest.param(False, "Could Not Reach: Try Again", 29, MINUTE, 0, id="the owner has tried"),
        pytest.param(True, "Had Call: Qualified Lead", 29, MINUTE, 0, id="an office spoke to them"),
        pytest.param(True, "Sent", 29, MINUTE, 1, id="an office sent something"),
        pytest.param(False, "Could Not Reach: Try Again", -5, 45 * MINUTE, 1, id="before they asked"),
        pytest.param(False, "Could Not Reach: Try Again", 29, 2 * DAY, 1, id="a report that cannot be told"),
    ],
)
def test_a_report_that_can_be_taken_back_keeps_the_alert_where_it_answers_them(
    story: Story, office: bool, outcome: str, reported: int, told_after: timedelta, alerts: int
) -> None:
    (ann,) = ask(story, "ann")
    at = NOON + reported * MINUTE
    about = {"at": at, "emit_at": at + told_after, "outcome": outcome, "office": office, "contact": ann}
    with engine().begin() as connection:
        connection.execute(PENDING, about)
    assert send_due_alerts(NOON + 30 * MINUTE) == alerts


def test_it_starts_journeys_too(story: Story) -> None:
    (ann,) = ask(story, "ann")
    send_due_alerts(NOON + DAY)

    rows = story.rows("SELECT contact_id, data FROM event WHERE name = 'follow_up_late'")
    assert [tuple(row) for row in rows] == [(ann, {"owner": "Sarah Miller"})]


def test_whoever_was_tried_in_time_raises_no_alarm(story: Story) -> None:
    (ann,) = ask(story, "ann")
    report("first call", "Could Not Reach: Try Again", ann, NOON + 29 * MINUTE)

    assert send_due_alerts(NOON + DAY) == 0


def test_whoever_bought_meanwhile_raises_no_alarm(story: Story) -> None:
    (ann,) = ask(story, "ann")
    story.happens("order_placed", contact=ann)

    assert send_due_alerts(NOON + DAY) == 0
    with engine().connect() as connection:
        assert next_alert(connection) is None


def test_after_an_outage_it_is_one_mail_for_all(story: Story) -> None:
    ask(story, "ann", "bob", "cem")
    story.now = NOON + 90 * MINUTE
    ask(story, "dee")

    assert send_due_alerts(NOON + 2 * DAY) == 4
    ((_, data),) = team_mails("alarm")
    assert [line["who"] for line in data["lines"]] == ["Ann", "Bob", "Cem", "Dee"]


def test_a_clock_that_jumps_back_sounds_nothing_twice(story: Story) -> None:
    ask(story, "ann")

    assert [send_due_alerts(NOON + DAY), send_due_alerts(NOON + 31 * MINUTE), send_due_alerts(NOON + 2 * DAY)] == [
        1,
        0,
        0,
    ]


def test_two_at_once_sound_it_once(story: Story) -> None:
    ask(story, "ann")

    with engine().begin() as one, engine().begin() as other:
        assert [send_alerts(one, NOON + DAY), send_alerts(other, NOON + DAY)] == [1, 0]


def test_a_process_that_dies_before_its_commit_leaves_the_alarm_to_the_next(story: Story) -> None:
    ask(story, "ann")
    with engine().connect() as dying:
        assert send_alerts(dying, NOON + DAY) == 1

    assert send_due_alerts(NOON + DAY) == 1


def test_a_lead_that_an_owner_is_looked_for_is_told_by_its_placement(story: Story) -> None:
    (ann,) = ask(story, "ann")
    remove_owner(story, ann)
    placed = (
        "INSERT INTO placement (contact_id, router, reason, offered, queued_at) VALUES (:ann, 'r', 'b', true, :now)"
    )
    story.write(placed, ann=ann, now=NOON)

    assert send_due_alerts(NOON + DAY) == 0
    story.write("UPDATE placement SET closed_at = :now", now=NOON)
    assert send_due_alerts(NOON + DAY) == 1
    assert team_mails("alarm")[0][0] == "hello@brightwater.example.com"


@settings(max_examples=20)
@given(st.lists(st.integers(-90, 180), max_size=12))
def test_whenever_and_however_often_it_is_looked_no_lead_is_told_twice(minutes: list[int]) -> None:
    with engine().begin() as connection:
        connection.exec_driver_sql("TRUNCATE contact, message, router CASCADE")
    a_business()
    story = a_story()
    leads = ask(story, "ann", "bob")
    report("first call", "Had Call: Not Interested", leads[1], NOON + 45 * MINUTE)
    for minute in minutes:
        send_due_alerts(NOON + minute * MINUTE)

    told = [line["who"] for _, data in team_mails("alarm") for line in data["lines"]]
    assert told == (["Ann"] if max(minutes, default=0) >= 30 else [])
    assert (response_records(leads[0])[0].alerted_at is not None) == bool(told)


def test_the_mail_holds_forty_and_says_how_many_more(story: Story) -> None:
    ask(story, *(f"lead{number}" for number in range(42)))
    send_due_alerts(NOON + timedelta(hours=2))

    ((_, data),) = team_mails("alarm")
    assert (data["count"], len(data["lines"]), data["more"]) == (42, 40, 2)
