"""The outbox in SQL: claims messages for one sender, loads what their templates use, writes back results, resolves
orphans of dead senders.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, text

from blocks.mailer import Mailer
from models import MessageState
from models.access.work_link import REP_OF_TASK
from models.mail.claim import ClaimedBatch, claim_messages, has_due
from models.mail.rendering.contact_data import CONTACT, FORM, NEWEST_FORM, NEWEST_REPLY
from models.mail.rules import MailRules
from models.response.first_contact import CONVERSATION_OUTCOMES

ANY_SENDING = text("SELECT EXISTS (SELECT FROM message WHERE state = 'sending')")

# A sender keeps its advisory lock for as long as it lives, so whoever gets that lock knows that it is gone. Each
# delivery draws a new key, so a lock that is free once stays free.
ORPHANS = text("""
    WITH sender AS MATERIALIZED (SELECT DISTINCT sending_by AS lock FROM message WHERE state = 'sending'),
         gone AS MATERIALIZED (SELECT lock FROM sender WHERE pg_try_advisory_xact_lock(lock))
    SELECT id, key FROM message WHERE state = 'sending' AND sending_by IN (SELECT lock FROM gone) FOR UPDATE
""")

# A task is mailed to whoever does it, so `owner` is that salesperson.
SELECT_MESSAGES = text(f"""
    SELECT message.id AS message_id, message.key, message.kind, message.template, message.data,
           message.queued_at,
           coalesce(message.to_address, contact.email) AS to_address,
           -- Offers must not give away whom they are about.
           CASE message.kind WHEN 'team' THEN '{{}}' ELSE {CONTACT} END AS contact,
           to_jsonb(rep) || jsonb_build_object('zone', coalesce(rep.time_zone, team.time_zone)) AS owner,
           to_jsonb(task) AS task, task.due_at,
           -- Whoever the task went to has a mail of their own, and links that are theirs alone.
           task.done_at IS NOT NULL OR task.closed_at IS NOT NULL
               OR (message.kind = 'task' AND lower(task.assignee) <> lower(message.to_address)) AS task_over,
           message.subject_template, report.answers, to_jsonb(reply) AS reply,
           offer.answer IS NOT NULL AS offer_over, offer.expires_at AS offer_expires_at,
           {FORM} AS form
    FROM message
    LEFT JOIN contact ON contact.id = message.contact_id
    LEFT JOIN task ON task.id = message.task_id
    LEFT JOIN offer ON message.template = 'team/offer' AND offer.id = CAST(message.data ->> 'offer' AS bigint)
    -- Nobody is written to in the name of somebody who has left.
    LEFT JOIN rep ON message.kind <> 'team' AND rep.id = coalesce({REP_OF_TASK}, contact.owner_id)
      AND (rep.active OR message.kind = 'task')
    LEFT JOIN team ON team.id = rep.team_id
    LEFT JOIN LATERAL {NEWEST_FORM} form ON message.kind <> 'team'
    -- What the salesperson reported last, on this run if they did. A talk reported without answers counts too, so that
    -- nobody reads of an older one again.
    LEFT JOIN LATERAL (
        SELECT answers FROM task t
        WHERE message.kind <> 'team' AND t.contact_id = contact.id AND t.done_at IS NOT NULL AND t.emit_at IS NULL
          AND (t.answers <> '{{}}' OR t.form <> '[]' AND t.outcome LIKE ANY(:spoke))
        ORDER BY t.run_id = message.run_id DESC NULLS LAST, t.done_at DESC, t.id DESC LIMIT 1
    ) report ON true
    LEFT JOIN LATERAL {NEWEST_REPLY} reply ON message.kind <> 'team'
    WHERE message.id = ANY(:ids) ORDER BY message.id
""").bindparams(spoke=[f"{word}%" for word in CONVERSATION_OUTCOMES])

# In one statement, because it is made for each email: the results that are known, and the email that goes out next.
# A sender that was taken for dead may still write a result, which is better than none: hence `unknown`. But it hands
# nothing over any more.
RECORD = text("""
    WITH results AS (
        UPDATE message SET state = result.state, subject = coalesce(result.subject, message.subject),
               provider_id = result.provider_id, reason = result.reason, sending_by = NULL,
               first_due_at = CASE WHEN result.due_at IS NULL THEN message.first_due_at
                            ELSE coalesce(message.first_due_at, greatest(message.due_at, message.queued_at)) END,
               due_at = coalesce(result.due_at, message.due_at),
               handed_at = CASE WHEN result.state <> 'queued' THEN message.handed_at END,
               sent_at = CASE result.state WHEN 'sent' THEN result.at END,
               redirected_to = result.redirected_to
        FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:subjects AS text[]),
                    CAST(:provider_ids AS text[]), CAST(:reasons AS text[]), CAST(:due_ats AS timestamptz[]),
                    CAST(:ats AS timestamptz[]), CAST(:redirections AS text[]))
             AS result (id, state, subject, provider_id, reason, due_at, at, redirected_to)
        WHERE message.id = result.id AND message.state IN ('sending', 'unknown') AND message.sending_by = :sender
    )
    UPDATE message SET is_handed_over = true, handed_at = :now, redirected_to = :redirected_to
    WHERE id = :begun AND state = 'sending' AND sending_by = :sender RETURNING id
""")

WITHDRAW = text("""
    UPDATE message SET is_handed_over = false WHERE id = :id AND state = 'sending' AND sending_by = :sender
