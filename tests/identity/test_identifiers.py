"""Identifiers beyond the way in: set by hand, on contacts made elsewhere, and in events that name a sender's id."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from models.contacts.set_fields import set_fields
from models.identity.identifiers import BUCKETS, Wanted, lock_identifiers
from models.leads.capture import capture
from models.leads.incoming_event import read_incoming_events
from models.leads.reading.lead import Lead, UnreadableLead
from tests.support.playbook import the_shipped_playbook

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def captured(connection: Connection, **given: Any) -> int:
    [one] = capture(connection, [Lead(source="website", at=NOW, topic="request-info", **given)], NOW)
    return one.contact_id


def test_an_address_that_is_set_by_hand_recognises_and_so_does_the_old_one(connection: Connection) -> None:
    ann = captured(connection, email="old@x.com")
    set_fields(connection, [ann], {"email": "new@x.com", "mobile_phone": "+14155550123"}, NOW)
    assert captured(connection, email="new@x.com") == ann
    assert captured(connection, email="old@x.com") == ann
    assert captured(connection, phone="+14155550123") == ann


def test_a_contact_that_something_else_has_made_is_found_by_what_stands_on_it(connection: Connection) -> None:
    made = "INSERT INTO contact (email, phone) VALUES (:email, :phone) RETURNING id"
    ann = connection.execute(text(made), {"email": "ann@x.com", "phone": "+14155550123"}).scalar_one()
    assert captured(connection, email="ann@x.com") == ann
    assert captured(connection, phone="+14155550123") == ann


def test_an_event_keeps_the_extension_of_a_number(connection: Connection) -> None:
    call = {"name": "call_asked_for", "contact": {"phone": "+1 207-555-0140 ext. 12", "email": "ana@example.com"}}
    [event] = read_incoming_events(call, the_shipped_playbook(), NOW)
    [one] = capture(connection, [event], NOW)
    stored = text("SELECT email, phone, phone_extension FROM contact WHERE id = :id")
    found = connection.execute(stored, {"id": one.contact_id}).one()
    assert tuple(found) == ("ana@example.com", "+12075550140", "12")


def test_an_event_may_name_a_contact_by_a_sources_own_id(connection: Connection) -> None:
    ann = captured(connection, email="ann@x.com", source_key="website:17")
    order = {"name": "page_visited", "contact": {"source": "website", "key": 17}}
    [event] = read_incoming_events(order, the_shipped_playbook(), NOW)
    [one] = capture(connection, [event], NOW)
    assert one.contact_id == ann


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"source": "nowhere", "key": "17"}, "contact.source"),
        ({"source": ["website"], "key": "17"}, "contact.source"),
        ({"key": "17"}, "contact.source"),
        ({"source": "website"}, "contact.key"),
        ({"source": "website", "key": "  "}, "contact.key"),
        ({"source": "website", "key": True}, "contact.key"),
        ({"source": "website", "key": "undefined"}, "contact.key"),
        ({"source": "website", "key": "x" * 201}, "contact.key"),
    ],
)
def test_half_a_senders_id_is_refused_with_its_field(contact: dict[str, Any], field: str) -> None:
    with pytest.raises(UnreadableLead) as refused:
        read_incoming_events({"name": "page_visited", "contact": contact}, the_shipped_playbook(), NOW)
    assert [problem["field"] for problem in refused.value.problems] == [field]


def test_a_batch_of_any_size_takes_a_bounded_number_of_locks(connection: Connection) -> None:
    lock_identifiers(connection, Wanted(emails=[f"p{number}@x.com" for number in range(5 * BUCKETS)]))
    held = connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one()
    assert BUCKETS / 2 < held <= BUCKETS


def a_last_name(number: int) -> str:
    """One that no typo makes another."""
    digits = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()[:14]
    return digits.translate(str.maketrans("0123456789abcdef", "bcdfgklmnprstvwz")).capitalize()


def test_a_switchboard_of_thousands_is_looked_up_by_last_name(connection: Connection) -> None:
    people = [
        Lead(
            source="website",
            at=NOW,
            topic="fair",
            phone="+14155550123",
            event_key=f"fair:{number}",
            fields={"first_name": "Ann", "last_name": a_last_name(number)},
        )
        for number in range(300)
    ]
    before = [one.contact_id for one in capture(connection, people, NOW)]
    again = [captured(connection, phone="+14155550123", fields=dict(people[number].fields)) for number in (0, 150, 299)]
    assert again == [before[0], before[150], before[299]]
