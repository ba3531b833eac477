"""Stores opens and clicks that our own pixel and tracked links record, for mailers that do not track themselves."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, text

from models.database import to_json
from models.tables.mail_event import MailEventKind
from models.values.sanitize import escape_unstorable

PROVIDER = "tend"
MAX_USER_AGENT = 500

INSERT_EVENT = text("""
-- Staff get emails about a contact too; what they do with those says nothing about the contact.
WITH about AS (SELECT id, contact_id FROM message
               WHERE id = :message AND kind IN ('marketing', 'transactional') AND contact_id IS NOT NULL),
     stored AS (
    INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, url, user_agent, raw)
    SELECT :key, :provider, :kind, id, :now, :now, :url, :user_agent, CAST(:raw AS jsonb) FROM about
    ON CONFLICT (key) DO NOTHING)
SELECT contact_id FROM about
""")


def store_own_event(
    connection: Connection,
    kind: MailEventKind,
    message_id: int,
    now: datetime,
    *,
    user_agent: str,
    url: str | None = None,
    links: int | None = None,
) -> int | None:
    """Store an open or a click; gives the contact's id, None for staff mail and for messages that are gone.

    What one program repeats within a second is stored once. `links` is how many links the email has.
    """
    agent = escape_unstorable(user_agent)[:MAX_USER_AGENT]
    values = {
        "key": _key(kind, message_id, now, f"{url}\n{agent}"),
        "provider": PROVIDER,
        "kind": str(kind),
        "message": message_id,
        "now": now,
        "url": url,
        "user_agent": agent,
        "raw": to_json({"tend_links": links} if links else {}),
    }
    return connection.execute(INSERT_EVENT, values).scalar_one_or_none()


def _key(kind: MailEventKind, message_id: int, now: datetime, what: str) -> str:
    return f"{PROVIDER}:{kind}:{message_id}:{sha256(what.encode()).hexdigest()[:16]}:{int(now.timestamp())}"
