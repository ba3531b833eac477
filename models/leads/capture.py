"""Stores leads: each becomes an event of a contact, found or made. One lead from the web and a file of them alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from models.contacts.merged_into import kept_contacts
from models.database import locking_contacts, to_json
from models.events.emit import NewEvent, emit
from models.leads.identity import ContactIndex, ContactRecord
from models.leads.lead import Lead
from models.leads.unread import store_unread
from models.mail.consent import ConsentStatement, record_consent
from models.mail.suppression import resubscribe, suppress
from models.playbook.source import CONTACT_FIELDS
from models.tables.contact import Contact, Suppression
from models.tables.event import Event


def apply_mail_choices(connection: Connection, leads: Iterable[tuple[int, Lead]], now: datetime) -> None:
    """Apply each contact's last opt-in or opt-out. An opt-in that is stored late does not overrule a later opt-out."""
    last = {contact: lead for contact, lead in leads if lead.wants_mail is not None}
    choices = sorted((bool(lead.wants_mail), lead.source, lead.at, contact) for contact, lead in last.items())
    for (wants_mail, source, at), alike in groupby(choices, key=lambda choice: choice[:3]):
        contacts = [contact for *_, contact in alike]
        if wants_mail:
            resubscribe(connection, contacts, now, source, said_at=at)
        else:
            suppress(connection, contacts, Suppression.UNSUBSCRIBED, now, source)


ATTEMPTS = 5
# Another process stored the same person or event between our read and our write, or merged the contact that we found,
# or the two deadlocked.
COLLISIONS = {"23505", "23503", "40P01", "40001"}

UPDATABLE_COLUMNS = (
    *CONTACT_FIELDS,
    "employees",
    "consent_at",
    "source_key",
    "custom",
    "updated_at",
)
"""Columns that a lead can change."""
INSERT_ONLY_COLUMNS = ("id", "source", "stage", "mgl_at", "created_at")
"""Columns that are set when a contact is made."""

LOCK_CANDIDATES = text(
    locking_contacts(f"""
    SELECT id, {", ".join(UPDATABLE_COLUMNS)} FROM contact
    WHERE email = ANY(:emails) OR source_key = ANY(:keys) OR id = ANY(:ids)
       OR phone = ANY(:phones) AND email IS NULL OR phone = ANY(:lone_phones)
""")
)
NEW_IDS = text("SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, :count)")


class CaptureResult(NamedTuple):
    """What became of a lead."""

    contact_id: int
    event_id: int
    is_new_event: bool
    """False when this very event was stored before; then nothing has changed."""
    is_new_contact: bool
    """True for the first lead of someone who was not known."""


class _StoredMeanwhile(Exception):
    """Somebody else has stored one of these events since we looked."""


