"""Identity resolution: finds the contact that a lead is about and merges the lead into it. Pure.

The rules, the strongest first; docs/contacts.md has them in a table:

1. The sender's own id, unless the name and the email both say that it was given to somebody else.
2. An email that the contact has or once had.
3. A number, if nothing says otherwise: another email, another id of the same sender, another extension, a plainly
   different name. Of several who share it the name decides, else the one known by the number alone; nobody is guessed.

What somebody else holds is not taken over: it is a conflict for a person to decide.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from models.identity.identifiers import Held
from models.identity.name_comparison import PersonName, is_plainly_other, is_same_first_name
from models.leads.lead import FORM_SUBMITTED, Lead
from models.tables.contact import Stage, Suppression
from models.tables.identifier import IdentifierKind

EMAIL, PHONE, SOURCE_KEY = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.SOURCE_KEY

NAMES = ("first_name", "last_name")
PERSONAL = (*NAMES, "job_title", "preferred_time")
"""What is true of one person alone, and not of another one who shares their mailbox."""

TRACED = (
    *NAMES,
    *("email", "phone", "phone_extension", "mobile_phone", "company"),
    *("street", "city", "state", "postal_code", "country"),
)
"""Columns whose old value is kept on the timeline when a lead changes it."""


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
    return list(dict.fromkeys(phone for phone in (lead.phone, lead.fields.get("mobile_phone")) if phone))


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

    def forget(self, contact: int) -> None:
        """Leave out a contact that is gone, or is to be loaded again."""
        self.by_id.pop(contact, None)
        self.holder = {key: holder for key, holder in self.holder.items() if holder != contact}
        for holders in self.by_phone.values():
            holders.discard(contact)

    def _hold(self, held: Held) -> None:
        if held.kind is PHONE:
            self.by_phone[held.value].add(held.contact_id)
        else:
            self.holder[held.kind, held.value] = held.contact_id
        if person := self.by_id.get(held.contact_id):
            {EMAIL: person.emails, SOURCE_KEY: person.keys, PHONE: person.phones}[held.kind].add(held.value)

    def upsert(self, lead: Lead, now: datetime) -> Match:
        """Find or create the contact of a lead, and merge the lead's fields into it."""
        person, conflicts = self.find(lead)
        match = Match(lead, person or self._add(lead, now), is_first_of_contact=person is None, conflicts=conflicts)
        match.repeats = self.earlier_form(match)
        if match.repeats is not None:
            return match
        _merge_fields(match)
        self._merge_identifiers(match)
        return match

    def find(self, lead: Lead) -> tuple[ContactRecord | None, Sequence[Conflict]]:
        """The contact that a lead is about, if it is known; and what of the lead somebody else holds."""
        if lead.contact_id is not None:
            return self.by_id[lead.contact_id], ()
        by_key, by_email = self._holders(lead)
        if by_key and _is_given_again(lead, by_key):
            conflict = Conflict(SOURCE_KEY, str(lead.source_key), by_key.id)
            return by_email or self._by_phone(lead), (conflict,)
        if by_key:
            held = by_email is not None and by_email is not by_key
            return by_key, (Conflict(EMAIL, str(lead.email), by_email.id),) if held and by_email else ()
        if by_email and _is_other_of_sender(lead, by_email):
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
        return SamePerson(by_email.id, by_key.id, reason) if _can_be_one(by_email, by_key, lead) else None

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
        possible = [one for one in known if one.row["email"] is None and _can_be_one(person, one, lead)]
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
            possible = [one for one in known if not _contradicts(lead, one, phone)]
            if found := _likeliest(lead, possible):
                return found
        return None

    def _add(self, lead: Lead, now: datetime) -> ContactRecord:
        row: dict[str, Any] = {"email": None, "phone": None, "custom": {}, "suppressed": None}
        row |= {"id": self.new_id(), "source": lead.source, "stage": Stage.MGL, "mgl_at": lead.at, "created_at": now}
        person = self.by_id[row["id"]] = ContactRecord(row, is_new=True)
        return person

    def _merge_identifiers(self, match: Match) -> None:
        lead, person = match.lead, match.contact
        given = [(EMAIL, lead.email), (SOURCE_KEY, lead.source_key), *((PHONE, phone) for phone in lead_phones(lead))]
        refused = {(conflict.kind, conflict.value) for conflict in match.conflicts}
        match.given = [Held(person.id, kind, value) for kind, value in given if value and (kind, value) not in refused]
        for held in match.given:
            self._hold(held)


def _is_given_again(lead: Lead, holder: ContactRecord) -> bool:
    """Whether a sender's id, such as a badge's, was given to somebody else: both the name and the email say so."""
    return bool(lead.email and lead.email not in holder.emails) and _is_other(lead_name(lead), holder.name)


def _is_other_of_sender(lead: Lead, holder: ContactRecord) -> bool:
    """Whether the sender tells two people with one email apart: by other ids, and plainly different names."""
    return _has_other_key(lead.source_key, holder.keys) and _is_other(lead_name(lead), holder.name)


