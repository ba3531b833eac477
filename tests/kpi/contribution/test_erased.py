"""Whoever is erased leaves the counts as they were: their mails, steps, draws, talks and orders stay in every table."""

from collections.abc import Callable
from typing import Any

import pytest

from models.database import engine
from models.kpi.people.contribution import MailsAsked, StepsAsked
from models.kpi.people.lines import counted_lines
from models.playbook import current_playbook
from models.splits import HELD_OUT, ON_THE_JOURNEY
from tests.support.contribution import (
    DAY,
    HOUR,
    a_lead,
    a_mail_event,
    a_run,
    a_sent_mail,
    a_step,
    a_talk,
    an_event,
    an_order,
    insert,
)
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON
from tests.support.merging import merge, separate
from tests.support.playbook import apply_playbook
from tests.support.reports import report, reported

FIRST_NIGHT = NOON + 8 * DAY
OF_ITS_DAY = ("kpi_stage_spell", "kpi_forecast", "kpi_goal", "kpi_finding", "kpi_funnel")
"""Tables of how it stands on each day, which begin a new one: those of the days before are looked at apart."""


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()
    for name, journey, is_holdout in (("welcome holdout", "welcome", True), ("welcome subject", "welcome", False)):
        write(
            "INSERT INTO split_test (name, journey, weights, is_holdout, started_at) "
            "VALUES (:name, :journey, '{}', :is_holdout, :at)",
            name=name,
            journey=journey,
            is_holdout=is_holdout,
            at=NOON,
        )


def a_customer(who: str, *, variant: str = ON_THE_JOURNEY) -> int:
    """Everything happened to them that reports of mails, steps and draws count."""
    contact = a_lead(f"{who}@example.com")
    write(
        "INSERT INTO split_draw (test, contact_id, variant, how, weights, at) "
        "VALUES ('welcome holdout', :contact, :variant, 'drawn', '{\"held out\": 0.1}', :at)",
        contact=contact,
        variant=variant,
        at=NOON,
    )
    run = a_run(contact, "welcome", NOON)
    a_step(run, 1, "send", "hello", NOON, subject="short")
    a_step(run, 2, "task", "call", NOON + 3 * DAY)
    task = {"journey": "welcome", "name": "call", "template": "x", "assignee": "al@example.com", "run_id": run}
    insert("task", contact_id=contact, number=2, created_at=NOON + HOUR, due_at=NOON + DAY, **task)
    told = {"opened_at": NOON + HOUR, "delivered_at": NOON + HOUR}
    mail = a_sent_mail(contact, NOON, "welcome/hello", run_id=run, key=f"{run}:1", **told)
    a_mail_event(mail, "delivered", NOON + HOUR)
    a_mail_event(mail, "clicked", NOON + HOUR, is_machine=True)
    again = a_sent_mail(contact, NOON + 2 * DAY, "welcome/again", run_id=run, clicked_at=NOON + 3 * DAY)
    answer = {"from_address": f"{who}@example.com", "to_address": "us@example.com", "subject": "Re", "body": "No"}
    insert(
        "inbound_mail",
        **{"key": f"{who} answers", "kind": "unsubscribe and reply", "contact_id": contact, "message_id": again},
        **answer,
        raw=b"",
        received_at=NOON + 3 * DAY,
    )
    a_sent_mail(contact, NOON + 4 * DAY, "welcome/bye")
    an_event(contact, "unsubscribed", NOON + 5 * DAY, source="unsubscribe")
    a_talk(contact, NOON + 2 * DAY)
    an_order(contact, NOON + 6 * DAY)
    return contact


def erase(contact: int) -> None:
    """With what does not go along with the contact."""
    mails = [row.id for row in rows("SELECT id FROM message WHERE contact_id = :id", id=contact)]
    answers = [row.id for row in rows("SELECT id FROM inbound_mail WHERE contact_id = :id", id=contact)]
    erase_contact_alone(contact)
    write("DELETE FROM mail_event WHERE message_id = ANY(:mails)", mails=mails)
    write("DELETE FROM inbound_mail WHERE id = ANY(:answers)", answers=answers)


def erase_contact_alone(contact: int) -> None:
    write("DELETE FROM contact WHERE id = :id", id=contact)


def in_full() -> Any:
    return reported(leave_out=OF_ITS_DAY)


@pytest.mark.parametrize("delete", [erase, erase_contact_alone])
def test_every_table_is_as_before_after_the_next_night_and_after_a_full_count(delete: Callable[[int], None]) -> None:
    ann, _, held_out = a_customer("ann"), a_customer("bob"), a_customer("eve", variant=HELD_OUT)
    report(FIRST_NIGHT)
    before = in_full()
    assert mails() == {"unsubscribed": 6, "replied": 3, "bot_clicked": 3, "opened": 3, "ordered": 9, "connected": 3}
    for contact in (ann, held_out):
        delete(contact)
    for days, full in ((1, False), (2, True), (3, False)):
        assert report(FIRST_NIGHT + days * DAY, full=full).changed == ()
        assert in_full() == before


def test_what_was_reported_of_each_day_stays_beside_the_new_days() -> None:
    ann = a_customer("ann")
    a_customer("bob")
    report(FIRST_NIGHT)
    before = reported()
    erase(ann)
    report(FIRST_NIGHT + DAY)
    now = reported()
    for table in ("kpi_funnel", "kpi_forecast", "kpi_finding"):
        assert set(map(repr, before[table])) <= set(map(repr, now[table])), table


