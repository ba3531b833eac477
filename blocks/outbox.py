"""The outbox in SQL: claims messages for one sender, loads what their templates use, writes back results, resolves
orphans of dead senders.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, text

from blocks.mailer import Mailer
from models import MessageState
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
           coalesce(message.to_address, contact.email) AS to_address,
           -- Offers must not give away whom they are about.
           CASE message.kind WHEN 'team' THEN '{{}}' ELSE {CONTACT} END AS contact,
           to_jsonb(rep) AS owner, to_jsonb(task) AS task, task.due_at,
           task.done_at IS NOT NULL OR task.closed_at IS NOT NULL AS task_over,
           message.subject_template, report.answers, to_jsonb(reply) AS reply,
           offer.answer IS NOT NULL AS offer_over, offer.expires_at AS offer_expires_at,
           {FORM} AS form
    FROM message
    LEFT JOIN contact ON contact.id = message.contact_id
    LEFT JOIN task ON task.id = message.task_id
    LEFT JOIN offer ON message.template = 'team/offer' AND offer.id = CAST(message.data ->> 'offer' AS bigint)
    -- Nobody is written to in the name of somebody who has left.
    LEFT JOIN rep ON message.kind <> 'team' AND rep.id = coalesce(task.rep_id, contact.owner_id)
      AND (rep.active OR message.kind = 'task')
    LEFT JOIN LATERAL {NEWEST_FORM} form ON message.kind <> 'team'
    -- What the salesperson reported last, on this run if they did. A talk reported without answers counts too, so that
    -- nobody reads of an older one again.
    LEFT JOIN LATERAL (
        SELECT answers FROM task t
        WHERE message.kind <> 'team' AND t.contact_id = contact.id AND t.done_at IS NOT NULL
          AND (t.answers <> '{{}}' OR t.form <> '[]' AND t.outcome LIKE ANY(:spoke))
        ORDER BY t.run_id = message.run_id DESC NULLS LAST, t.done_at DESC, t.id DESC LIMIT 1
    ) report ON true
    LEFT JOIN LATERAL {NEWEST_REPLY} reply ON message.kind <> 'team'
    WHERE message.id = ANY(:ids) ORDER BY message.id
""").bindparams(spoke=[f"{word}%" for word in CONVERSATION_OUTCOMES])

# A sender that was taken for dead may still write a result, which is better than none: hence `unknown`.
UPDATE_MESSAGES = text("""
    UPDATE message SET state = result.state, subject = coalesce(result.subject, message.subject),
           provider_id = result.provider_id, reason = result.reason, sending_by = NULL,
           first_due_at = CASE WHEN result.due_at IS NULL THEN message.first_due_at
                        ELSE coalesce(message.first_due_at, greatest(message.due_at, message.queued_at)) END,
           due_at = coalesce(result.due_at, message.due_at),
           handed_at = CASE WHEN result.state <> 'queued' THEN message.handed_at END,
           sent_at = CASE result.state WHEN 'sent' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:subjects AS text[]),
                CAST(:provider_ids AS text[]), CAST(:reasons AS text[]), CAST(:due_ats AS timestamptz[]))
         AS result (id, state, subject, provider_id, reason, due_at)
    WHERE message.id = result.id AND message.state IN ('sending', 'unknown') AND message.sending_by = :sender
""")

UPDATE_ORPHANS = text("""
    UPDATE message SET state = CASE WHEN key = ANY(:arrived) THEN 'sent' ELSE :otherwise END,
           sent_at = CASE WHEN key = ANY(:arrived) THEN CAST(:now AS timestamptz) END,
           reason = CASE WHEN key = ANY(:arrived) THEN NULL ELSE :reason END,
           handed_at = CASE WHEN key = ANY(:arrived) OR :otherwise <> 'queued' THEN handed_at END
    WHERE id = ANY(:ids)
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


@dataclass(frozen=True)
class Sender:
    """One delivery run, with the advisory lock by which others see that its process lives."""

    engine: Engine
    lock: int

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

    def update(self, updates: Sequence[MessageUpdate], now: datetime) -> None:
        """Write the results of messages that this sender has claimed."""
        columns = {
            "ids": [one.message_id for one in updates],
            "states": [str(one.state) for one in updates],
            "subjects": [one.subject for one in updates],
            "provider_ids": [one.provider_id for one in updates],
            "reasons": [one.reason for one in updates],
            "due_ats": [one.due_at for one in updates],
        }
        with self.engine.begin() as connection:
            connection.execute(UPDATE_MESSAGES, columns | {"sender": self.lock, "now": now})


@contextmanager
def open_sender(engine: Engine) -> Iterator[Sender]:
    """Opens a Sender: a dedicated connection keeps its advisory lock until the block ends."""
    lock = secrets.randbits(63)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": lock})
        try:
            yield Sender(engine, lock)
        finally:
            # The connection goes back to the pool, which would keep the lock.
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})


def has_work(connection: Connection, now: datetime) -> bool:
    """Whether a message is due, or may have been left `sending` by a dead sender; cheap, for asking often."""
    return has_due(connection, now) or bool(connection.scalar(ANY_SENDING))


def resolve_orphans(engine: Engine, mailer: Mailer, now: datetime) -> int:
    """Messages whose sender died become unknown; where the mailer can look, sent if they arrived and queued if not."""
    with engine.begin() as connection:
        orphans = connection.execute(ORPHANS).all()
        if not orphans:
            return 0
        arrived = mailer.find_accepted([orphan.key for orphan in orphans])
        otherwise = MessageState.UNKNOWN if arrived is None else MessageState.QUEUED
        answer = {
            "ids": [orphan.id for orphan in orphans],
            "arrived": list(arrived or ()),
            "otherwise": str(otherwise),
            "reason": INTERRUPTED if arrived is None else None,
            "now": now,
        }
        connection.execute(UPDATE_ORPHANS, answer)
    return len(orphans) if arrived is None else 0
