"""The audit: who of ops did what, when, about whom and from where. Rows are only added, and go after two years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from models.database import to_json

KEPT = timedelta(days=2 * 365)
"""How long a row is kept: long enough for a yearly review of who did what."""
LONGEST = 500
"""Letters of a text that is kept with an action; what is longer stands where it was written."""
LARGEST = 2**53
"""Of whole numbers that every reader of JSON takes as they are."""
NEVER_KEPT = ("password", "secret", "token", "key", "digest")
"""Names of values, or parts of them, that no row holds."""

RECORD = text("""
INSERT INTO audit (at, login_id, who, action, contact_id, path, network_address, data)
VALUES (:at, :login_id, :who, :action, (SELECT id FROM contact WHERE id = :contact_id), :path, :network_address,
        CAST(:data AS jsonb))
""")

# Each new row takes some of the old ones away, so nothing has to run for it.
PRUNE = text("""
DELETE FROM audit WHERE id IN (
    SELECT id FROM audit WHERE at < :before ORDER BY at LIMIT 10 FOR UPDATE SKIP LOCKED)
""")

READ = """
SELECT audit.id, audit.at, audit.login_id, audit.who, audit.action, audit.contact_id, audit.path,
       audit.network_address, audit.data
FROM audit
WHERE (CAST(:before AS bigint) IS NULL OR audit.id < :before)
  AND (CAST(:contact_id AS bigint) IS NULL OR audit.contact_id = :contact_id)
  AND (CAST(:who AS text) IS NULL OR audit.who = :who)
  AND (CAST(:words AS text) IS NULL OR audit.action ILIKE :words OR audit.path ILIKE :words)
  AND (CAST(:since AS timestamptz) IS NULL OR audit.at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR audit.at < :until)
ORDER BY audit.id DESC LIMIT :most
"""
"""SQL: rows of the audit, the newest first."""

WHO = text("SELECT DISTINCT who FROM audit ORDER BY who LIMIT 200")


CHANGED = "changed"
"""Under this name a row keeps from what to what something went."""


@dataclass(frozen=True)
class Change:
    """What somebody made of something that stood there before."""

    what: str
    before: str | None
    """None: nothing was there."""
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that a person did."""

    who: str
    action: str
    """In words that go on after the name: `merged two contacts`."""
    path: str
    login_id: int | None = None
    contact_id: int | None = None
    """Whom it was about; one that is gone is left out."""
    network_address: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class AuditLine:
    """A row of the audit."""

    id: int
    at: datetime
    login_id: int | None
    who: str
    action: str
    contact_id: int | None
    path: str
    network_address: str | None
    data: dict[str, Any]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which rows are asked for; None: whatever they say."""

    contact_id: int | None = None
    who: str | None = None
    words: str | None = None
    """A LIKE pattern for the action or the path."""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """The id before which a page begins."""


def record(connection: Connection, act: Act, now: datetime) -> None:
    """Add a row, in the transaction of what was done, and delete a few that are too old. The caller commits."""
    about = {"at": now, "login_id": act.login_id, "who": act.who, "action": act.action, "contact_id": act.contact_id}
    about |= {
        "path": act.path,
        "network_address": act.network_address,
        "data": to_json(_kept(act.data) | _changed(act.changes)),
    }
    connection.execute(RECORD, about)
    connection.execute(PRUNE, {"before": now - KEPT})


def read_audit(connection: Connection, asked: AuditFilter, most: int) -> list[AuditLine]:
    """The newest rows that are asked for."""
    about = {"contact_id": asked.contact_id, "who": asked.who, "words": asked.words, "since": asked.since}
    about |= {"until": asked.until, "before": asked.before, "most": most}
    return [_line(row) for row in connection.execute(text(READ), about).mappings()]


def _line(row: RowMapping) -> AuditLine:
    data = dict(row["data"])
    changes = tuple(Change(*change) for change in data.pop(CHANGED, ()))
    return AuditLine(**{**row, "data": data}, changes=changes)


def who_acted(connection: Connection) -> Sequence[str]:
    """Everybody in the audit, by name."""
    return connection.execute(WHO).scalars().all()


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """What may stay for years: no empty values, no secrets, no long texts; numbers that JSON cannot hold as text."""
    return {
        name: _short(value)
        for name, value in data.items()
        if value not in (None, "") and not any(word in name.lower() for word in NEVER_KEPT)
    }


def _changed(changes: Sequence[Change]) -> dict[str, Any]:
    """What became something else; a secret's name says enough."""
    kept = [
        [change.what, _short(change.before), _short(change.after)]
        for change in changes
        if change.before != change.after and not any(word in change.what.lower() for word in NEVER_KEPT)
    ]
    return {CHANGED: kept} if kept else {}


def _short(value: Any) -> Any:
    text_of = str(value) if isinstance(value, int) and abs(value) > LARGEST else value
    return f"{text_of[:LONGEST]}…" if isinstance(text_of, str) and len(text_of) > LONGEST else text_of
