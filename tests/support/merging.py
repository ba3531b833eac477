"""Merging and separating in tests, and all that is known about a contact."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from models.database import engine
from models.merging import merge_contacts, separate_contacts
from models.merging.references import contact_references
from tests.support.database import rows
from tests.support.web_pages import NOW

BY = "nora"


def merge(kept: int, merged: int, reason: str = "the same number", now: datetime = NOW) -> int:
    """Merge, and commit; the number of the merge."""
    with engine().begin() as connection:
        return merge_contacts(connection, kept, merged, reason, BY, now)


def separate(merge_id: int, now: datetime = NOW) -> int:
    """Separate, and commit; the number of the contact that is back."""
    with engine().begin() as connection:
        return separate_contacts(connection, merge_id, BY, now)


def contact(number: int) -> dict[str, Any]:
    """The contact's row."""
    with engine().connect() as connection:
        return dict(connection.execute(text("SELECT * FROM contact WHERE id = :id"), {"id": number}).mappings().one())


def belongings(number: int) -> dict[str, list[Any]]:
    """`table.column` -> the rows that point at a contact, whatever tables there are; empty ones are left out."""
    found = {
        one.name: [
            row[0]
            for row in rows(
                f'SELECT to_jsonb(t) FROM "{one.table}" t WHERE {one.column} = :id ORDER BY {one.key}', id=number
            )
        ]
        for one in contact_references()
    }
    return {name: held for name, held in found.items() if held}
