"""What every table that keeps its versions has: of each thing one row is reported now, and what was before stays."""

from collections.abc import Sequence

from sqlalchemy import Index, text

NOW = text("known_until IS NULL")
"""SQL over a versioned table: what is reported now."""


def now_unique(table: str, *key: str, sums: Sequence[str] = ()) -> Index:
    """Of each thing one row is reported now. With its sums in the index, long periods are read from it alone."""
    return Index(f"{table}_now", *key, unique=True, postgresql_where=NOW, postgresql_include=list(sums) or None)


def by_day(table: str) -> Index:
    """For what is read day by day: downloads, and the days that a run counts anew."""
    return Index(f"{table}_day", "day", postgresql_where=NOW)


def past(table: str) -> Index:
    """For what is no longer reported: by when it was found to be so."""
    return Index(f"{table}_past", "known_until", postgresql_where=text("known_until IS NOT NULL"))