class UnknownContact(LookupError):
    """An event of a contact, named by our own number, that is not there."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"There is no contact {', '.join(map(str, ids))}. Name one that is there, or give an email.")


def capture(connection: Connection, leads: Sequence[Lead], now: datetime) -> list[CaptureResult]:
    """Store leads in their order; returns the result of each. The caller commits.

    A contact is recognised by email, else by phone, else by source key; what a lead gives enriches it, what it leaves
    open blanks nothing. An event key that is known changes nothing and answers with the ids of the first time. Several
    processes may capture the same people at once.
    """
    for attempt in range(ATTEMPTS):
        try:
            with connection.begin_nested():
                return _capture(connection, leads, now)
        except (DBAPIError, _StoredMeanwhile) as error:
            if not _is_collision(error) or (attempt == ATTEMPTS - 1 and len(leads) == 1):
                raise
    # What collides again and again in a batch, such as two people who swap their phones, passes one by one.
    half = len(leads) // 2
    return [*capture(connection, leads[:half], now), *capture(connection, leads[half:], now)]


def _is_collision(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    return isinstance(error, _StoredMeanwhile) or getattr(cause, "sqlstate", None) in COLLISIONS


def _capture(connection: Connection, leads: Sequence[Lead], now: datetime) -> list[CaptureResult]:
    leads = _by_current_numbers(connection, leads)
    known = _known_events(connection, leads)
    fresh = list(_first_of_each_event(lead for lead in leads if lead.event_key not in known))
    people = _lock_contacts(connection, fresh)
    contacts = [people.upsert(lead, now) for lead in fresh]
    _write_contacts(connection, list(people.by_id.values()), now)
    stored = list(_store_events(connection, fresh, contacts, now))
    results = list(zip(fresh, stored, strict=True))
    store_unread(connection, ((one.contact_id, one.event_id, lead) for lead, one in results), now)
    record_consent(connection, list(_consent_statements(fresh, stored)), now)
    apply_mail_choices(connection, ((one.contact_id, lead) for lead, one in results), now)
    return list(_answers(leads, known, stored))


def _consent_statements(leads: Iterable[Lead], stored: Iterable[CaptureResult]) -> Iterator[ConsentStatement]:
    """What the leads say about being written to."""
    for lead, one in zip(leads, stored, strict=True):
        if lead.wants_mail is not None or "consent_at" in lead.fields:
            yield ConsentStatement(
                contact_id=one.contact_id,
                is_given=lead.wants_mail is not False,
                at=lead.at,
                source=lead.source,
                event_id=one.event_id,
            )


def _by_current_numbers(connection: Connection, leads: Sequence[Lead]) -> Sequence[Lead]:
    """Who is named by the number of a contact that was merged is the contact that it became."""
    numbers = {lead.contact_id for lead in leads if lead.contact_id is not None}
    kept = kept_contacts(connection, numbers) if numbers else {}
    return [replace(lead, contact_id=kept[lead.contact_id]) if lead.contact_id in kept else lead for lead in leads]


def _first_of_each_event(leads: Iterable[Lead]) -> Iterator[Lead]:
    seen: set[str] = set()
    for lead in leads:
        if lead.event_key not in seen:
            yield lead
        if lead.event_key:
            seen.add(lead.event_key)


def _store_events(
    connection: Connection, leads: Sequence[Lead], contacts: Sequence[ContactRecord], now: datetime
) -> Iterator[CaptureResult]:
    """Store the event of each lead. Raises _StoredMeanwhile."""
    events = [_event(lead, contact.id) for lead, contact in zip(leads, contacts, strict=True)]
    met: set[int] = set()
    for contact, event_id in zip(contacts, emit(connection, events, now), strict=True):
        if event_id is None:
            raise _StoredMeanwhile
        is_new_contact = contact.is_new and contact.id not in met
        met.add(contact.id)
        yield CaptureResult(contact.id, event_id, is_new_event=True, is_new_contact=is_new_contact)


def _answers(
    leads: Iterable[Lead], known: Mapping[str | None, CaptureResult], stored: Iterable[CaptureResult]
) -> Iterator[CaptureResult]:
    """What became of each lead: `stored` are those of the new events in order; who comes again hears of the first."""
    new = iter(stored)
    earlier = dict(known)
    for lead in leads:
        if lead.event_key in earlier:
            yield earlier[lead.event_key]
            continue
        answer = next(new)
        if lead.event_key:
            earlier[lead.event_key] = answer._replace(is_new_event=False)
        yield answer


def _known_events(connection: Connection, leads: Sequence[Lead]) -> dict[str | None, CaptureResult]:
    keys = [lead.event_key for lead in leads if lead.event_key]
    stored = select(col(Event.key), col(Event.contact_id), col(Event.id)).where(col(Event.key).in_(keys))
    rows = connection.execute(stored) if keys else ()
    return {
        key: CaptureResult(contact, event or 0, is_new_event=False, is_new_contact=False)
        for key, contact, event in rows
    }


def _lock_contacts(connection: Connection, leads: Sequence[Lead]) -> ContactIndex:
    """Everyone that the leads can be about, locked, so that nobody else changes them meanwhile."""
    ids = {lead.contact_id for lead in leads if lead.contact_id is not None}
    wanted = {
        "emails": [lead.email for lead in leads if lead.email],
        "phones": [lead.phone for lead in leads if lead.phone],
        # Whole firms share a number: all who have it matter only to leads that give nothing better.
        "lone_phones": [lead.phone for lead in leads if lead.phone and not lead.email],
        "keys": [lead.source_key for lead in leads if lead.source_key],
        "ids": list(ids),
    }
    rows = connection.execute(LOCK_CANDIDATES, wanted).mappings().all()
    if unknown := ids - {row["id"] for row in rows}:
        raise UnknownContact(sorted(unknown))
    # Taken beforehand, so that rows can point at each other in one go.
    new_ids = iter(connection.execute(NEW_IDS, {"count": len(leads)}).scalars().all())
    return ContactIndex([dict(row) for row in rows], lambda: next(new_ids))


def _event(lead: Lead, contact: int) -> NewEvent:
    return NewEvent(
        name=lead.name,
        topic=lead.topic,
        contact_id=contact,
        source=lead.source,
        key=lead.event_key,
        data=lead.data,
        at=lead.at,
    )


def _write_contacts(connection: Connection, people: list[ContactRecord], now: datetime) -> None:
    for person in people:
        person.row["updated_at"] = now
    new = [person.row for person in people if person.is_new]
    changed = [person.row for person in people if person.has_changed and not person.is_new]
    _insert(connection, Contact, (*INSERT_ONLY_COLUMNS, *UPDATABLE_COLUMNS), new)
    _update(connection, changed)


def _insert(connection: Connection, table: Any, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    names = ", ".join(columns)
    statement = f"INSERT INTO {table.__tablename__} ({names}) SELECT {names} FROM {_recordset(table, columns)}"
    _run(connection, statement, rows)


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ("id", *UPDATABLE_COLUMNS)
    setting = ", ".join(f"{column} = given.{column}" for column in UPDATABLE_COLUMNS)
    given = _recordset(Contact, columns)
    _run(connection, f"UPDATE contact SET {setting} FROM {given} WHERE contact.id = given.id", rows)


def _recordset(table: Any, columns: tuple[str, ...]) -> str:
    """The parameter `rows`, a JSON list, as a table of the columns' own types."""
    types = (table.__table__.columns[column].type.compile(postgresql.dialect()) for column in columns)
    shape = ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({shape})"


def _run(connection: Connection, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(text(statement), {"rows": to_json(rows)})
