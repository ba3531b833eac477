"""What every table that keeps its versions has: of each thing one row is reported now, and what was before stays."""

from sqlalchemy import Index, text

NOW = text("known_until IS NULL")
"""SQL over a versioned table: what is reported now."""


def now_unique(table: str, *key: str) -> Index:
    """Of each thing one row is reported now."""
    return Index(f"{table}_now", *key, unique=True, postgresql_where=NOW)


def past(table: str) -> Index:
    """For what is no longer reported: by when it was found to be so."""
    return Index(f"{table}_past", "known_until", postgresql_where=text("known_until IS NOT NULL"))
