"""Merges two contacts that a lead has shown to be one person."""

from datetime import datetime

from sqlalchemy import Connection

from models.identity.identifiers import identifiers_of
from models.leads.candidates import load_contacts
from models.leads.contact_index import ContactIndex, SamePerson
from models.leads.lead import Lead
from models.merging.merge import CannotMerge, ContactsBusy, merge_contacts


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
