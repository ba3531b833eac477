"""The hottest leads, and the contacts who have been silent for longest."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text

from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.tables.event import CONTACT_ACTION

UNOWNED = 0
"""As the number of an owner: contacts without one."""

_OWNER_MATCHES = "(CAST(:owner AS bigint) IS NULL OR coalesce(owner_id, 0) = :owner)"
_IS_HOT = f"score >= :score AND (:customers OR stage <> 'customer') AND {_OWNER_MATCHES}"

HOT_COUNT = text(f"SELECT count(*) FROM contact WHERE {_IS_HOT}")

HOT = text(f"""
-- The page first, then what is to be said of those on it; without a limit all of them. The reason is the rule, or the
-- journey's words, that makes up most of the score today.
WITH hot AS MATERIALIZED (
    SELECT * FROM contact WHERE {_IS_HOT} ORDER BY score DESC, id DESC LIMIT :most OFFSET :skip
)
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company,
       contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone, contact.stage,
       contact.mql_level, contact.score, contact.probability, contact.suppressed, rep.name AS owner,
       last_action.at AS last_action_at, last_action.name AS last_action, main.reason AS main_reason,
       task.id AS task_id, task.name AS task, task.due_at AS task_due_at
FROM hot AS contact
LEFT JOIN rep ON rep.id = contact.owner_id
LEFT JOIN LATERAL (
    SELECT at, name FROM event WHERE contact_id = contact.id AND {CONTACT_ACTION} ORDER BY at DESC LIMIT 1
) last_action ON true
LEFT JOIN LATERAL (
    SELECT coalesce(rule, reason) AS reason FROM score_entry
    WHERE contact_id = contact.id AND withdrawn_at IS NULL
    GROUP BY rule, coalesce(rule, reason)
    ORDER BY least(
        sum(points * CASE WHEN decays THEN power(CAST(:kept AS float8), greatest(:today - day, 0)) ELSE 1 END),
        CAST(CAST(:caps AS jsonb) ->> rule AS float8)
    ) DESC, 1 LIMIT 1
) main ON true
LEFT JOIN LATERAL (
    SELECT id, name, due_at FROM task WHERE contact_id = contact.id AND done_at IS NULL AND closed_at IS NULL
    ORDER BY due_at LIMIT 1
) task ON true
ORDER BY contact.score DESC, contact.id DESC
""")

COLD = text(f"""
-- Contacts whom we may mail and who have done nothing since :until, the longest silent first. Who never did anything is
-- silent since they came.
WITH silent AS MATERIALIZED (
    SELECT contact.id, coalesce(last_action.at, contact.created_at) AS since
    FROM contact LEFT JOIN LATERAL (
        SELECT at FROM event WHERE contact_id = contact.id AND {CONTACT_ACTION} ORDER BY at DESC LIMIT 1
    ) last_action ON true
    WHERE email IS NOT NULL AND suppressed IS NULL AND {_OWNER_MATCHES}
      AND coalesce(last_action.at, contact.created_at) < :until
), shown AS MATERIALIZED (
    SELECT * FROM silent ORDER BY since, id LIMIT :most OFFSET :skip
)
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company, contact.email, {PHONE_TO_DIAL} AS phone, contact.stage,
       contact.score, rep.name AS owner, last_action.name AS last_action, shown.since,
       CAST(:now AS date) - CAST(shown.since AS date) AS days,
       mails.count AS mails, (SELECT count(*) FROM silent) AS total
FROM shown JOIN contact ON contact.id = shown.id
LEFT JOIN rep ON rep.id = contact.owner_id
LEFT JOIN LATERAL (
    SELECT name FROM event WHERE contact_id = contact.id AND {CONTACT_ACTION} ORDER BY at DESC LIMIT 1
) last_action ON true
CROSS JOIN LATERAL (
    SELECT count(*) FROM message WHERE contact_id = contact.id AND state = 'sent' AND sent_at > shown.since
      AND kind IN ('marketing', 'transactional')
) mails
ORDER BY shown.since, shown.id
""")

OWNERS = text("""
-- Whom the lists can be narrowed to.
SELECT id, name FROM rep WHERE active OR EXISTS (SELECT FROM contact WHERE owner_id = rep.id) ORDER BY name, id
""")


@dataclass(frozen=True)
class HotLead:
    """A contact on the hot list."""

    id: int
    who: str
    company: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    stage: str
    mql_level: int | None
    score: Decimal
    probability: Decimal | None
    suppressed: str | None
    owner: str | None
    last_action_at: datetime | None
    last_action: str | None
    main_reason: str | None
    task_id: int | None
    task: str | None
    task_due_at: datetime | None


@dataclass(frozen=True)
class ColdContact:
    """A contact on the cold list."""

    id: int
    who: str
    company: str | None
    email: str
    phone: str | None
    stage: str
    score: Decimal
    owner: str | None
    last_action: str | None
    """What they did last; null when they never did anything."""
    since: datetime
    days: int
    mails: int
    """Sent to them since."""
    total: int
