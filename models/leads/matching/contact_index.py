"""Identity resolution: finds the contact that a lead is about, and adds to it what the lead gives. Pure.

The rules, the strongest first; docs/contacts.md has them in a table:

1. The sender's own id, unless the name and the email both say that it was given to somebody else.
2. An email that the contact has or once had.
3. A number, if nothing says otherwise: another email, another id of the same sender, another extension, a plainly
   different name. Of several who share it the name decides, else the one known by the number alone; nobody is guessed.

What somebody else holds is not taken over: it is a conflict for a person to decide.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from models.identity.identifiers import Held
from models.leads.matching.contradictions import can_be_one, contradicts, is_given_again, is_other_of_sender, likeliest
from models.leads.matching.enrichment import enrich
from models.leads.matching.match import Conflict, ContactRecord, Match, SamePerson, lead_name, lead_phones
from models.leads.reading.lead import Lead
from models.tables.contact import Stage
from models.tables.identifier import IdentifierKind

EMAIL, PHONE, SOURCE_KEY = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.SOURCE_KEY


class ContactIndex:
    """The contacts that the leads of a batch can be about, found by what they are recognised by."""

    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        held: Iterable[Held],
        new_id: Callable[[], int],
        earlier_form: "Callable[[Match], int | Match | None]",
    ) -> None:
        self.new_id = new_id
        self.earlier_form = earlier_form
        self.by_id: dict[int, ContactRecord] = {}
        self.holder: dict[tuple[IdentifierKind, str], int] = {}
        """Email or sender's id -> the contact that holds it, be it among these or not."""
        self.by_phone: defaultdict[str, set[int]] = defaultdict(set)
        self.apart: set[frozenset[int]] = set()
        """Pairs that could not be merged, and are not tried again."""
        self.load(rows, held)

    def load(self, rows: Iterable[dict[str, Any]], held: Iterable[Held]) -> None:
        """Take in contacts and all their identifiers as they are stored."""
        for row in rows:
            self.by_id[row["id"]] = ContactRecord(row)
            current = ((EMAIL, row["email"]), (PHONE, row["phone"]), (PHONE, row.get("mobile_phone")))
            for kind, value in current:
                if value:
                    self._hold(Held(row["id"], kind, value))
        for one in held:
            self._hold(one)

    def note_told_late(self, until: Mapping[int, datetime]) -> None:
        """Contacts of whom all that is known was told late -> when the newest of it happened."""
        for contact, at in until.items():
            self.by_id[contact].told_late_until = at

    def forget(self, contact: int) -> None:
        """Leave out a contact that is gone, or is to be loaded again."""
        self.by_id.pop(contact, None)
        self.holder = {key: holder for key, holder in self.holder.items() if holder != contact}
        for holders in self.by_phone.values():
            holders.discard(contact)

    def _hold(self, held: Held) -> None:
        contact, kind, value = held
        if kind is PHONE:
            self.by_phone[value].add(contact)
        else:
            self.holder[kind, value] = contact
        if person := self.by_id.get(contact):
            own = person.phones if kind is PHONE else person.emails if kind is EMAIL else person.keys
            own.add(value)

    def upsert(self, lead: Lead, now: datetime) -> Match:
        """Find or create the contact of a lead, and add to it what the lead gives."""
        person, conflicts = self.find(lead)
        match = Match(lead, person or self._add(lead, now), is_first_of_contact=person is None, conflicts=conflicts)
        match.repeats = self.earlier_form(match)
        if match.repeats is not None:
            return match
        enrich(match)
        self._add_identifiers(match)
        return match

    def find(self, lead: Lead) -> tuple[ContactRecord | None, Sequence[Conflict]]:
        """The contact that a lead is about, if it is known; and what of the lead somebody else holds."""
        if lead.contact_id is not None:
            return self.by_id[lead.contact_id], ()
        by_key, by_email = self._holders(lead)
        if by_key and is_given_again(lead, by_key):
            conflict = Conflict(SOURCE_KEY, str(lead.source_key), by_key.id)
            return by_email or self._by_phone(lead), (conflict,)
        if by_key:
            held = by_email is not None and by_email is not by_key
            return by_key, (Conflict(EMAIL, str(lead.email), by_email.id),) if held and by_email else ()
        if by_email and is_other_of_sender(lead, by_email):
            return self._by_phone(lead), (Conflict(EMAIL, str(lead.email), by_email.id),)
        return by_email or self._by_phone(lead), ()

    def same_person(self, lead: Lead) -> SamePerson | None:
        """Two contacts that this lead shows to be one, because it has what each of them is known by.

        Only where nothing contradicts it. Two contacts who have an email each are left to a person.
        """
        pair = None if lead.contact_id is not None else self._same_by_id(lead) or self._same_by_number(lead)
        return pair if pair and frozenset((pair.kept, pair.merged)) not in self.apart else None

    def _same_by_id(self, lead: Lead) -> SamePerson | None:
        by_key, by_email = self._holders(lead)
        if not by_key or not by_email or by_key is by_email or by_key.row["email"] is not None:
            return None
        reason = "a lead gave the email of one and the sender's id of the other"
        return SamePerson(by_email.id, by_key.id, reason) if can_be_one(by_email, by_key, lead) else None

    def _same_by_number(self, lead: Lead) -> SamePerson | None:
        holders = self._holders(lead)
        phones = [phone for phone in lead_phones(lead) if self.by_phone.get(phone)]
        if holders == (None, None) or not phones:
            return None
        person, _ = self.find(lead)
        if person is None or person not in holders:
            return None
        for phone in phones:
            if alone := self._known_by_number_alone(phone, person, lead):
                return SamePerson(person.id, alone.id, "a lead of one gave the number that the other was known by")
        return None

    def _known_by_number_alone(self, phone: str, person: ContactRecord, lead: Lead) -> ContactRecord | None:
        """The one contact without an email who has this number and can be this person.

        If others have the number too, it is shared, and the names have to agree.
        """
        others = self.by_phone[phone] - {person.id}
        known = [self.by_id[one] for one in others if one in self.by_id]
        possible = [one for one in known if one.row["email"] is None and can_be_one(person, one, lead)]
        if len(possible) != 1 or phone not in (possible[0].row["phone"], possible[0].row.get("mobile_phone")):
            return None
        is_named = bool(possible[0].name and (person.name or lead_name(lead)))
        return possible[0] if len(others) == 1 or is_named else None

    def _holders(self, lead: Lead) -> tuple[ContactRecord | None, ContactRecord | None]:
        """Who holds the sender's id, and who holds the email."""
        key = self.holder.get((SOURCE_KEY, lead.source_key)) if lead.source_key else None
        email = self.holder.get((EMAIL, lead.email)) if lead.email else None
        return self.by_id.get(key) if key else None, self.by_id.get(email) if email else None

    def _by_phone(self, lead: Lead) -> ContactRecord | None:
        """Of those who have a number of the lead, whom it is about; None where that would be a guess."""
        for phone in lead_phones(lead):
            known = [self.by_id[one] for one in sorted(self.by_phone[phone]) if one in self.by_id]
            possible = [one for one in known if not contradicts(lead, one, phone)]
            if found := likeliest(lead, possible):
                return found
        return None

    def _add(self, lead: Lead, now: datetime) -> ContactRecord:
        row: dict[str, Any] = {"email": None, "phone": None, "custom": {}, "suppressed": None}
        row |= {"id": self.new_id(), "source": lead.source, "stage": Stage.MGL, "mgl_at": lead.at, "created_at": now}
        person = self.by_id[row["id"]] = ContactRecord(row, is_new=True)
        return person

    def _add_identifiers(self, match: Match) -> None:
        lead, person = match.lead, match.contact
        given = [(EMAIL, lead.email), (SOURCE_KEY, lead.source_key), *((PHONE, phone) for phone in lead_phones(lead))]
        refused = {(conflict.kind, conflict.value) for conflict in match.conflicts}
        match.given = [Held(person.id, kind, value) for kind, value in given if value and (kind, value) not in refused]
        for held in match.given:
            self._hold(held)
