"""Contacts that ops put on a journey: by address or by segment, from the form in the Prefect UI."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, union
from sqlmodel import col

from models import Contact
from models.conditions.parse import parse_condition
from models.playbook import current_playbook
from models.tables.identifier import Identifier, IdentifierKind


@dataclass(frozen=True)
class StartForm:
    """The form as it was filled in."""

    contacts: Sequence[str]
    segment: str
    dry_run: bool


@dataclass(frozen=True)
class SelectedContacts:
    """Ids of the contacts found, and addresses that no contact has."""

    contacts: list[int]
    unknown_addresses: list[str]

    @property
    def unknown_sentence(self) -> str:
        """The unknown addresses, for the end of the state message; empty when there are none."""
        return f"; no contact has the address {', '.join(self.unknown_addresses)}" if self.unknown_addresses else ""


def select_contacts(connection: Connection, form: StartForm) -> SelectedContacts:
    """Contacts by address and by segment. Raises BadCondition for a segment that cannot be read."""
    addresses = [address.strip().lower() for address in form.contacts if address.strip()]
    query = select(col(Contact.id), col(Contact.email))
    held = select(col(Identifier.contact_id), col(Identifier.value)).where(col(Identifier.kind) == IdentifierKind.EMAIL)
    known: Any = union(query.where(col(Contact.email).in_(addresses)), held.where(col(Identifier.value).in_(addresses)))
    by_address = {email: contact for contact, email in connection.execute(known)}
    found: list[Any] = list(by_address.values())
    if form.segment.strip():
        condition = parse_condition(form.segment, current_playbook(connection).fields)
        found += [contact for contact, _ in connection.execute(query.where(condition))]
    return SelectedContacts(list(dict.fromkeys(found)), [address for address in addresses if address not in by_address])
