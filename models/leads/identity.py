"""Who is who: finds the contact that a lead is about among those known, and works the lead into it. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.leads.lead import Lead
from models.tables.contact import Stage


@dataclass
class Person:
    """A contact as it is, or shall be, after the leads of a batch."""

    row: dict[str, Any]
    is_new: bool = False
    has_changed: bool = False

    @property
    def id(self) -> int:
        return self.row["id"]

    def put(self, column: str, value: Any) -> None:
        """Set a column; the same value again is no change."""
        if self.row.get(column) != value:
            self.row[column] = value
            self.has_changed = True


class People:
    """The contacts that the leads of a batch can be about, found by email, else by phone, else by source key.

    What is weaker never overrules what is stronger: a lead with an email is never taken for a contact with another
    one, even if the phone or the source key is the same.
    """

    def __init__(self, rows: Iterable[dict[str, Any]], new_id: Callable[[], int]) -> None:
        self.new_id = new_id
        self.by_id: dict[int, Person] = {}
        self.by_email: dict[str, Person] = {}
        self.by_key: dict[str, Person] = {}
        self.by_phone: defaultdict[str, dict[int, Person]] = defaultdict(dict)
        for row in rows:
            self._index(Person(row))

    def take(self, lead: Lead, now: datetime) -> Person:
        """The person of a lead, made if need be, with what the lead says worked in."""
        person = self.find(lead) or self._add(lead, now)
        self._work_in(lead, person)
        self._index(person)
        return person

    def find(self, lead: Lead) -> Person | None:
        """The contact that a lead is about, if it is known."""
        if lead.contact_id is not None:
            return self.by_id[lead.contact_id]
        if lead.email and lead.email in self.by_email:
            return self.by_email[lead.email]
        return self._by_phone(lead) or self._by_key(lead)

    def _by_phone(self, lead: Lead) -> Person | None:
        """Whoever is known by this phone alone; else, for a lead without email, the oldest contact that has it."""
        if not lead.phone:
            return None
        known = [person for person in self.by_phone[lead.phone].values() if person.row["phone"] == lead.phone]
        alone = next((person for person in known if person.row["email"] is None), None)
        if alone or lead.email:
            return alone
        return min(known, key=lambda person: person.id, default=None)

    def _by_key(self, lead: Lead) -> Person | None:
        person = self.by_key.get(lead.source_key) if lead.source_key else None
        if person and lead.email and person.row["email"]:
            return None
        return person

    def _add(self, lead: Lead, now: datetime) -> Person:
        row: dict[str, Any] = {"email": None, "phone": None, "source_key": None, "custom": {}}
        row |= {"id": self.new_id(), "source": lead.source, "stage": Stage.MGL, "mgl_at": lead.at, "created_at": now}
        return Person(row, is_new=True)

    def _work_in(self, lead: Lead, person: Person) -> None:
        """The newest given value wins; what is not given blanks nothing. The first key stays."""
        for column, value in {"email": lead.email, "phone": lead.phone, **lead.fields}.items():
            if value is not None:
                person.put(column, value)
        if lead.source_key and not person.row["source_key"] and lead.source_key not in self.by_key:
            person.put("source_key", lead.source_key)
        person.put("custom", person.row["custom"] | lead.custom)

    def _index(self, person: Person) -> None:
        row = person.row
        self.by_id[person.id] = person
        if row["email"]:
            self.by_email[row["email"]] = person
        if row["source_key"]:
            self.by_key[row["source_key"]] = person
        if row["phone"]:
            self.by_phone[row["phone"]][person.id] = person
