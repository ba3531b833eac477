"""The one writer of the versioned KPI tables: what is new is added, what is no longer so is closed, nothing is lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

VERSION_COLUMNS = ("id", "known_from", "known_until")

MANY, MANY_OF = 10_000, 0.1
"""From how many new rows on, and from what part of a table on, its statistics are brought up to date."""

ROWS = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:table AS regclass)")


@dataclass(frozen=True)
class VersionCount:
    """How many rows a write closed, and how many it added; both 0 where all was as before."""

    closed: int
    added: int


def as_known(at: datetime | None, alias: str = "") -> str:
    """SQL: the versions that were reported at a moment, bound as `:known_at`; without one, those reported now."""
    prefix = f"{alias}." if alias else ""
    if at is None:
        return f"{prefix}known_until IS NULL"
    return f"{prefix}known_from <= :known_at AND ({prefix}known_until IS NULL OR {prefix}known_until > :known_at)"


def store_versions(
    connection: Connection,
    model: type[SQLModel],
    select: str,
    values: dict[str, Any],
    *,
    scope: str,
    known_at: datetime,
) -> VersionCount:
    """Make the rows of a table in `scope` those that `select` yields, by the names of its columns.

    `scope` is SQL over the table as `old`, such as `old.day = ANY(:days)`; every row that `select` yields is in it.
    `values` are bound in both. Rows that are as before stay, with their moment: doing it again changes nothing. Sums of
    floats are to be rounded by `select`, or they differ by the order in which they are added. The caller commits.
    """
    names = _Names(model)
    values = values | {"known_at": known_at}
    connection.execute(text("DROP TABLE IF EXISTS fresh, difference"))
    connection.execute(text(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS {select}"), values)
    connection.execute(text("ANALYZE fresh"))
    connection.execute(text(_difference(names, scope)), values)
    closed = connection.execute(text(CLOSE.format(table=names.table)), values).rowcount
    added = connection.execute(text(_add(names)), values).rowcount
    if added >= MANY and added >= MANY_OF * connection.execute(ROWS, {"table": names.table}).scalar_one():
        # What is counted after it in this transaction reads a table that Postgres believes to be as small as it was.
        connection.execute(text(f"ANALYZE {names.table}"))
    return VersionCount(closed, added)


def add_to_cells(
    connection: Connection, model: type[SQLModel], change: str, values: dict[str, Any], *, known_at: datetime
) -> VersionCount:
    """Add to the cells of a table with `count` what `change` yields: the columns of its key, and a `count`, below zero
    for what is taken out.

    `change` has each cell once. A cell that comes to nothing is gone; what comes to what it was stays as it was. The
    caller commits.
    """
    names = _Names(model)
    values = values | {"known_at": known_at}
    connection.execute(text("DROP TABLE IF EXISTS fresh, difference"))
    connection.execute(text(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS {change}"), values)
    connection.execute(text("ANALYZE fresh"))
    connection.execute(text(_changed_cells(names)))
    closed = connection.execute(text(CLOSE.format(table=names.table)), values).rowcount
    added = connection.execute(text(_add_cells(names)), values).rowcount
    return VersionCount(closed, added)


class _Names:
    """The names of a versioned table, its key and its other columns."""

    def __init__(self, model: type[SQLModel]) -> None:
        table = model.__table__  # type: ignore[attr-defined]
        self.table = f'"{table.name}"'
        [now] = [index for index in table.indexes if index.name == f"{table.name}_now"]
        self.key = [column.name for column in now.columns]
        self.columns = [column.name for column in table.columns if column.name not in VERSION_COLUMNS]
        self.others = [name for name in self.columns if name not in self.key]

    def row(self, alias: str) -> str:
        """The columns beside the key, as one value."""
        return f"ROW({', '.join(f'{alias}.{name}' for name in self.others)})"

    def order(self, alias: str) -> str:
        """SQL: rows of a day are stored side by side, so that a day is read from few pages of a disk."""
        return f"ORDER BY {alias}.day" if "day" in self.columns else ""

    def same_key(self) -> str:
        """That a row of the table is about the same as one of those that were counted just now."""
        return " AND ".join(f"fresh.{name} = old.{name}" for name in self.key)


def _difference(names: _Names, scope: str) -> str:
    """What is reported and no longer so, and what is so and not reported: both where a row is not as it was."""
    return f"""
CREATE TEMP TABLE difference ON COMMIT DROP AS
SELECT old.id AS old_id, fresh.ctid AS fresh_row
FROM (SELECT * FROM {names.table} old WHERE old.known_until IS NULL AND ({scope})) old
FULL JOIN fresh ON {names.same_key()}
WHERE old.id IS NULL OR fresh.ctid IS NULL OR {names.row("old")} IS DISTINCT FROM {names.row("fresh")}
"""


CLOSE = """
UPDATE {table} SET known_until = :known_at
FROM difference WHERE {table}.id = difference.old_id
"""


def _add(names: _Names) -> str:
    return f"""
INSERT INTO {names.table} ({", ".join(names.columns)}, known_from)
SELECT {", ".join(f"fresh.{name}" for name in names.columns)}, :known_at
FROM difference JOIN fresh ON fresh.ctid = difference.fresh_row {names.order("fresh")}
"""


def _changed_cells(names: _Names) -> str:
    """The cells as they are now, each with the row that it has had until now."""
    cell = ", ".join(f"fresh.{name}" for name in names.key)
    return f"""
CREATE TEMP TABLE difference ON COMMIT DROP AS
SELECT {cell}, fresh.count + coalesce(old.count, 0) AS count, old.id AS old_id
FROM fresh LEFT JOIN {names.table} old ON old.known_until IS NULL AND {names.same_key()}
WHERE fresh.count <> 0
"""


def _add_cells(names: _Names) -> str:
    cell = ", ".join(names.key)
    return f"""
INSERT INTO {names.table} ({cell}, count, known_from)
SELECT {cell}, count, :known_at FROM difference WHERE count <> 0 {names.order("difference")}
"""