""")

# Refused one after another, so that it is not about them.
REQUEUE_REFUSED = text("""
    UPDATE message SET state = 'queued', reason = :reason, handed_at = NULL WHERE id = ANY(:ids) AND state = 'failed'
""")

# What the mailer can find has arrived. What was not handed over when its sender died has not gone out.
UPDATE_ORPHANS = text("""
    UPDATE message SET state = found.state, sent_at = CASE found.state WHEN 'sent' THEN message.handed_at END,
           reason = CASE found.state WHEN 'unknown' THEN :reason END,
           handed_at = CASE WHEN found.state <> 'queued' THEN message.handed_at END
    FROM (SELECT id, CASE WHEN key = ANY(:arrived) THEN 'sent' WHEN is_handed_over THEN 'unknown' ELSE 'queued' END
          FROM message WHERE id = ANY(:ids)) AS found (id, state)
    WHERE message.id = found.id
    RETURNING found.state
""")
INTERRUPTED = "the process that was handing this over ended before an answer came; it may have gone out"


@dataclass(frozen=True, kw_only=True)
class MessageUpdate:
    """The result of one message, to be written to its row."""

    message_id: int
    state: MessageState
    reason: str | None = None
    subject: str | None = None
    provider_id: str | None = None
    due_at: datetime | None = None
    """When it is tried again, if only this one has to wait."""
    at: datetime | None = None
    """When the result was known; needed for `sent` alone."""
    redirected_to: str | None = None
    """The test address that it went to instead of its receiver."""


@dataclass(frozen=True)
class Sender:
    """One delivery run, with the advisory lock by which others see that its process lives.

    What is handed over is written on the connection that has the lock: whoever has lost the lock hands nothing over.
    """

    engine: Engine
    lock: int
    connection: Connection

    def has_due(self, now: datetime) -> bool:
        """Whether a queued message is due now."""
        with self.engine.connect() as connection:
            return has_due(connection, now)

    def claim(self, rules: MailRules, now: datetime, *, size: int, max_sends: int) -> ClaimedBatch:
        """Decide about up to `size` due messages; up to `max_sends` of them become `sending`, for this sender alone."""
        with self.engine.begin() as connection:
            return claim_messages(connection, rules, now, sender=self.lock, size=size, max_sends=max_sends)

    def load(self, ids: Sequence[int]) -> Sequence[RowMapping]:
        """Messages with all values that their templates may use."""
        with self.engine.connect() as connection:
            return connection.execute(SELECT_MESSAGES, {"ids": list(ids)}).mappings().all()

    def record(
        self, updates: Sequence[MessageUpdate], begun: int | None, now: datetime, redirected_to: str | None = None
    ) -> bool:
        """Write results of messages that this sender has claimed, and that `begun` is handed over from now on, to the
        address `redirected_to` if not to its receiver.

        Gives whether `begun` may be handed over. One thread at a time.
        """
        about = _columns(updates) | {"begun": begun, "now": now, "sender": self.lock, "redirected_to": redirected_to}
        return self.connection.execute(RECORD, about).first() is not None

    def record_apart(self, updates: Sequence[MessageUpdate]) -> None:
        """Write results on another connection: the sender's own was lost, or is another thread's to use."""
        about = _columns(updates) | {"begun": None, "now": None, "sender": self.lock, "redirected_to": None}
        with self.engine.begin() as connection:
            connection.execute(RECORD, about)

    def withdraw(self, message_id: int) -> None:
        """A message that was begun has not gone out, as the provider said."""
        self.connection.execute(WITHDRAW, {"id": message_id, "sender": self.lock})

    def requeue_refused(self, ids: Sequence[int], reason: str) -> int:
        """Queue messages again that have failed, because the provider refuses all mail alike; gives how many."""
        return self.connection.execute(REQUEUE_REFUSED, {"ids": list(ids), "reason": reason}).rowcount


def _columns(updates: Sequence[MessageUpdate]) -> dict[str, Any]:
    return {
        "ids": [one.message_id for one in updates],
        "states": [str(one.state) for one in updates],
        "subjects": [one.subject for one in updates],
        "provider_ids": [one.provider_id for one in updates],
        "reasons": [one.reason for one in updates],
        "due_ats": [one.due_at for one in updates],
        "ats": [one.at for one in updates],
        "redirections": [one.redirected_to for one in updates],
    }


@contextmanager
def open_sender(engine: Engine) -> Iterator[Sender]:
    """Opens a Sender: a dedicated connection keeps its advisory lock until the block ends."""
    lock = secrets.randbits(63)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": lock})
        try:
            yield Sender(engine, lock, connection)
        finally:
            # The connection goes back to the pool, which would keep the lock. One that was lost has lost it, too.
            if not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})


def has_work(connection: Connection, now: datetime) -> bool:
    """Whether a message is due, or may have been left `sending` by a dead sender; cheap, for asking often."""
    return has_due(connection, now) or bool(connection.scalar(ANY_SENDING))


def resolve_orphans(engine: Engine, mailer: Mailer) -> int:
    """Messages whose sender died: unknown if they were being handed over, sent if the mailer finds them, else queued.

    Gives how many are unknown.
    """
    with engine.begin() as connection:
        orphans = connection.execute(ORPHANS).all()
        if not orphans:
            return 0
        arrived = mailer.find_accepted([orphan.key for orphan in orphans])
        about = {"ids": [orphan.id for orphan in orphans], "arrived": list(arrived or ()), "reason": INTERRUPTED}
        return connection.execute(UPDATE_ORPHANS, about).scalars().all().count(MessageState.UNKNOWN)
