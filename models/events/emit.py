"""The stream of events: the only place that writes it. The clock reacts to what is here: runs start, resume and end.

What the columns mean, whoever writes them:

- `name` and `topic`: what happened, in the past tense, and what it was about; `name:topic` is how rules name it.
- `source`: who noticed: a source of leads, `routing`, `mail`, `task`, ...
- `key`: what the noticing part calls this one happening, beginning with the source (`task:17`). The second event with
  a key is dropped, so telling it again changes nothing. None for what cannot be told twice.
- `at`: when it happened. Never later than `received_at`: what a sender's clock puts into the future happened now.
- `received_at`: when it was stored, by the time that its writer goes by (the demo's and the tests' time moves).
- `reacted_at`: when it was reacted to. Set from the beginning only for what nobody reacts to, such as a note.
- `is_history`: it was told late, or follows from what was. It is scored and recorded, and starts, resumes, mails and
  asks nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json

COLUMNS = "name, topic, contact_id, source, key, data, at"
COLUMNS_WITH_HISTORY = f"{COLUMNS}, is_history"

FOR_PEOPLE = "name IN ('note_added', 'details_changed', 'other_name_given')"
"""SQL over an event: people read it on the timeline, and nothing reacts to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to store; the top of this module says what its fields mean."""

    name: str
    contact_id: int
    source: str
    topic: str | None = None
    key: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    """None: now."""
    is_history: bool = False


def emit_from(select: str, columns: str = COLUMNS) -> str:
    """The INSERT of the events that a SELECT yields, with the columns in their order, whatever it calls them: COLUMNS,
    or COLUMNS_WITH_HISTORY.

    For statements that store events of what they have just changed: behind a WITH, as a part of it, or with RETURNING
    after it. Whoever executes it binds `:now`.
    """
    return _insert(columns, select)


def _insert(columns: str, select: str) -> str:
    as_given = ", ".join(column for column in columns.split(", ") if column != "at")
    return f"""
INSERT INTO event ({as_given}, at, received_at, reacted_at)
SELECT {as_given}, least(at, :now), :now, CASE WHEN {FOR_PEOPLE} THEN CAST(:now AS timestamptz) END
FROM ({select}) AS given ({columns})
ON CONFLICT (key) DO NOTHING"""


EMIT = text(f"""
-- The numbers are taken beforehand, so that each event can be told which one it got.
WITH numbered AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('event', 'id')) AS id, {COLUMNS_WITH_HISTORY}
    FROM json_to_recordset(CAST(:events AS json))
         AS n (name text, topic text, contact_id bigint, source text, key text, data jsonb, at timestamptz,
               is_history bool)
), stored AS (
    {_insert(f"id, {COLUMNS_WITH_HISTORY}", f"SELECT id, {COLUMNS_WITH_HISTORY} FROM numbered ORDER BY id")}
    RETURNING id
)
SELECT stored.id FROM numbered LEFT JOIN stored USING (id) ORDER BY numbered.id
""")


def emit(connection: Connection, events: Sequence[NewEvent], now: datetime) -> list[int | None]:
    """Store events, all in one statement; gives the id of each, None for those whose key was there before.

    Of two with one key in the same call the first is stored. The caller commits.
    """
    if not events:
        return []
    return list(connection.execute(EMIT, {"events": to_json(events), "now": now}).scalars())


WITHHOLD = text("UPDATE event SET reacted_at = :now WHERE id = ANY(CAST(:events AS bigint[])) AND reacted_at IS NULL")


def withhold(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Let nobody react to those of these events that nobody has reacted to yet, such as what was misread."""
    connection.execute(WITHHOLD, {"events": id_list(events), "now": now})