def test_news_about_others_still_count_on_the_days_of_those_who_are_gone() -> None:
    ann, bob = a_customer("ann"), a_customer("bob")
    report(FIRST_NIGHT)
    before = mails()
    erase(ann)
    an_order(bob, FIRST_NIGHT + HOUR)
    [bye] = rows("SELECT id FROM message WHERE template = 'welcome/bye'")
    write("UPDATE message SET opened_at = :at WHERE id = :id", at=FIRST_NIGHT + HOUR, id=bye.id)
    a_mail_event(bye.id, "opened", FIRST_NIGHT + HOUR)
    report(FIRST_NIGHT + DAY)
    assert mails() == before | {"opened": before["opened"] + 1}
    nightly = in_full()
    assert report(FIRST_NIGHT + 2 * DAY, full=True).changed == ()
    assert in_full() == nightly


def test_who_is_erased_before_the_first_report_is_counted_as_far_as_mails_go() -> None:
    ann = a_customer("ann")
    erase(ann)
    report(FIRST_NIGHT)
    assert mails() | {"ordered": 0, "connected": 0} == {
        "unsubscribed": 2, "replied": 1, "bot_clicked": 1, "opened": 1, "ordered": 0, "connected": 0,
    }  # fmt: skip
    before = in_full()
    report(FIRST_NIGHT + DAY, full=True)
    assert in_full() == before


def test_what_happened_to_them_since_the_last_report_is_in_the_next_one() -> None:
    ann = a_customer("ann")
    report(FIRST_NIGHT + 18 * DAY)
    write("UPDATE message SET opened_at = :at", at=FIRST_NIGHT + 18 * DAY)
    erase(ann)
    report(FIRST_NIGHT + 19 * DAY)
    assert mails()["opened"] == 3
    nightly = in_full()
    report(FIRST_NIGHT + 20 * DAY, full=True)
    assert in_full() == nightly


def test_a_merge_leaves_nothing_of_the_erased_and_who_is_erased_after_it_is_kept_once() -> None:
    ann, twin = a_customer("ann"), a_customer("twin")
    report(FIRST_NIGHT)
    merge(ann, twin, now=FIRST_NIGHT + HOUR)
    assert left_behind() == (0, 0, 0, 0)
    report(FIRST_NIGHT + DAY)
    before = in_full()
    erase(ann)
    assert left_behind() == (6, 2, 4, 1)
    for days, full in ((2, False), (3, True)):
        assert report(FIRST_NIGHT + days * DAY, full=full).changed == ()
        assert in_full() == before


def left_behind() -> tuple[int, ...]:
    tables = ("erased_message", "erased_run", "erased_step", "erased_draw")
    return tuple(rows(f"SELECT count(*) AS n FROM {table}")[0].n for table in tables)


def test_who_was_merged_and_separated_and_erased_then_stays_counted() -> None:
    ann, twin = a_customer("ann"), a_customer("twin")
    separate(merge(ann, twin, now=NOON + 7 * DAY), now=NOON + 7 * DAY)
    report(FIRST_NIGHT)
    before = in_full()
    erase(twin)
    for days, full in ((1, False), (2, True)):
        assert report(FIRST_NIGHT + days * DAY, full=full).changed == ()
        assert in_full() == before


def test_who_was_merged_and_erased_between_two_reports_stays_counted() -> None:
    ann, twin = a_customer("ann"), a_customer("twin")
    report(FIRST_NIGHT)
    before = reported()["kpi_daily"]
    merge(ann, twin, now=FIRST_NIGHT + HOUR)
    erase(ann)
    for days, full in ((1, False), (2, True)):
        report(FIRST_NIGHT + days * DAY, full=full)
        assert reported()["kpi_daily"] == before


def test_the_people_behind_a_number_are_as_many_and_those_who_are_gone_have_no_name() -> None:
    ann = a_customer("ann")
    a_customer("bob")
    report(FIRST_NIGHT)
    erase(ann)
    report(FIRST_NIGHT + DAY)
    with engine().connect() as connection:
        days: dict[str, Any] = {
            "first": NOON.date(),
            "last": FIRST_NIGHT.date(),
            "playbook": current_playbook(connection),
        }
        for asked in (
            MailsAsked(column="unsubscribed", template="welcome/bye", **days),
            MailsAsked(column="connected", template="welcome/hello", **days),
            StepsAsked(column="contacts", step="call", verb="task", journey="welcome", **days),
            StepsAsked(column="ordered", step="", verb="start", journey="welcome", **days),
        ):
            lines = list(counted_lines(connection, asked, most=None, skip=0))
            assert sorted(line.who or "" for line in lines) == ["", "bob@example.com"]
            assert asked.count(connection) == 2


def test_nothing_that_anybody_wrote_is_kept_of_the_erased() -> None:
    erase(a_customer("ann"))
    kept = repr([rows(f"SELECT * FROM erased_{table}") for table in ("message", "run", "step", "draw")])
    assert "ann" not in kept
    assert "@" not in kept


def mails() -> dict[str, int]:
    names = ("unsubscribed", "replied", "bot_clicked", "opened", "ordered", "connected")
    sums = ", ".join(f"sum({name})::int AS {name}" for name in names)
    [found] = rows(f"SELECT {sums} FROM kpi_message WHERE known_until IS NULL")
    return dict(found._asdict())
