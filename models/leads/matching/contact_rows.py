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


def write_contacts(connection: Connection, people: Sequence[ContactRecord], now: datetime) -> None:
    """Write the new and the changed ones, which are as they are stored after that."""
    new = [person for person in people if person.is_new]
    changed = [person for person in people if person.has_changed and not person.is_new]
    for person in (*new, *changed):
        person.row["updated_at"] = now
        person.is_new = person.has_changed = False
    _insert(connection, (*INSERT_ONLY_COLUMNS, *UPDATABLE_COLUMNS), [person.row for person in new])
    _update(connection, [person.row for person in changed])


def _insert(connection: Connection, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    names = ", ".join(columns)
    _run(connection, f"INSERT INTO contact ({names}) SELECT {names} FROM {_recordset(columns)}", columns, rows)


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ("id", *UPDATABLE_COLUMNS)
    setting = ", ".join(f"{column} = given.{column}" for column in UPDATABLE_COLUMNS)
    statement = f"UPDATE contact SET {setting} FROM {_recordset(columns)} WHERE contact.id = given.id"
    _run(connection, statement, columns, rows)


def _recordset(columns: tuple[str, ...]) -> str:
    """The parameter `rows`, a JSON list, as a table of the columns' own types."""
    table: Any = Contact.__table__  # type: ignore[attr-defined]
    types = (table.columns[column].type.compile(postgresql.dialect()) for column in columns)
    shape = ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({shape})"


def _run(connection: Connection, statement: str, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        only = [{column: row.get(column) for column in columns} for row in rows]
        connection.execute(text(statement), {"rows": to_json(only)})
