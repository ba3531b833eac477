"""Identity resolution: finds the contact that a lead is about and merges the lead into it. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.leads.lead import Lead
from models.tables.contact import Stage


@dataclass
class ContactRecord:
    """A contact as it is, or shall be, after the leads of a batch."""

    row: dict[str, Any]
    is_new: bool = False
    has_changed: bool = False

    @property
    def id(self) -> int:
        return self.row["id"]

    def set(self, column: str, value: Any) -> None:
        """Set a column; the same value again is no change."""
        if self.row.get(column) != value:
            self.row[column] = value
            self.has_changed = True


class ContactIndex:
    """The contacts that the leads of a batch can be about, found by email, else by phone, else by source key.

    What is weaker never overrules what is stronger: a lead with an email is never taken for a contact with another
    one, even if the phone or the source key is the same.
    """

    def __init__(self, rows: Iterable[dict[str, Any]], new_id: Callable[[], int]) -> None:
        self.new_id = new_id
        self.by_id: dict[int, ContactRecord] = {}
        self.by_email: dict[str, ContactRecord] = {}
        self.by_key: dict[str, ContactRecord] = {}
        self.by_phone: defaultdict[str, dict[int, ContactRecord]] = defaultdict(dict)
        for row in rows:
            self._index(ContactRecord(row))

    def upsert(self, lead: Lead, now: datetime) -> ContactRecord:
        """Find or create the contact of a lead, and merge the lead's fields into it."""
        person = self.find(lead) or self._add(lead, now)
        self._merge(lead, person)
        self._index(person)
        return person

    def find(self, lead: Lead) -> ContactRecord | None:
        """The contact that a lead is about, if it is known."""
        if lead.contact_id is not None:
            return self.by_id[lead.contact_id]
        if lead.email and lead.email in self.by_email:
            return self.by_email[lead.email]
        return self._by_phone(lead) or self._by_key(lead)

    def _by_phone(self, lead: Lead) -> ContactRecord | None:
        """Whoever is known by this phone alone; else, for a lead without email, the oldest contact that has it."""
        if not lead.phone:
            return None
        known = [person for person in self.by_phone[lead.phone].values() if person.row["phone"] == lead.phone]
        alone = next((person for person in known if person.row["email"] is None), None)
        if alone or lead.email:
            return alone
        return min(known, key=lambda person: person.id, default=None)

    def _by_key(self, lead: Lead) -> ContactRecord | None:
        person = self.by_key.get(lead.source_key) if lead.source_key else None
        if person and lead.email and person.row["email"]:
            return None
        return person

    def _add(self, lead: Lead, now: datetime) -> ContactRecord:
        row: dict[str, Any] = {"email": None, "phone": None, "source_key": None, "custom": {}}
        row |= {"id": self.new_id(), "source": lead.source, "stage": Stage.MGL, "mgl_at": lead.at, "created_at": now}
        return ContactRecord(row, is_new=True)

    def _merge(self, lead: Lead, person: ContactRecord) -> None:
        """The newest given value wins; what is not given blanks nothing. The first key stays."""
        for column, value in {"email": lead.email, "phone": lead.phone, **lead.fields}.items():
            if value is not None:
                person.set(column, value)
        if lead.source_key and not person.row["source_key"] and lead.source_key not in self.by_key:
            person.set("source_key", lead.source_key)
        person.set("custom", person.row["custom"] | lead.custom)

    def _index(self, person: ContactRecord) -> None:
        row = person.row
        self.by_id[person.id] = person
        if row["email"]:
            self.by_email[row["email"]] = person
        if row["source_key"]:
            self.by_key[row["source_key"]] = person
        if row["phone"]:
            self.by_phone[row["phone"]][person.id] = person
