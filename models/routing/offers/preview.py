"""The anonymous preview of a lead in an offer: enough to judge it, nothing that identifies it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.values.custom_field import FieldType

READ = text("""
SELECT contact.id, first_name, last_name, company, email, city, state, country, industry, employees, product, score,
       mql_level, custom, form.topic AS form
FROM contact LEFT JOIN LATERAL (
    SELECT topic FROM event WHERE contact_id = contact.id AND name = 'form_submitted'
    ORDER BY at DESC, id DESC LIMIT 1
) form ON true
WHERE contact.id = ANY(:contacts)
""")

LONGEST = 60
IDENTIFYING = re.compile(r"@|://|www\.|\d(\W*\d){5}|[\r\n]")
"""Addresses, and numbers long enough to call."""

SHORTEST_NAME = 3
"""Of the parts of an email address."""

Fact = tuple[str, str]
"""What it is, and what it says."""


def previews(connection: Connection, playbook: Playbook, contacts: Sequence[int]) -> dict[int, list[Fact]]:
    """Contact -> the facts that its offer shows."""
    rows = connection.execute(READ, {"contacts": list(contacts)}).mappings()
    return {row["id"]: preview(dict(row), playbook) for row in rows}


def preview(contact: Mapping[str, Any], playbook: Playbook) -> list[Fact]:
    """The facts in the order in which they are read, without those that are not known or would give the lead away.

    What people write in their own words is left out altogether; of custom fields only dropdowns are told.
    """
    return [(name, value) for name, value in _facts(contact, playbook) if value]


def _facts(contact: Mapping[str, Any], playbook: Playbook) -> Iterator[Fact]:
    form = re.sub("[-_]", " ", contact["form"] or "").removeprefix("request ")
    yield "Asked for", _anonymous(contact, form).capitalize()
    names = {product.code: product.name for product in playbook.products}
    yield "Product", names.get(contact["product"], "")
    for name, field in playbook.fields.items():
        if field.type is FieldType.DROPDOWN and contact["custom"].get(name) in field.options:
            yield field.label or name.replace("_", " ").capitalize(), contact["custom"][name]
    country = contact["country"] if contact["country"] != playbook.company.country else None
    yield "Place", ", ".join(_each_anonymous(contact, (contact["city"], contact["state"], country)))
    yield "Industry", _anonymous(contact, contact["industry"])
    yield "Company size", f"{contact['employees']:,} people" if contact["employees"] else ""
    yield "Score", f"{contact['score']:.0f}"
    yield "Level", f"MQL {contact['mql_level']}" if contact["mql_level"] else ""


def _each_anonymous(contact: Mapping[str, Any], values: Iterable[str | None]) -> Iterator[str]:
    return (anonymous for value in values if (anonymous := _anonymous(contact, value)))


def _anonymous(contact: Mapping[str, Any], value: str | None) -> str:
    """The value, unless it would give the lead away; senders put anything into any field."""
    if not value or len(value) > LONGEST or IDENTIFYING.search(value):
        return ""
    return "" if any(_names(word, value) for word in _identity(contact)) else value


def _identity(contact: Mapping[str, Any]) -> Iterator[str]:
    """What the lead could be recognised by in a text."""
    local, _, domain = (contact["email"] or "").partition("@")
    parts = (*re.split(r"[._+-]", local), domain.partition(".")[0])
    known = (contact["first_name"], contact["last_name"], contact["company"], local, domain)
    return (word for word in (*known, *(part for part in parts if len(part) >= SHORTEST_NAME)) if word)


def _names(word: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", value, re.IGNORECASE) is not None
