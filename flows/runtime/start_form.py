"""Whom ops want to put on a journey: addresses or a segment from the form in the Prefect UI."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from models import Contact
from models.conditions.parse import parse_condition
from models.playbook import current


@dataclass(frozen=True)
class StartForm:
    """The form as it was filled in."""

    contacts: Sequence[str]
    segment: str
    dry_run: bool


@dataclass(frozen=True)
class SelectedContacts:
    """Contacts found, and addresses that nobody has."""

    contacts: list[int]
    unknown_addresses: list[str]

    @property
    def unknown_sentence(self) -> str:
        """For the end of the state message; empty when everybody was found."""
        return f"; no contact has the address {', '.join(self.unknown_addresses)}" if self.unknown_addresses else ""


def select_contacts(connection: Connection, choice: StartForm) -> SelectedContacts:
    """Contacts by address and by segment. Raises BadCondition for a segment that cannot be read."""
    wanted = [address.strip().lower() for address in choice.contacts if address.strip()]
    query = select(col(Contact.id), col(Contact.email))
    by_address = {email: contact for contact, email in connection.execute(query.where(col(Contact.email).in_(wanted)))}
    chosen: list[Any] = list(by_address.values())
    if choice.segment.strip():
        condition = parse_condition(choice.segment, current(connection).fields)
        chosen += [contact for contact, _ in connection.execute(query.where(condition))]
    return SelectedContacts(list(dict.fromkeys(chosen)), [address for address in wanted if address not in by_address])
