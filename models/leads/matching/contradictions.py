"""What says that a lead is not about a contact, or that two contacts are not one person; and whom of several is likely
meant.
"""

from collections.abc import Iterable, Sequence

from models.identity.name_comparison import PersonName, is_plainly_other, is_same_first_name
from models.leads.matching.match import ContactRecord, lead_name
from models.leads.reading.lead import Lead


def is_given_again(lead: Lead, holder: ContactRecord) -> bool:
    """Whether a sender's id, such as a badge's, was given to somebody else: both the name and the email say so."""
    return bool(lead.email and lead.email not in holder.emails) and is_other_name(lead_name(lead), holder.name)


def is_other_of_sender(lead: Lead, holder: ContactRecord) -> bool:
    """Whether the sender tells two people with one email apart: by other ids, and plainly different names."""
    return _has_other_key(lead.source_key, holder.keys) and is_other_name(lead_name(lead), holder.name)


def is_other_name(given: PersonName, known: PersonName) -> bool:
    return given != known and is_plainly_other(given, known) and not is_same_first_name(given, known)


def _has_other_key(key: str | None, keys: Iterable[str]) -> bool:
    """Whether there is an id of the same sender among these, and none is this one."""
    known = set(keys)
    return bool(key and key not in known and _senders([key]) & _senders(known))


def _senders(keys: Iterable[str]) -> set[str]:
    return {key.partition(":")[0] for key in keys}


def contradicts(lead: Lead, person: ContactRecord, phone: str) -> bool:
    """Whether something says that a lead with this number is not about this contact."""
    if lead.email and person.row["email"] and lead.email not in person.emails:
        return True
    if _has_other_key(lead.source_key, person.keys):
        return True
    extension = lead.fields.get("phone_extension") if lead.phone == phone else None
    if _differ(extension, person.row.get("phone_extension") if person.row["phone"] == phone else None):
        return True
    return is_plainly_other(lead_name(lead), person.name)


def can_be_one(person: ContactRecord, other: ContactRecord, lead: Lead) -> bool:
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


def likeliest(lead: Lead, possible: Sequence[ContactRecord]) -> ContactRecord | None:
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
