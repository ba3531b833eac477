"""Copies what a rehearsal needs into its throw-away database: contacts as they were when its time begins, and what
was recorded of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from models.database import id_list
from models.tables.event import ABOUT_OPPORTUNITIES, ABOUT_ORDERS

WHOLE = ("team", "rep", "absence", "router", "router_member", "product")
"""Tables of the business, as they are now."""

RECORDED = "recorded"
"""The table of the throw-away database with what is yet to happen: events as others recorded them."""

OWN_SOURCES = (
    *("mail", "inbound", "task", "journey", "routing", "scoring", "response", "react", "feedback"),
    *("merging", "bulk", "playbook"),
)
"""Who writes events of what Tend itself did: the rehearsal makes its own."""

ANSWERS = (
    *("link_clicked", "email_opened", "replied", "auto_replied", "unsubscribed", "resubscribed", "suppressed"),
    *("task_done", "turned_us_down", "asked_again", "note_added", "details_changed", "other_name_given"),
)
"""What answers a mail or a task, or says something to people: answers are drawn anew."""

FROM_OUTSIDE = f"""({ABOUT_ORDERS} OR {ABOUT_OPPORTUNITIES} OR name = 'order_placed'
    OR (coalesce(source, '') <> ALL(%(own)s) AND name <> ALL(%(answers)s) AND NOT data ? 'click'))"""

STAGES = ("customer", "opportunity", "sal", "sql", "mql")
"""The highest first; whoever has reached none is an mgl."""
STAGE = f"CASE {' '.join(f'WHEN {one}_at < %(begin)s THEN {one!r}' for one in STAGES)} ELSE 'mgl' END"

OWNER = """(SELECT CASE WHEN count(*) = 0 THEN contact.owner_id
    ELSE (array_agg(a.rep_id ORDER BY a.id DESC) FILTER (WHERE a.at < %(begin)s))[1] END
    FROM assignment a WHERE a.contact_id = contact.id)"""

AS_THEY_WERE: Mapping[str, Mapping[str, str]] = {
    "contact": {
        **{f"{one}_at": f"CASE WHEN {one}_at < %(begin)s THEN {one}_at END" for one in (*STAGES, "mgl")},
        "stage": STAGE,
        "owner_id": OWNER,
        "score": "0",
        "scored_on": "NULL",
        # Who has not confirmed yet gets no mail, whenever that was noted.
        "suppressed": "CASE WHEN suppressed_at < %(begin)s OR suppressed = 'unconfirmed' THEN suppressed END",
        "suppressed_at": "CASE WHEN suppressed_at < %(begin)s OR suppressed = 'unconfirmed' THEN suppressed_at END",
    },
    # Who is on a journey already stays where they are: what they were asked is another story.
    "journey_run": {
        "status": "CASE WHEN ended_at < %(begin)s THEN 'ended' ELSE 'waiting' END",
        **{
            name: f"CASE WHEN ended_at < %(begin)s THEN {name} END"
            for name in ("ending", "ended_at", "resumed_by", "asked_at")
        },
        **dict.fromkeys(("resume_at", "waiting_events", "stuck_reason"), "NULL"),
        "history": "''",
    },
    "score_entry": {"withdrawn_at": "CASE WHEN withdrawn_at < %(begin)s THEN withdrawn_at END"},
    "order": {"cancelled_at": "CASE WHEN cancelled_at < %(begin)s THEN cancelled_at END"},
    "event": {"reacted_at": "received_at"},
}
"""Table -> column -> SQL of what it was when the time begins, where that is known."""

OF_CONTACTS: Mapping[str, str] = {
    "contact": "id = ANY(%(contacts)s::bigint[])",
    "event": "contact_id = ANY(%(contacts)s::bigint[]) AND received_at < %(begin)s",
    "topic_opt_out": "contact_id = ANY(%(contacts)s::bigint[]) AND at < %(begin)s",
    "consent": "contact_id = ANY(%(contacts)s::bigint[]) AND at < %(begin)s",
    "journey_run": "contact_id = ANY(%(contacts)s::bigint[]) AND started_at < %(begin)s",
    "message": """contact_id = ANY(%(contacts)s::bigint[]) AND sent_at < %(begin)s AND state = 'sent'
        AND kind IN ('marketing', 'transactional')""",
    "order": "contact_id = ANY(%(contacts)s::bigint[]) AND placed_at < %(begin)s",
    "score_entry": "contact_id = ANY(%(contacts)s::bigint[]) AND at < %(begin)s",
    "split_test": "started_at < %(begin)s",
    "split_draw": "contact_id = ANY(%(contacts)s::bigint[]) AND at < %(begin)s",
    # Splits are drawn with it: who is in which variant stays the same.
    "secret": "name = 'signing key'",
    "playbook": "id = (SELECT max(id) FROM playbook)",
}
"""Table -> which of its rows are copied."""

NEXT_NUMBER = "SELECT setval(pg_get_serial_sequence('\"{0}\"', 'id'), coalesce(max(id), 0) + 1) FROM \"{0}\""
"""So that new rows get numbers that no copied row has."""


def copy_cohort(source: str, target: str, contacts: Sequence[int], begin: datetime, end: datetime) -> Mapping[str, int]:
    """Copy a cohort from one database into another that is migrated and empty; gives how many rows each table got.

    The source is read in one transaction that can write nothing.
    """
    values = {
        "contacts": id_list(contacts),
        "begin": begin,
        "end": end,
        "own": list(OWN_SOURCES),
        "answers": list(ANSWERS),
    }
    with psycopg.connect(source) as real, psycopg.connect(target, autocommit=True) as scratch:
        real.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Rows come in any order, and are what they were: no trigger has anything to say.
        scratch.execute("SET session_replication_role = replica")
        copied = {name: _copy(real, scratch, name, select, values) for name, select in _selects()}
        scratch.execute(f"CREATE TABLE {RECORDED} AS SELECT * FROM event WITH NO DATA")
        recorded = _select(_table("event"), FUTURE, {})
        copied[RECORDED] = _copy(real, scratch, RECORDED, recorded, values, _names(_table("event")))
        scratch.execute(f"CREATE INDEX ON {RECORDED} (received_at)")
        for name in copied:
            if name in SQLModel.metadata.tables and "id" in _table(name).columns:
                scratch.execute(NEXT_NUMBER.format(name))
        scratch.execute("ANALYZE")
    return copied


FUTURE = f"""contact_id = ANY(%(contacts)s::bigint[]) AND received_at >= %(begin)s AND received_at < %(end)s
    AND {FROM_OUTSIDE}"""


def _selects() -> Iterator[tuple[str, sql.SQL]]:
    for name in WHOLE:
        yield name, _select(_table(name), "true", {})
    for name, rows in OF_CONTACTS.items():
        yield name, _select(_table(name), rows, AS_THEY_WERE.get(name, {}))


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _select(table: Table, rows: str, were: Mapping[str, str]) -> sql.SQL:
    columns = ", ".join(_column(column, were.get(column.name)) for column in table.columns)
    return sql.SQL(f'SELECT {columns} FROM "{table.name}" WHERE {rows}')


def _column(column: Column[Any], was: str | None) -> str:
    # Binary rows are of the column's very type.
    return f'"{column.name}"' if was is None else f"CAST({was} AS {column.type.compile(postgresql.dialect())})"


def _copy(
    real: psycopg.Connection,
    scratch: psycopg.Connection,
    name: str,
    select: sql.SQL,
    values: Mapping[str, Any],
    columns: Sequence[str] = (),
) -> int:
    """COPY from one into the other, in Postgres' binary format."""
    cursor = psycopg.ClientCursor(real)
    rows = cursor.mogrify(select, values)
    if not columns:
        # What a new installation is given, such as secrets of its own.
        scratch.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns or _names(_table(name))))
    )
    with (
        real.cursor().copy(f"COPY ({rows}) TO STDOUT (FORMAT binary)") as given,
        scratch.cursor() as writer,
        writer.copy(into) as taken,
    ):
        for part in given:
            taken.write(part)
    return writer.rowcount
