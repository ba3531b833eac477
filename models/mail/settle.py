"""A person decides about mails that failed or whose answer never came: send them again, or leave them unsent."""

from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list
from models.tables.message import MessageState

MOST_ALIKE = 10_000
"""As many at once; whoever has more decides again."""

ALIKE = text("""
SELECT other.id FROM message asked JOIN message other ON other.state = asked.state
   AND other.reason IS NOT DISTINCT FROM asked.reason
WHERE asked.id = :id AND asked.state IN ('failed', 'unknown') ORDER BY other.id LIMIT :most
""")

SETTLE = text("""
-- One that is sent again is due from now on; by its first due time it would have expired.
UPDATE message SET state = CAST(:state AS text), sending_by = NULL, notified_at = NULL, is_handed_over = false,
       reason = CASE CAST(:state AS text)
                WHEN 'withdrawn' THEN left(concat_ws('; ', CAST(:said AS text), reason), 2000) END,
       sent_at = CASE CAST(:state AS text) WHEN 'sent' THEN coalesce(handed_at, CAST(:now AS timestamptz)) END,
       handed_at = CASE CAST(:state AS text) WHEN 'sent' THEN handed_at END,
       due_at = CASE CAST(:state AS text) WHEN 'queued' THEN CAST(:now AS timestamptz) ELSE due_at END,
       first_due_at = CASE CAST(:state AS text) WHEN 'queued' THEN NULL ELSE first_due_at END
WHERE id = ANY(CAST(:ids AS bigint[])) AND state IN ('failed', 'unknown')
""")

# Only new messages notify the clock by themselves.
NOTIFY_CLOCK = text("SELECT pg_notify('tend', 'message')")


def alike(connection: Connection, message_id: int) -> list[int]:
    """The failed or unknown messages with the same reason as this one, itself among them; none if it is neither."""
    return list(connection.execute(ALIKE, {"id": message_id, "most": MOST_ALIKE}).scalars())


def send_again(connection: Connection, ids: list[int], now: datetime) -> int:
    """Queue failed and unknown messages again; gives how many. The caller commits.

    The mail rules decide about each anew: who has bought or unsubscribed meanwhile gets none.
    """
    count = _settle(connection, ids, MessageState.QUEUED, None, now)
    connection.execute(NOTIFY_CLOCK)
    return count


def count_as_sent(connection: Connection, ids: list[int], now: datetime) -> int:
    """A person saw that unknown messages have arrived; gives how many. The caller commits."""
    return _settle(connection, ids, MessageState.SENT, None, now)


def leave_unsent(connection: Connection, ids: list[int], by: str, now: datetime) -> int:
    """A person says that failed or unknown messages need not go out; gives how many. The caller commits."""
    return _settle(connection, ids, MessageState.WITHDRAWN, f"left unsent by {by}", now)


def _settle(connection: Connection, ids: list[int], state: MessageState, said: str | None, now: datetime) -> int:
    about = {"ids": id_list(ids), "state": str(state), "said": said, "now": now}
    return connection.execute(SETTLE, about).rowcount
