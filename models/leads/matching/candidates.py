"""Everyone that the leads of a batch can be about: found by their identifiers, locked, and merged where a lead shows
two of them to be one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, locking_contacts
from models.events.emit import FOR_PEOPLE
from models.identity.identifiers import Held, Wanted, find_holders, identifiers_of
from models.journeys.runs import lock_open_runs
from models.leads.matching.contact_index import ContactIndex
from models.leads.matching.contact_rows import UPDATABLE_COLUMNS
from models.leads.matching.match import SamePerson, lead_name, lead_phones
from models.leads.matching.repeated_form import can_repeat, recent_forms
from models.leads.reading.lead import FORM_SUBMITTED, Lead
from models.merging.merge import CannotMerge, ContactsBusy, merge_contacts
from models.tables.identifier import IdentifierKind

LOCK_CONTACTS = text(
    locking_contacts(f"""
    SELECT id, suppressed, {", ".join(UPDATABLE_COLUMNS)} FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))
""")
)

TOLD_LATE_UNTIL = text(f"""
SELECT contact_id, max(at) FILTER (WHERE name IN ('{FORM_SUBMITTED}', 'lead_imported')) AS at
FROM event WHERE contact_id = ANY(CAST(:contacts AS bigint[])) GROUP BY contact_id
HAVING bool_and(is_history OR {FOR_PEOPLE})
""")

NEW_IDS = text("SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, :count)")


class UnknownContact(LookupError):
    """An event of a contact, named by our own number, that is not there."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"There is no contact {', '.join(map(str, ids))}. Name one that is there, or give an email.")


def wanted_identifiers(leads: Iterable[Lead]) -> Wanted:
    """What has to be locked and looked up for these leads."""
    phones = [(phone, lead) for lead in leads for phone in lead_phones(lead)]
    return Wanted(
        emails={lead.email for lead in leads if lead.email},
        keys={lead.source_key for lead in leads if lead.source_key},
        phones={phone for phone, _ in phones},
        lone_phones={phone for phone, lead in phones if not lead.email},
        last_names={(lead_name(lead).last or "").lower() for lead in leads} - {""},
    )


def lock_candidates(connection: Connection, leads: Sequence[Lead], wanted: Wanted, now: datetime) -> ContactIndex:
    """Lock everyone that the leads can be about, so that nobody else changes them meanwhile. Raises UnknownContact."""
    named = {lead.contact_id for lead in leads if lead.contact_id is not None}
    holders = find_holders(connection, wanted)
    if several := _contacts_to_merge(leads, holders):
        lock_open_runs(connection, several)
    while True:
        rows = load_contacts(connection, named | {held.contact_id for held, matters in holders.items() if matters})
        # Who held one of them may have been merged or separated until it was locked.
        latest = find_holders(connection, wanted) if rows else holders
        if latest.keys() <= holders.keys():
            break
        holders = latest
    if unknown := named - {row["id"] for row in rows}:
        raise UnknownContact(sorted(unknown))
    ids = {row["id"] for row in rows}
    # Taken beforehand, so that rows can point at each other in one go.
    new_ids = iter(connection.execute(NEW_IDS, {"count": len(leads)}).scalars().all())
    recent = recent_forms(connection, ids if any(map(can_repeat, leads)) else (), now)
    held = [*identifiers_of(connection, ids), *(one for one in latest if one.contact_id not in ids)]
    people = ContactIndex(rows, held, lambda: next(new_ids), recent.earlier)
    if ids and any(lead.is_history and lead.is_dated for lead in leads):
        found = connection.execute(TOLD_LATE_UNTIL, {"contacts": id_list(ids)})
        people.note_told_late({row.contact_id: row.at for row in found})
    return people


def load_contacts(connection: Connection, contacts: Collection[int]) -> list[dict[str, Any]]:
    """Lock these contacts; gives what leads can change of them."""
    if not contacts:
        return []
    return [dict(row) for row in connection.execute(LOCK_CONTACTS, {"contacts": id_list(contacts)}).mappings()]


def merge_pair(connection: Connection, people: ContactIndex, pair: SamePerson, lead: Lead, now: datetime) -> None:
    """Merge them, in the database and in the index. What is known of them in the index has to be stored before.

    Where somebody else is working on one of them they stay two, and a person finds them among the likely duplicates.
    """
    try:
        merge_contacts(connection, pair.kept, pair.merged, pair.reason, lead.source, now)
    except (CannotMerge, ContactsBusy):
        people.apart.add(frozenset((pair.kept, pair.merged)))
        return
    for gone in (pair.kept, pair.merged):
        people.forget(gone)
    people.load(load_contacts(connection, [pair.kept]), identifiers_of(connection, [pair.kept]))


def _contacts_to_merge(leads: Iterable[Lead], holders: Mapping[Held, bool]) -> set[int]:
    """The contacts that leads may show to be one, as several of them hold what one lead gives."""
    by_identifier: defaultdict[tuple[IdentifierKind, str | None], set[int]] = defaultdict(set)
    for held, matters in holders.items():
        if matters:
            by_identifier[held.kind, held.value].add(held.contact_id)
    found: set[int] = set()
    for lead in leads:
        if lead.email or lead.source_key:
            given = [(IdentifierKind.EMAIL, lead.email), (IdentifierKind.SOURCE_KEY, lead.source_key)]
            given += [(IdentifierKind.PHONE, phone) for phone in lead_phones(lead)]
            met: set[int] = set().union(*(by_identifier[one] for one in given if one in by_identifier))
            found |= met if len(met) > 1 else set()
    return found
