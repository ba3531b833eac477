"""Stores leads: each becomes an event of a contact, found or made. One lead from the web and a file of them alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from models.contacts.merged_into import kept_contacts
from models.events.emit import NewEvent, emit
from models.identity.identifiers import lock_identifiers, record_identifiers
from models.leads.mail_choices import apply_mail_choices, ask_for_confirmations
from models.leads.matching.candidates import lock_candidates, merge_pair, wanted_identifiers
from models.leads.matching.contact_rows import write_contacts
from models.leads.matching.identity_trace import store_traces
from models.leads.matching.match import Match
from models.leads.purchases import emit_purchases
from models.leads.reading.lead import Lead
from models.leads.unread import store_unread

ATTEMPTS = 5
# Another process stored the same person or event between our read and our write, or merged the contact that we found,
# or the two deadlocked.
COLLISIONS = {"23505", "23503", "40P01", "40001"}

KNOWN_EVENTS = text("SELECT key, contact_id, id FROM event WHERE key = ANY(:keys)")


class CaptureResult(NamedTuple):
    """What became of a lead."""

    contact_id: int
    event_id: int
    is_new_event: bool
    """False when this very event was stored before; then nothing has changed."""
    is_new_contact: bool
    """True for the first lead of someone who was not known."""
    is_history: bool = False
    """True for a new event that was told late: nobody is asked or mailed about it."""


class _StoredMeanwhile(Exception):
    """Somebody else has stored one of these events since we looked."""


def capture(connection: Connection, leads: Sequence[Lead], now: datetime) -> list[CaptureResult]:
    """Store leads in their order; returns the result of each. The caller commits, and has locked no contact before.

    `matching/contact_index.py` says by what a contact is recognised; what a lead gives enriches it, what it leaves open
    blanks nothing. An event key that is known changes nothing and answers with the ids of the first time; so does the
    same form without one, sent again within minutes. Several processes may capture the same people at once.
    """
    lock_identifiers(connection, wanted_identifiers(leads))
    for attempt in range(ATTEMPTS):
        try:
            with connection.begin_nested():
                return _capture(connection, leads, now)
        except (DBAPIError, _StoredMeanwhile) as error:
            if not _is_collision(error) or (attempt == ATTEMPTS - 1 and len(leads) == 1):
                raise
    # What collides again and again in a batch passes one by one.
    half = len(leads) // 2
    return [*capture(connection, leads[:half], now), *capture(connection, leads[half:], now)]


def _is_collision(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    return isinstance(error, _StoredMeanwhile) or getattr(cause, "sqlstate", None) in COLLISIONS


def _capture(connection: Connection, leads: Sequence[Lead], now: datetime) -> list[CaptureResult]:
    leads = _by_current_numbers(connection, leads)
    known = _known_events(connection, leads)
    fresh = list(_first_of_each_event(lead for lead in leads if lead.event_key not in known))
    people = lock_candidates(connection, fresh, wanted_identifiers(fresh), now)
    stored: list[tuple[Match, CaptureResult | None]] = []
    pending: list[Match] = []
    for lead in fresh:
        while (pair := people.same_person(lead)) is not None:
            stored += _store(connection, pending, now)
            pending = []
            merge_pair(connection, people, pair, lead, now)
        pending.append(people.upsert(lead, now))
    stored += _store(connection, pending, now)
    return list(_answers(leads, known, _results(stored)))


def _store(connection: Connection, matches: Sequence[Match], now: datetime) -> list[tuple[Match, CaptureResult | None]]:
    """Store the leads of these matches with all that follows; gives the result of each that is no repetition. Raises
    _StoredMeanwhile.
    """
    first = [match for match in matches if match.repeats is None]
    people = {match.contact.id: match.contact for match in first}
    write_contacts(connection, list(people.values()), now)
    record_identifiers(connection, [(held, match.lead.source) for match in first for held in match.given], now)
    stored = list(zip(first, _store_events(connection, first, now), strict=True))
    store_unread(connection, ((one.contact_id, one.event_id, match.lead) for match, one in stored), now)
    apply_mail_choices(connection, ((match.lead, one.contact_id, one.event_id) for match, one in stored), now)
    ask_for_confirmations(
        connection, ((match.lead, one.contact_id, one.event_id, one.is_new_contact) for match, one in stored), now
    )
    store_traces(connection, [(match, one.event_id) for match, one in stored], now)
    emit_purchases(connection, ((match.lead, one.contact_id) for match, one in stored), now)
    new = {id(match): one for match, one in stored}
    return [(match, new.get(id(match))) for match in matches]


def _results(stored: Sequence[tuple[Match, CaptureResult | None]]) -> Iterator[CaptureResult]:
    """The result of each lead. To a form that was sent twice it is the ids of the first time."""
    new = {id(match): one for match, one in stored if one}
    for match, one in stored:
        earlier = match.repeats
        if one:
            yield one
        elif isinstance(earlier, Match):
            yield new[id(earlier)]._replace(is_new_event=False, is_new_contact=False)
        else:
            yield CaptureResult(match.contact.id, earlier or 0, is_new_event=False, is_new_contact=False)


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


def _store_events(connection: Connection, matches: Sequence[Match], now: datetime) -> Iterator[CaptureResult]:
    """Store the event of each lead. Raises _StoredMeanwhile."""
    events = [_event(match.lead, match.contact.id) for match in matches]
    for match, event_id in zip(matches, emit(connection, events, now), strict=True):
        if event_id is None:
            raise _StoredMeanwhile
        is_first, is_history = match.is_first_of_contact, match.lead.is_history
        yield CaptureResult(match.contact.id, event_id, True, is_first, is_history)


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
    rows = connection.execute(KNOWN_EVENTS, {"keys": keys}).all() if keys else ()
    return {
        key: CaptureResult(contact, event or 0, is_new_event=False, is_new_contact=False)
        for key, contact, event in rows
    }


def _event(lead: Lead, contact: int) -> NewEvent:
    return NewEvent(
        name=lead.name,
        topic=lead.topic,
        contact_id=contact,
        source=lead.source,
        key=lead.event_key,
        data=lead.data,
        at=lead.at,
        is_history=lead.is_history,
    )
