"""The way of notes out: which mails become notes, which is posted next, and what came of it."""

import os
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import to_json
from models.playbook import Playbook, current_playbook
from models.playbook.chat import ChatChannel, NoteKind
from models.tables.message import NoteState

MOST_TRIES = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
ABANDONED_AFTER = timedelta(minutes=5)
"""A post takes seconds; whoever began this one has died."""
LOOK_BACK = timedelta(hours=12)
"""Mails that were queued longer ago become no notes any more."""
FIRST_LOOK_BACK = timedelta(minutes=15)
"""The same for a channel to which nothing was ever posted: it begins with what is new."""
KEPT_FOR = timedelta(days=30)

KINDS = {"team/offer": NoteKind.OFFER, "team/late_tasks": NoteKind.REMINDER, "team/digest": NoteKind.DIGEST}
"""Template of a mail to a colleague -> what its note is about; mails about one task are tasks or reminders."""

KIND_OF_MESSAGE = """CASE WHEN m.kind = 'task' THEN CASE WHEN m.data ? 'reminder' THEN 'reminder' ELSE 'task' END
    ELSE CAST(:kinds AS jsonb) ->> m.template END"""

WANTED = f"""
FROM message m JOIN jsonb_to_recordset(CAST(:recipients AS jsonb)) AS r (channel text, address text, kind text)
  ON r.address = lower(m.to_address) AND r.kind = {KIND_OF_MESSAGE}
WHERE m.kind IN ('task', 'team') AND m.queued_at > CAST(:since AS timestamptz)
  AND (m.queued_at > CAST(:first_since AS timestamptz) OR EXISTS (SELECT FROM chat_note n WHERE n.channel = r.channel))
  AND NOT EXISTS (SELECT FROM chat_note n WHERE n.message_id = m.id AND n.channel = r.channel)
"""

HAS_WANTED = text(f"SELECT EXISTS (SELECT {WANTED})")

QUEUE = text(f"""
INSERT INTO chat_note (message_id, channel, created_at, due_at)
SELECT DISTINCT m.id, r.channel, CAST(:now AS timestamptz), CAST(:now AS timestamptz) {WANTED}
ON CONFLICT DO NOTHING
""")

NEXT = text("""
SELECT min(CASE state WHEN 'queued' THEN due_at ELSE handed_at + :abandoned END) FROM chat_note
WHERE state IN ('queued', 'sending')
""")

SET_ABANDONED = text("""
UPDATE chat_note SET state = 'unknown', reason = 'the process that posted it ended before an answer came'
WHERE state = 'sending' AND handed_at <= CAST(:now AS timestamptz) - :abandoned
""")

PRUNE = text("DELETE FROM chat_note WHERE state NOT IN ('queued', 'sending') AND created_at < :until")

CLAIM = text("""
UPDATE chat_note SET state = 'sending', handed_at = :now, tries = tries + 1
WHERE id = (SELECT id FROM chat_note WHERE state = 'queued' AND due_at <= :now AND channel <> ALL(:without)
            ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, message_id, channel, tries
""")

RECORD = text("""
UPDATE chat_note SET state = :state, reason = :reason, due_at = coalesce(:due_at, due_at),
                     sent_at = CASE WHEN :state = 'sent' THEN CAST(:now AS timestamptz) END
WHERE id = :id AND state = 'sending'
""")


def webhook_address(channel: str) -> str | None:
    """The address of a channel's webhook, which is a secret; None where nobody has set it."""
    return os.environ.get(f"TEND_CHAT_{channel.upper()}") or None


def next_note(connection: Connection, now: datetime) -> datetime | None:
    """When there is something to post; None without channels, or when nothing is in sight."""
    playbook = current_playbook(connection)
    if not playbook.chat:
        return None
    if connection.execute(HAS_WANTED, _wanted(playbook, now)).scalar():
        return now
    return connection.execute(NEXT, {"abandoned": ABANDONED_AFTER}).scalar()


def queue_notes(connection: Connection, playbook: Playbook, now: datetime) -> int:
    """Make notes of the mails to colleagues that have none yet, each once for each channel; gives how many are new.

    Notes whose sender has died become unknown, and old ones are deleted. The caller commits.
    """
    connection.execute(SET_ABANDONED, {"now": now, "abandoned": ABANDONED_AFTER})
    connection.execute(PRUNE, {"until": now - KEPT_FOR})
    return connection.execute(QUEUE, _wanted(playbook, now) | {"now": now}).rowcount


def claim_note(connection: Connection, now: datetime, without: Collection[str] = ()) -> Row[Any] | None:
    """The next note that is due, for the caller alone once it commits: `id`, `message_id`, `channel`, `tries`.

    Those of some channels are left for later.
    """
    return connection.execute(CLAIM, {"now": now, "without": list(without)}).one_or_none()


def record_note(
    connection: Connection,
    note: int,
    state: NoteState,
    now: datetime,
    *,
    reason: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Write down what came of a claimed note; `due_at` is for one that is tried again."""
    values = {"id": note, "state": state.value, "reason": reason, "due_at": due_at, "now": now}
    connection.execute(RECORD, values)


def retry_at(tries: int, now: datetime, asked: timedelta | None) -> datetime | None:
    """When a note that failed for now is tried again, not before the other side asks; None when it was enough."""
    if tries >= MOST_TRIES:
        return None
    pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    return now + max(pause, min(asked or pause, LONGEST_PAUSE))


def _wanted(playbook: Playbook, now: datetime) -> dict[str, Any]:
    recipients = [
        {"channel": name, "address": address, "kind": kind.value}
        for name, channel in playbook.chat.items()
        for address in _addresses(playbook, channel)
        for kind in channel.notes
    ]
    return {
        "recipients": to_json(recipients),
        "kinds": to_json(KINDS),
        "since": now - LOOK_BACK,
        "first_since": now - FIRST_LOOK_BACK,
    }


def _addresses(playbook: Playbook, channel: ChatChannel) -> Iterator[str]:
    wanted = set(channel.to)
    return (rep.email.lower() for team, rep in playbook.reps() if rep.email in wanted or team.name in wanted)
