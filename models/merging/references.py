"""Every column that holds a contact's number, and what becomes of its rows when two contacts become one."""

from dataclasses import dataclass

from sqlalchemy import Column, Table
from sqlmodel import SQLModel

import models  # noqa: F401  registers every table

PAIRS = """pair AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS n (place int, kept bigint, merged bigint)
)"""
"""SQL: the pairs that become one, as a part of WITH; `place` is which of them."""

ROW_NAMES = {"topic_opt_out": "topic", "split_draw": "test"}
"""Tables whose rows have no number -> the column that tells the rows of one contact apart."""

DROPPED_DUPLICATES = {
    "identifier": """
        SELECT pair.place, t.id FROM pair JOIN identifier t ON t.contact_id = pair.merged
        JOIN identifier k ON k.contact_id = pair.kept AND k.kind = t.kind AND k.value = t.value""",
    "topic_opt_out": """
        SELECT pair.place, t.ctid FROM pair JOIN topic_opt_out t ON t.contact_id = pair.merged
        JOIN topic_opt_out k ON k.contact_id = pair.kept AND k.topic = t.topic""",
    # What they saw first is what they are compared by.
    "split_draw": """
        SELECT pair.place, CASE WHEN t.at < k.at THEN k.ctid ELSE t.ctid END
        FROM pair JOIN split_draw t ON t.contact_id = pair.merged
        JOIN split_draw k ON k.contact_id = pair.kept AND k.test = t.test""",
    # One person gets one of them.
    "fulfilment_entry": """
        SELECT DISTINCT ON (t.id) pair.place, t.id FROM pair
        JOIN fulfilment_entry t ON t.contact_id = pair.merged AND t.handed_at IS NULL
        JOIN fulfilment_entry k ON k.contact_id = pair.kept AND k.handed_at IS NULL
         AND k.list = t.list AND k.data = t.data""",
}
"""Table -> SQL for those of its rows that say what a row of the other contact says already, with their pair. They go
into the trace; all other rows change hands."""

OWN_HISTORY = {
    "contact_merge": "says itself which contact became which, and stays as it was",
    "deleted_contact": "stays as it was, about nobody",
    "erased_draw": "stays as it was, about nobody",
    "erased_message": "stays as it was, about nobody",
    "erased_run": "stays as it was, about nobody",
    "kpi_fact": "is counted anew for both contacts by the next run of the report",
    "kpi_stage_spell": "is counted anew with the facts",
}
"""Tables that name contacts without a foreign key, and why they are left alone."""


@dataclass(frozen=True)
class ContactReference:
    """A column that points at contacts."""

    table: str
    column: str
    key: str
    """The column that names a row among those of one contact."""

    @property
    def name(self) -> str:
        """`table.column`, as the trace of a merge calls it."""
        return f"{self.table}.{self.column}"


def contact_references() -> list[ContactReference]:
    """All of them, by the foreign keys of all tables, in an order that does not change."""
    found = [
        ContactReference(table.name, column.name, ROW_NAMES.get(table.name, "id"))
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if _points_at_contact(column)
    ]
    return sorted(found, key=lambda one: one.name)


def _points_at_contact(column: Column[object]) -> bool:
    return any(key.target_fullname == "contact.id" for key in column.foreign_keys)


def unique_by_contact(table: Table) -> list[str]:
    """The names of a table's unique constraints and indexes that hold a contact's number: two contacts' rows may clash
    in them.
    """
    columns = {column for column in table.columns if _points_at_contact(column)}
    unique = [*(one for one in table.constraints if getattr(one, "columns", None) is not None)]
    named = [
        str(one.name or "primary key")
        for one in unique
        if type(one).__name__ in ("UniqueConstraint", "PrimaryKeyConstraint") and columns & set(one.columns)  # type: ignore[attr-defined]
    ]
    return named + [str(index.name) for index in table.indexes if index.unique and columns & set(index.columns)]