def _is_other(given: PersonName, known: PersonName) -> bool:
    return given != known and is_plainly_other(given, known) and not is_same_first_name(given, known)


def _has_other_key(key: str | None, keys: Iterable[str]) -> bool:
    """Whether there is an id of the same sender among these, and none is this one."""
    known = set(keys)
    return bool(key and key not in known and _senders([key]) & _senders(known))


def _senders(keys: Iterable[str]) -> set[str]:
    return {key.partition(":")[0] for key in keys}


def _contradicts(lead: Lead, person: ContactRecord, phone: str) -> bool:
    """Whether something says that a lead with this number is not about this contact."""
    if lead.email and person.row["email"] and lead.email not in person.emails:
        return True
    if _has_other_key(lead.source_key, person.keys):
        return True
    extension = lead.fields.get("phone_extension") if lead.phone == phone else None
    if _differ(extension, person.row.get("phone_extension") if person.row["phone"] == phone else None):
        return True
    return is_plainly_other(lead_name(lead), person.name)


def _can_be_one(person: ContactRecord, other: ContactRecord, lead: Lead) -> bool:
    """Whether nothing contradicts that two contacts are one, the one that the lead is about."""
    if person.row["email"] and other.row["email"]:
        return False
    if any(_has_other_key(key, person.keys) for key in other.keys):
        return False
    if person.row["phone"] == other.row["phone"] and _differ(
        person.row.get("phone_extension"), other.row.get("phone_extension")
    ):
        return False
    extension = lead.fields.get("phone_extension") if lead.phone == other.row["phone"] else None
    if _differ(extension, other.row.get("phone_extension")):
        return False
    return not (is_plainly_other(person.name, other.name) or is_plainly_other(lead_name(lead), other.name))


def _differ(one: str | None, other: str | None) -> bool:
    """Whether both are known, and not the same."""
    return bool(one and other and one != other)


def _likeliest(lead: Lead, possible: Sequence[ContactRecord]) -> ContactRecord | None:
    """Of contacts whom a number and nothing against it points to, the one that is meant; None where it is a guess.

    Those whose name agrees go first, then whoever is known by the number alone, then the same extension. Contacts that
    are alike in all of it are one person stored twice, and the oldest is taken.
    """
    name = lead_name(lead)
    named = [one for one in possible if name and one.name] or list(possible)
    alone = [one for one in named if one.row["email"] is None]
    for few in (named, alone):
        if len(few) == 1:
            return few[0]
    extension = lead.fields.get("phone_extension")
    same = [one for one in alone if one.row.get("phone_extension") == extension]
    alike = [one for one in same if bool(one.name) == bool(name)] or same
    return alike[0] if alike else None


def _merge_fields(match: Match) -> None:
    """The newest given value wins; what is not given blanks nothing. History only fills what is empty.

    Under a plainly different name, as in a mailbox that several people share, no column is overwritten either: what is
    empty is filled unless it is PERSONAL, and the contact keeps its name. Custom fields say what is asked for, so the
    newest count.
    """
    lead, person = match.lead, match.contact
    old = dict(person.row)
    is_other = _is_other(lead_name(lead), person.name)
    match.other_name = lead_name(lead) if is_other else None
    given: Mapping[str, Any] = {"phone": _new_phone(match), **lead.fields}
    fills_only = is_other or lead.is_history
    for column, value in given.items():
        if value is None or (is_other and column in PERSONAL):
            continue
        if not fills_only or person.row.get(column) is None:
            person.set(column, value)
    if person.row["phone"] != old["phone"] and "phone_extension" not in lead.fields:
        person.set("phone_extension", None)
    known = person.row["custom"]
    person.set("custom", {**lead.custom, **known} if lead.is_history else {**known, **lead.custom})
    _merge_email(match)
    match.before = {
        column: old[column] for column in TRACED if old.get(column) and person.row.get(column) != old[column]
    }
    match.after = {column: person.row.get(column) for column in match.before}


def _new_phone(match: Match) -> str | None:
    """The number of the lead, unless it only says whom it is about: their mobile's, or an old one in an event."""
    lead, person = match.lead, match.contact
    is_known = lead.phone in person.phones and person.row["phone"] is not None
    is_said = lead.name == FORM_SUBMITTED and lead.phone != person.row.get("mobile_phone")
    return None if is_known and not is_said else lead.phone


def _merge_email(match: Match) -> None:
    """The first email stays the current one, unless the sender who knows this contact by an id gives another, or the
    current one takes no mail.
    """
    lead, person = match.lead, match.contact
    refused = {conflict.value for conflict in match.conflicts if conflict.kind is EMAIL}
    if not lead.email or lead.email in refused or lead.email == person.row["email"]:
        return
    is_bounced = person.row["suppressed"] == Suppression.BOUNCED
    knows = lead.source_key in person.keys or (is_bounced and lead.name == FORM_SUBMITTED)
    if person.row["email"] is None or (knows and not lead.is_history):
        match.has_new_address = is_bounced
        person.set("email", lead.email)
