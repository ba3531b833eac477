"""What was told of mails, put down as it came. Counting it is left to the clock, so that a sender waits for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.mail_event import MailEventKind

STORE = text("""
-- In the order of their keys: two processes that are told the same at once must not wait for each other in a circle.
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, url, user_agent, is_machine, because, raw)
SELECT key, provider, kind, message_id, at, :now, url, user_agent, is_machine, because, raw
FROM json_to_recordset(CAST(:told AS json))
     AS n (key text, provider text, kind text, message_id bigint, at timestamptz, url text, user_agent text,
           is_machine bool, because text, raw jsonb)
ORDER BY key
ON CONFLICT (key) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told about one mail; the columns of mail_event say what each part means."""

    key: str
    provider: str
    kind: MailEventKind
    message_id: int | None
    at: datetime
    raw: dict[str, Any]
    url: str | None = None
    user_agent: str | None = None
    is_machine: bool | None = None
    because: str | None = None


def store(connection: Connection, told: Sequence[Told], now: datetime) -> int:
    """Put down what was not told before; gives how many that were. The caller commits."""
    return connection.execute(STORE, {"told": to_json(told), "now": now}).rowcount
