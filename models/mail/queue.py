"""The way into the outbox: the only place that queues messages. Each is a row with a key, so it is sent once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.tables.message import MessageKind, OnCap


@dataclass(slots=True)
class NewMessage:
    """An email to queue: a row of the outbox."""

    key: str
    contact_id: int | None
    run_id: int | None
    kind: MessageKind
    template: str
    data: Mapping[str, Any]
    to_address: str | None = None
    task_id: int | None = None
    expires_after: float | None = None
    """Seconds after which it is not sent any more."""
    send_window: Mapping[str, str] | None = None
    on_cap: OnCap | None = None
    subject_template: str | None = None


TASK_MAIL_COLUMNS = "key, contact_id, run_id, task_id, kind, template, to_address, data"


def queue_from(select: str) -> str:
    """The INSERT of the mails that a SELECT yields, with the TASK_MAIL_COLUMNS in their order.

    For statements that queue mails about the tasks that they have just changed: behind a WITH, or as a part of it.
    Whoever executes it binds `:now`.
    """
    return _insert(TASK_MAIL_COLUMNS, select)


def _insert(columns: str, select: str) -> str:
    return f"""
-- A key that was used before makes the message a no-op.
INSERT INTO message ({columns}, queued_at)
SELECT {columns}, :now FROM ({select}) AS given ({columns})
ON CONFLICT (key) DO NOTHING"""


MESSAGES = """
SELECT key, contact_id, run_id, task_id, kind, template, to_address, data, make_interval(secs => expires_after),
       send_window, on_cap, subject_template
FROM json_to_recordset(CAST(:messages AS json))
     AS n (key text, contact_id bigint, run_id bigint, task_id bigint, kind text, template text, to_address text,
           data jsonb, expires_after float, send_window jsonb, on_cap text, subject_template text)
"""

QUEUE = text(_insert(f"{TASK_MAIL_COLUMNS}, expires_after, send_window, on_cap, subject_template", MESSAGES))


POSTPONE = text("""
-- How late it is counts from its new moment. One that a sender has just claimed has gone.
UPDATE message SET due_at = :until, first_due_at = :until
FROM journey_run r
WHERE message.contact_id = ANY(CAST(:contacts AS bigint[])) AND message.kind = 'marketing' AND message.state = 'queued'
  AND message.due_at < :until AND r.id = message.run_id AND r.journey <> ALL(:without)
""")


def postpone_marketing(
    connection: Connection, contacts: Sequence[int], until: datetime, *, without: Sequence[str] = ()
) -> None:
    """Let marketing mail that waits to go out to these contacts wait until a moment, except that of some journeys."""
    values = {"contacts": id_list(contacts), "until": until, "without": list(without)}
    connection.execute(POSTPONE, values)


def queue_messages(connection: Connection, messages: Sequence[NewMessage], now: datetime) -> int:
    """Put messages into the outbox, all in one statement; gives how many were new. The caller commits."""
    if not messages:
        return 0
    return connection.execute(QUEUE, {"messages": to_json(messages), "now": now}).rowcount
