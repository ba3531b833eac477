"""No table that names a contact is forgotten when two contacts become one."""

import re

import pytest
from sqlalchemy import Table, UniqueConstraint
from sqlmodel import SQLModel

import models  # noqa: F401  registers every table
from models.merging.combine import UNMERGED_COLUMNS, combined_columns
from models.merging.references import DROPPED_DUPLICATES, OWN_HISTORY, contact_references, unique_by_contact
from models.merging.rows import MOVED_ELSEWHERE
from models.tables.contact import Contact

CLASHES_ARE_CLOSED = {
    "journey_run": "the run that has come less far ends, and a key that both have says whose it was",
    "placement": "one of two open ones is closed",
    "score_entry": "one of two that count once is withdrawn",
    "identity_conflict": "one of two open ones is closed",
    "likely_duplicate": "the merged contact's are made anew for the kept one, once",
}
"""Tables in which rows of two contacts may clash that are not dropped, and what is done about it."""

TABLES = SQLModel.metadata.sorted_tables


def test_every_column_that_is_called_after_a_contact_is_known() -> None:
    known = {one.name for one in contact_references()}
    named = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.columns
        if re.search(r"contact_id$|^(kept|merged|held_by|other)_id$", column.name) and table.name not in OWN_HISTORY
    }
    assert named == known
    assert {"event.contact_id", "order.contact_id", "inbound_mail.contact_id", "identity_conflict.held_by_id"} <= known
    assert set(MOVED_ELSEWHERE) <= known


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_where_rows_of_two_contacts_may_clash_somebody_has_decided(table: Table) -> None:
    if unique_by_contact(table) and table.name not in OWN_HISTORY:
        assert (table.name in DROPPED_DUPLICATES) != (table.name in CLASHES_ARE_CLOSED)


def test_every_reference_has_an_index() -> None:
    """Postgres looks through each of these tables when a merged contact is deleted."""
    for reference in contact_references():
        table = SQLModel.metadata.tables[reference.table]
        column = table.columns[reference.column]
        whole = [index for index in table.indexes if index.dialect_options["postgresql"]["where"] is None]
        unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        leading = [next(iter(one.columns), None) for one in (*whole, *unique, table.primary_key)]
        assert any(first is column for first in leading), reference.name


def test_every_column_of_a_contact_is_combined_or_counted_elsewhere() -> None:
    assert combined_columns() | set(UNMERGED_COLUMNS) == set(Contact.model_fields)
    assert not combined_columns() & set(UNMERGED_COLUMNS)
