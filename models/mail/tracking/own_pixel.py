"""Stores opens and clicks that our own pixel and tracked links record, for mailers that do not track themselves, and
visits of the sample site that follow from a click.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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


INSERT_EVENTS = text("""
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, user_agent, raw)
SELECT n.key, :provider, n.kind, message.id, n.at, n.at, :user_agent, '{}'
FROM json_to_recordset(CAST(:events AS json)) AS n (key text, kind text, message_id bigint, at timestamptz)
JOIN message ON message.id = n.message_id
WHERE message.kind IN ('marketing', 'transactional') AND message.contact_id IS NOT NULL
ON CONFLICT (key) DO NOTHING
""")

INSERT_VISIT = text("""
INSERT INTO mail_event (key, provider, kind, message_id, at, received_at, url, user_agent, raw)
SELECT :key, :provider, 'visited', click.message_id, :now, :now, :page, :user_agent,
       jsonb_build_object('click', click.key)
FROM mail_event click WHERE click.key = :click
ON CONFLICT (key) DO NOTHING
""")

CLICK = text("SELECT is_machine, at, processed_at FROM mail_event WHERE key = :click")
JUDGED_WITHIN = timedelta(seconds=10)
"""After this time a click that nobody has judged yet counts as a person's: processing is held up."""


@dataclass(frozen=True)
class OwnEvent:
    """An open or a click that is stored."""

    key: str
    contact_id: int


def store_own_event(
    connection: Connection,
    kind: MailEventKind,
    message_id: int,
    now: datetime,
    *,
    user_agent: str,
    url: str | None = None,
    links: int | None = None,
) -> OwnEvent | None:
    """Store an open or a click; None for staff mail and for messages that are gone.

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
    contact_id = connection.execute(INSERT_EVENT, values).scalar_one_or_none()
    return None if contact_id is None else OwnEvent(str(values["key"]), contact_id)


def store_own_events(
    connection: Connection, events: Sequence[tuple[MailEventKind, int, datetime]], user_agent: str
) -> None:
    """Store many opens and clicks in one statement, as `store_own_event` does: kind, message, moment of each."""
    rows = [
        {"key": _key(kind, message, at, f"None\n{user_agent}"), "kind": str(kind), "message_id": message, "at": at}
        for kind, message, at in events
    ]
    connection.execute(INSERT_EVENTS, {"provider": PROVIDER, "user_agent": user_agent, "events": to_json(rows)})


def store_visit(connection: Connection, click: str, page: str, now: datetime, user_agent: str) -> None:
    """Store a visit of a page; it counts once the click that led there is judged a person's."""
    agent = escape_unstorable(user_agent)[:MAX_USER_AGENT]
    digest = sha256(f"{click}\n{page}\n{agent}".encode()).hexdigest()[:16]
    key = f"{PROVIDER}:{MailEventKind.VISITED}:{digest}:{int(now.timestamp())}"
    values = {"key": key, "provider": PROVIDER, "click": click, "page": page, "now": now, "user_agent": agent}
    connection.execute(INSERT_VISIT, values)


def is_persons_click(connection: Connection, click: str, now: datetime) -> bool | None:
    """Whether a person followed a link, by the key of the click; None while that is not known yet."""
    row = connection.execute(CLICK, {"click": click}).one_or_none()
    if row is None or row.is_machine:
        return False
    return True if row.processed_at is not None or now - row.at > JUDGED_WITHIN else None


def _key(kind: MailEventKind, message_id: int, now: datetime, what: str) -> str:
    return f"{PROVIDER}:{kind}:{message_id}:{sha256(what.encode()).hexdigest()[:16]}:{int(now.timestamp())}"
