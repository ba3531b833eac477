"""Contacts that ops put on a journey: by address, number or segment, from the form in the Prefect UI."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from models import Contact
from models.conditions.parse import parse_condition
from models.contacts.typed_contacts import typed_contacts
from models.playbook import current_playbook


@dataclass(frozen=True)
class StartForm:
    """The form as it was filled in."""

    contacts: Sequence[str]
    segment: str
    dry_run: bool


@dataclass(frozen=True)
class SelectedContacts:
    """Ids of the contacts found, and the addresses and numbers that no contact has."""

    contacts: list[int]
    unknown: list[str]

    @property
    def unknown_sentence(self) -> str:
        """What no contact is found by, for the end of the state message; empty when all were found."""
        return f"; no contact is {', '.join(self.unknown)}" if self.unknown else ""


def select_contacts(connection: Connection, form: StartForm) -> SelectedContacts:
    """Contacts by address, by number and by segment. Raises BadCondition for a segment that cannot be read."""
    found, unknown = typed_contacts(connection, form.contacts)
    if form.segment.strip():
        condition = parse_condition(form.segment, current_playbook(connection).fields)
        chosen: Any = select(col(Contact.id)).where(condition)
        found += connection.execute(chosen).scalars()
    return SelectedContacts(list(dict.fromkeys(found)), unknown)
