"""What identity resolution works with: a contact as it is recognised, and the match of a lead with its contact."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from models.identity.identifiers import Held
from models.identity.name_comparison import PersonName
from models.leads.reading.lead import Lead
from models.tables.identifier import IdentifierKind


@dataclass(eq=False)
class ContactRecord:
    """A contact as it is, or shall be, after the leads of a batch, with all that it is recognised by."""

    row: dict[str, Any]
    is_new: bool = False
    has_changed: bool = False
    emails: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    """As `source:id`."""
    phones: set[str] = field(default_factory=set)
    told_late_until: datetime | None = None
    """When the newest of what is known of them happened, if all of it was told late."""

    @property
    def id(self) -> int:
        return self.row["id"]

    @property
    def name(self) -> PersonName:
        return PersonName(self.row.get("first_name"), self.row.get("last_name"))

    def set(self, column: str, value: Any) -> None:
        """Set a column; the same value again is no change."""
        if self.row.get(column) != value:
            self.row[column] = value
            self.has_changed = True


class Conflict(NamedTuple):
    """An identifier that a lead gave, and that somebody else holds."""

    kind: IdentifierKind
    value: str
    held_by: int


class SamePerson(NamedTuple):
    """Two contacts that a lead has shown to be one person."""

    kept: int
    merged: int
    reason: str


@dataclass
class Match:
    """Whom a lead is about, and what it has changed about them."""

    lead: Lead
    contact: ContactRecord
    is_first_of_contact: bool = False
    """The contact was made for this lead."""
    repeats: "int | Match | None" = None
    """The same form, sent a moment ago: its event, or its match where that came in the same batch."""
    before: dict[str, Any] = field(default_factory=dict)
    """TRACED columns that were filled and are different now -> what they were."""
    after: dict[str, Any] = field(default_factory=dict)
    """The same columns -> what they are after this lead."""
    other_name: PersonName | None = None
    """A plainly different name that the lead gave; the contact has kept its own."""
    conflicts: Sequence[Conflict] = ()
    given: list[Held] = field(default_factory=list)
    """The identifiers of the lead, unless somebody else holds them."""
    has_new_address: bool = False
    """Mail goes to another address from now on, so what was known of the old one does not count."""


def lead_name(lead: Lead) -> PersonName:
    """The name that a lead gives."""
    return PersonName(lead.fields.get("first_name"), lead.fields.get("last_name"))


def lead_phones(lead: Lead) -> list[str]:
    """The numbers that a lead gives, the main one first."""
    phone, mobile = lead.phone, lead.fields.get("mobile_phone")
    if not phone or not mobile or phone == mobile:
        return [found] if (found := phone or mobile) else []
    return [phone, mobile]
