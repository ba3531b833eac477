"""What strangers typed into forms, as it may stand in a mail: never as a link, and ahead of the text not at all.

Anybody can send a form with anybody's address. What they write there must not reach its owner under our name as an
advertisement: not in the subject, not in the line beside it, and nowhere as something to click on.
"""

import re
from collections.abc import Mapping
from typing import Any

from models.playbook.source import CONTACT_FIELDS
from models.values.custom_field import CustomField, FieldType
from models.values.readers.bad_value import BadValue
from models.values.readers.person_name import greeting, read_last_name

WEB_ADDRESS = re.compile(r"(?:(?<![\w+.-])[\w+.-]++://|\bwww\.)\S*", re.IGNORECASE)
REMOVED = "[link]"
DOT = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2,})")
"""A dot as in a domain. Mail programs make links of those by themselves."""
LINK_SIGNS = re.compile("[.:\u3002\uff0e\uff61]")
"""Without any of them nothing is a link."""
BREAK = "\u200c"
"""Has no width, and ends what they take for a domain."""
LONGEST_IN_SUBJECT = 60

PLACING = ("company", "job_title", "industry", "city", "state", "country")
"""Fields that a subject may name if they read like a name: in a few words, without what advertisements are made of."""
NO_NAME = re.compile(r"[$€£¥%!?{}\[\]|\\^~=+*#:;@\"…]|\d{4}")
MOST_WORDS = 6

CHOSEN_TYPES = (FieldType.DROPDOWN, FieldType.DATE)
"""Types of the playbook's fields whose text is not free."""
NOT_TYPED = ("id", "email", "phone", "mobile_phone", "stage", "suppressed", "source")
FORM_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,5}")


def without_links(value: Any) -> Any:
    """The value with nothing in it that a mail program makes a link of; what it says stays readable."""
    match value:
        case str() if not LINK_SIGNS.search(value):
            return value
        case str():
            return DOT.sub(rf"\g<0>{BREAK}", WEB_ADDRESS.sub(REMOVED, value))
        case Mapping():
            return {name: without_links(inner) for name, inner in value.items()}
        case list() | tuple():
            return [without_links(inner) for inner in value]
    return value


def in_body(contact: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a contact for the text of a mail to them."""
    shown = {name: value if name in NOT_TYPED else without_links(value) for name, value in contact.items()}
    return shown | {"first_name": greeting(contact.get("first_name"))}


def in_subject(contact: Mapping[str, Any], fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """The fields of a contact for the subject of a mail to them: what reads like a name, and what nobody can type."""
    free = {name for name, field in (CONTACT_FIELDS | dict(fields)).items() if field.type not in CHOSEN_TYPES}
    shown = {name: value for name, value in contact.items() if name not in free or not _is_text(value)}
    shown |= {name: " ".join(contact[name].split()) for name in PLACING if _reads_like_a_name(contact.get(name))}
    return shown | {"first_name": greeting(contact.get("first_name")), "last_name": _last_name(contact)}


def in_subject_for_staff(contact: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a contact for the subject of a mail to a colleague: no web addresses, nothing long."""
    return {name: value for name, value in contact.items() if not isinstance(value, str) or _is_short(value)}


def form_in_subject(form: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form for a subject: its name, if it is one of few words."""
    name = form.get("name")
    return {"name": name} if isinstance(name, str) and FORM_NAME.fullmatch(name) else {}


def _is_text(value: Any) -> bool:
    return isinstance(value, str | list | tuple | Mapping)


def _is_short(value: str) -> bool:
    return len(value) <= LONGEST_IN_SUBJECT and not WEB_ADDRESS.search(value)


def _reads_like_a_name(value: Any) -> bool:
    if not isinstance(value, str) or not _is_short(value) or len(value.split()) > MOST_WORDS:
        return False
    return not NO_NAME.search(value) and not DOT.search(value)


def _last_name(contact: Mapping[str, Any]) -> str | None:
    try:
        return read_last_name(contact.get("last_name") or "")
    except BadValue:
        return None
