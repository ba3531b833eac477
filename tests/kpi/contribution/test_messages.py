"""What became of mails: by people and by bots, and what their receivers did in the weeks after."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

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
    count_contribution,
    insert,
    reported,
    without_versions,
)
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook

LATER = NOON + 60 * DAY
OUTCOMES = "opened, clicked, bot_opened, bot_clicked, bounced, unsubscribed, complained, replied, connected, ordered"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def outcomes() -> dict[str, Any]:
    """Of all mails together."""
    count_contribution(LATER)
    names = OUTCOMES.split(", ")
    found = reported("kpi_message", OUTCOMES)
    return {name: total for name, *row in zip(names, *found, strict=True) if (total := sum(row))}


def the_mail(**columns: Any) -> tuple[int, int]:
    """A contact and the mail they got."""
    contact = a_lead(f"{columns.pop('who', 'ann')}@example.com")
    return contact, a_sent_mail(contact, NOON, **columns)


def test_a_mail_counts_on_the_day_on_which_it_was_sent_by_the_companys_clock() -> None:
    contact = a_lead("ann@example.com")
    evening = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)  # of the 2nd in New York
    run = a_run(contact, "welcome")
    a_sent_mail(contact, evening, "welcome/hello", run_id=run)
    count_contribution(LATER)
    assert reported("kpi_message", "day, template, journey, variant, sent") == [
        (date(2026, 3, 2), "welcome/hello", "welcome", "", 1)
    ]


def test_only_what_really_went_out_to_contacts_counts() -> None:
    contact = a_lead("ann@example.com")
    for state in ("queued", "sending", "unknown", "failed", "expired", "skipped"):
        a_sent_mail(contact, NOON, f"welcome/{state}", state=state, sent_at=None)
    a_sent_mail(contact, NOON, "lead_qualification/first_call", kind="task", to_address="sarah@example.com")
    a_sent_mail(contact, NOON, "team/offer", kind="team", to_address="sarah@example.com")
    a_sent_mail(contact, NOON, "welcome/answer", kind="transactional")
    count_contribution(LATER)
    assert reported("kpi_message", "template, sent") == [("welcome/answer", 1)]


def test_people_and_bots_are_told_apart() -> None:
    for who, opened_at, events in (
        ("person", NOON + HOUR, [("opened", False), ("clicked", True)]),
        ("bot", None, [("opened", True), ("clicked", True), ("opened", True)]),
        ("nobody", None, []),
    ):
        _, mail = the_mail(who=who, opened_at=opened_at)
        for number, (kind, is_machine) in enumerate(events):
            a_mail_event(mail, kind, NOON + number * HOUR, is_machine=is_machine)
    assert outcomes() == {"opened": 1, "bot_opened": 1, "bot_clicked": 2}


def test_a_mailer_that_tells_of_no_deliveries_has_none_and_rates_are_of_what_did_not_come_back() -> None:
    ann, bob, eve = (a_lead(f"{name}@example.com") for name in ("ann", "bob", "eve"))
    a_sent_mail(ann, NOON)
    a_sent_mail(bob, NOON, bounced_at=NOON + HOUR)
    tuesday = NOON + DAY
    a_mail_event(a_sent_mail(eve, tuesday, delivered_at=tuesday), "delivered", tuesday)
    a_sent_mail(ann, tuesday)
    wednesday = NOON + 2 * DAY
    a_mail_event(a_sent_mail(eve, wednesday, bounced_at=wednesday), "processed", wednesday)
    count_contribution(LATER)
    assert reported("kpi_message", "day, sent, delivered, reached, bounced") == [
        (date(2026, 3, 2), 2, None, 1, 1),
        (date(2026, 3, 3), 2, 1, 1, 0),
        (date(2026, 3, 4), 1, 0, 0, 1),
    ]


def test_a_talk_and_an_order_within_thirty_days_after_are_touched_by_it() -> None:
    for number, (talk, order) in enumerate(((-HOUR, HOUR), (HOUR, 30 * DAY), (30 * DAY + HOUR, -DAY))):
        contact, _ = the_mail(who=f"contact-{number}")
        a_talk(contact, NOON + talk)
        an_order(contact, NOON + order)
    assert outcomes() == {"connected": 1, "ordered": 2}


def test_an_order_that_was_taken_back_is_none_and_a_second_talk_is_no_new_connection() -> None:
    contact, _ = the_mail()
    an_order(contact, NOON + DAY, cancelled_at=NOON + 2 * DAY)
    a_talk(contact, NOON - DAY)
    a_talk(contact, NOON + DAY)
    assert outcomes() == {}


def test_an_opt_out_by_the_link_is_that_of_the_last_mail_before_it() -> None:
    contact, _ = the_mail(template="welcome/first")
    a_sent_mail(contact, NOON + DAY, "welcome/second")
    a_sent_mail(contact, NOON + 3 * DAY, "welcome/third")
    an_event(contact, "unsubscribed", NOON + 2 * DAY, source="unsubscribe")
    count_contribution(LATER)
    assert reported("kpi_message", "template, unsubscribed") == [
        ("welcome/first", 0),
        ("welcome/second", 1),
        ("welcome/third", 0),
    ]


def test_an_opt_out_that_a_person_of_ours_noted_or_that_came_with_a_list_blames_no_mail() -> None:
    contact, _ = the_mail()
    an_event(contact, "unsubscribed", NOON + DAY, source="ops")
    an_event(contact, "unsubscribed", NOON + DAY, source="website")
    assert outcomes() == {}


def test_the_button_of_the_provider_and_a_reply_name_their_mail() -> None:
    ann, first = the_mail(template="welcome/first")
    a_sent_mail(ann, NOON + DAY, "welcome/second")
    a_mail_event(first, "unsubscribed", NOON + 2 * DAY)
    an_event(ann, "unsubscribed", NOON + 2 * DAY, source="mail")
    _, mail = the_mail(who="bob", template="welcome/third")
    an_inbound(mail, "unsubscribe")
    count_contribution(LATER)
    found = reported("kpi_message", "template, unsubscribed, replied")
    assert found == [("welcome/first", 1, 0), ("welcome/second", 0, 0), ("welcome/third", 1, 0)]


def an_inbound(message: int, kind: str) -> int:
    """A mail that answers one of ours."""
    [(contact,)] = rows("SELECT contact_id FROM message WHERE id = :id", id=message)
    return insert(
        "inbound_mail",
        key=f"{message}:{kind}",
        kind=kind,
        contact_id=contact,
        message_id=message,
        from_address="a@example.com",
        to_address="b@example.com",
        subject="Re",
        body="",
        raw=b"",
        received_at=NOON + HOUR,
    )


def test_only_what_a_person_wrote_is_a_reply_and_a_correction_changes_it_later() -> None:
    kinds = ("reply", "unsubscribe and reply", "privacy request", "out of office", "auto-reply", "empty", "bounce")
    mails = {kind: an_inbound(the_mail(who=kind.replace(" ", "-"))[1], kind) for kind in kinds}
    assert outcomes() == {"replied": 3, "unsubscribed": 1}
    write("UPDATE inbound_mail SET kind = 'reply' WHERE id = :id", id=mails["auto-reply"])
    correction = {"taken_for": "auto-reply", "kind": "reply", "by": "nora", "at": LATER + HOUR}
    insert("inbound_correction", inbound_id=mails["auto-reply"], **correction)
    count_contribution(LATER + DAY, before=LATER)
    assert sum(row.replied for row in reported("kpi_message", "replied")) == 4


def test_subjects_that_are_tested_are_told_apart() -> None:
    insert_test("welcome/hello subject")
    for number, subject in enumerate(("plain", "question", "question")):
        contact = a_lead(f"contact-{number}@example.com")
        run = a_run(contact, "welcome")
        a_step(run, 1, "send", "hello", NOON, subject=subject)
        a_sent_mail(contact, NOON, "welcome/hello", run_id=run, key=f"{run}:1")
    count_contribution(LATER)
    found = reported("kpi_message", "variant, sent, template")
    assert found == [("plain", 1, "welcome/hello"), ("question", 2, "welcome/hello")]


def insert_test(name: str) -> None:
    write(
        "INSERT INTO split_test (name, journey, weights, started_at) "
        "VALUES (:name, 'welcome', '{\"plain\": 1, \"question\": 1}', :at)",
        **{"name": name, "at": NOON},
    )


def test_the_next_run_counts_what_was_heard_since_of_old_mails_and_nothing_else_anew() -> None:
    contact, old = the_mail()
    other, _ = the_mail(who="other", template="welcome/hello")
    write("UPDATE message SET sent_at = :at WHERE contact_id = :contact", at=NOON + 9 * DAY, contact=other)
    first = NOON + 20 * DAY
    count_contribution(first)
    write("UPDATE message SET opened_at = :at WHERE id = :id", at=first + HOUR, id=old)
    a_mail_event(old, "opened", first + HOUR, is_machine=False)
    an_order(contact, first + 2 * HOUR)
    messages, *_ = count_contribution(first + DAY, before=first, contacts=[contact])
    assert reported("kpi_message", "template, opened, ordered") == [
        ("lead_nurture/article_1", 1, 1),
        ("welcome/hello", 0, 0),
    ]
    assert (messages.closed, messages.added) == (1, 1)
    nightly = without_versions("kpi_message")
    assert count_contribution(first + 2 * DAY)[0].added == 0
    assert without_versions("kpi_message") == nightly


def test_an_order_that_is_told_months_late_touches_the_mails_before_it() -> None:
    contact, _ = the_mail()
    count_contribution(NOON + 90 * DAY)
    an_order(contact, NOON + timedelta(days=5))
    count_contribution(NOON + 91 * DAY, before=NOON + 90 * DAY, contacts=[contact])
    assert reported("kpi_message", "day, ordered") == [(date(2026, 3, 2), 1)]


def touches() -> dict[str, tuple[int, int, int]]:
    """Mail -> (orders touched, by first touch, by last touch)."""
    count_contribution(LATER)
    found = reported("kpi_message", "template, ordered, first_touches, last_touches")
    return {template: tuple(counts) for template, *counts in found}


def test_an_order_counts_once_by_first_and_once_by_last_touch_however_many_mails_touched_it() -> None:
    contact = a_lead("ann@example.com")
    for place, name in enumerate(("too early", "first", "second", "third")):
        a_sent_mail(contact, NOON - 60 * DAY if place == 0 else NOON + place * DAY, f"welcome/{name}")
    an_order(contact, NOON + 10 * DAY)
    an_order(contact, NOON + 2 * DAY + HOUR)
    a_sent_mail(contact, NOON + 11 * DAY, "welcome/after")
    assert touches() == {
        "welcome/too early": (0, 0, 0),
        "welcome/first": (1, 2, 0),
        "welcome/second": (1, 0, 1),
        "welcome/third": (1, 0, 1),
        "welcome/after": (0, 0, 0),
    }


def test_a_mail_that_is_known_to_have_gone_out_only_later_changes_the_touches_of_the_others() -> None:
    contact = a_lead("ann@example.com")
    a_sent_mail(contact, NOON + DAY, "welcome/first")
    late = a_sent_mail(contact, NOON + 3 * DAY, "welcome/late", state="unknown", sent_at=None)
    an_order(contact, NOON + 5 * DAY)
    assert touches() == {"welcome/first": (1, 1, 1)}
    write("UPDATE message SET state = 'sent', sent_at = :at WHERE id = :late", at=NOON + 3 * DAY, late=late)
    a_mail_event(late, "delivered", LATER + HOUR)
    count_contribution(LATER + 2 * HOUR, before=LATER)
    assert reported("kpi_message", "template, first_touches, last_touches") == [
        ("welcome/first", 1, 0),
        ("welcome/late", 0, 1),
    ]
