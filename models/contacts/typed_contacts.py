"""Finds the contacts that a person has typed into a form, by numbers, links to their pages, and addresses."""

import re
from collections.abc import Iterable

from sqlalchemy import Connection, text

from models.contacts.merged_into import LARGEST, kept_contacts
from models.database import id_list

BY_ADDRESS = text("""
SELECT email AS typed, id FROM contact WHERE email = ANY(:typed)
UNION SELECT value, contact_id FROM identifier WHERE kind = 'email' AND value = ANY(:typed)
""")

# What a browser shows above the page of a contact.
LINK = re.compile(r"https?://\S+?/contacts/(\d+)/?(?:[?#]\S*)?")

PRESENT = text("SELECT id FROM contact WHERE id = ANY(CAST(:numbers AS bigint[]))")


def typed_contacts(connection: Connection, entries: Iterable[str]) -> tuple[list[int], list[str]]:
    """The numbers of the contacts in a list that somebody typed, and what of it no contact is found by.

    An entry is an email in any spelling, a number, or the link of a contact's page. An old address of a contact is its
    own, and so is the number of one that was merged into it. Empty entries count for nothing; the contacts are in the
    order of the entries, each once.
    """
    typed = list(dict.fromkeys(one.strip().lower() for one in entries if one.strip()))
    found = {row.typed: row.id for row in connection.execute(BY_ADDRESS, {"typed": typed})}
    numbers = {one: number for one in typed if (number := _number(one)) is not None}
    kept = kept_contacts(connection, numbers.values()) if numbers else {}
    present = set(connection.execute(PRESENT, {"numbers": id_list(kept.values())}).scalars()) if kept else set()
    found |= {one: kept[number] for one, number in numbers.items() if kept[number] in present}
    return list(dict.fromkeys(found[one] for one in typed if one in found)), [one for one in typed if one not in found]


def _number(entry: str) -> int | None:
    """The number of a contact in an entry; None where there is none, or one that no contact can have."""
    link = LINK.fullmatch(entry)
    digits = link[1] if link else entry
    return int(digits) if digits.isdecimal() and len(digits) <= 19 and int(digits) <= LARGEST else None
