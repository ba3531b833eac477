"""The rows of contacts as leads make and change them: the columns, and one statement each to insert and to update."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql

from models.database import to_json
from models.leads.matching.match import ContactRecord
from models.playbook.source import CONTACT_FIELDS
from models.tables.contact import Contact

UPDATABLE_COLUMNS = tuple(dict.fromkeys((*CONTACT_FIELDS, "phone_extension", "employees", "custom", "updated_at")))
"""Columns that a lead can change."""
INSERT_ONLY_COLUMNS = ("id", "source", "stage", "mgl_at", "created_at")
"""Columns that are set when a contact is made."""
ALL_COLUMNS = (*INSERT_ONLY_COLUMNS, *UPDATABLE_COLUMNS)


def _recordset(columns: tuple[str, ...]) -> str:
    """The parameter `rows`, a JSON list, as a table of the columns' own types; what a row leaves out is null."""
    table: Any = Contact.__table__  # type: ignore[attr-defined]
    types = (table.columns[column].type.compile(postgresql.dialect()) for column in columns)
    shape = ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))
    return f"json_to_recordset(CAST(:rows AS json)) AS given({shape})"


INSERT = text(f"""
INSERT INTO contact ({", ".join(ALL_COLUMNS)}) SELECT {", ".join(ALL_COLUMNS)} FROM {_recordset(ALL_COLUMNS)}
""")

UPDATE = text(f"""
UPDATE contact SET {", ".join(f"{column} = given.{column}" for column in UPDATABLE_COLUMNS)}
FROM {_recordset(("id", *UPDATABLE_COLUMNS))} WHERE contact.id = given.id
""")


def write_contacts(connection: Connection, people: Sequence[ContactRecord], now: datetime) -> None:
    """Write the new and the changed ones, which are as they are stored after that."""
    new = [person for person in people if person.is_new]
    changed = [person for person in people if person.has_changed and not person.is_new]
    for person in (*new, *changed):
        person.row["updated_at"] = now
        person.is_new = person.has_changed = False
    for statement, written in ((INSERT, new), (UPDATE, changed)):
        if written:
            connection.execute(statement, {"rows": to_json([_given(person.row) for person in written])})


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column in ALL_COLUMNS if (value := row.get(column)) is not None}
