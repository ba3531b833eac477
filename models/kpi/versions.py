"""The one writer of the versioned KPI tables: what is new is added, what is no longer so is closed, nothing is lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

VERSION_COLUMNS = ("id", "known_from", "known_until")

MANY = 10_000
"""From how many new rows on the statistics of a table are brought up to date."""


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
    connection.execute(text("DROP TABLE IF EXISTS fresh"))
    connection.execute(text(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS {select}"), values)
    connection.execute(text("ANALYZE fresh"))
    closed = connection.execute(text(_close(names, scope)), values).rowcount
    added = connection.execute(text(_add(names)), values).rowcount
    if added >= MANY:
        # What is counted after it in this transaction reads a table that Postgres believes to be as small as it was.
        connection.execute(text(f"ANALYZE {names.table}"))
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

    def same_key(self) -> str:
        """That a row of the table is about the same as one of those that were counted just now."""
        return " AND ".join(f"fresh.{name} = old.{name}" for name in self.key)


def _close(names: _Names, scope: str) -> str:
    return f"""
-- No longer so, or not as it was.
UPDATE {names.table} SET known_until = :known_at
WHERE id IN (
    SELECT old.id FROM {names.table} old LEFT JOIN fresh ON {names.same_key()}
    WHERE old.known_until IS NULL AND ({scope})
      AND (fresh.{names.key[0]} IS NULL OR {names.row("old")} IS DISTINCT FROM {names.row("fresh")}))
"""


def _add(names: _Names) -> str:
    columns = ", ".join(names.columns)
    return f"""
INSERT INTO {names.table} ({columns}, known_from)
SELECT {", ".join(f"fresh.{name}" for name in names.columns)}, :known_at
FROM fresh LEFT JOIN {names.table} old ON {names.same_key()} AND old.known_until IS NULL
WHERE old.id IS NULL
"""
