"""Contacts that ops put on a journey: by number, link or segment, from the form in the Prefect UI."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import WithJsonSchema
from sqlalchemy import Connection, select
from sqlmodel import col

from models import Contact
from models.conditions.parse import parse_condition
from models.contacts.typed_contacts import typed_contacts
from models.playbook import current_playbook

# Prefect stores what is typed into its forms, where nobody can erase it. Its server refuses what does not match before
# it stores anything; a check in the flow would come too late.
PERSONAL = "(email|phone|phone_extension|first_name|last_name)"
SAME, QUOTE = "(==|!=|in\\b)", """["']"""
NAMES_A_PERSON = rf"\b{PERSONAL}\s*{SAME}|{QUOTE}\s*{SAME}\s*{PERSONAL}\b"
ContactReference = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": r"^\s*(https?://[^@\s]+/contacts/)?\d{0,9}/?([?#][^@\s]*)?\s*$"}),
]
"""The number of a contact, or the link of its page."""
Segment = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": rf"^(?![\s\S]*({NAMES_A_PERSON}))[^@]*$"}),
]
"""A condition, though none that names a single person."""


@dataclass(frozen=True)
class StartForm:
    """The form as it was filled in."""

    contacts: Sequence[str]
    segment: str
    dry_run: bool


@dataclass(frozen=True)
class SelectedContacts:
    """Ids of the contacts found, and what no contact is found by."""

    contacts: list[int]
    unknown: list[str]

    @property
    def unknown_sentence(self) -> str:
        """What no contact is found by, for the end of the state message; empty when all were found."""
        return f"; no contact is {', '.join(self.unknown)}" if self.unknown else ""


def select_contacts(connection: Connection, form: StartForm) -> SelectedContacts:
    """Contacts by number, by link and by segment. Raises BadCondition for a segment that cannot be read."""
    found, unknown = typed_contacts(connection, form.contacts)
    if form.segment.strip():
        condition = parse_condition(form.segment, current_playbook(connection).fields)
        chosen: Any = select(col(Contact.id)).where(condition)
        found += connection.execute(chosen).scalars()
    return SelectedContacts(list(dict.fromkeys(found)), unknown)
