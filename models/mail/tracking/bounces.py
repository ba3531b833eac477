"""Decides on bounces: a dead address suppresses its contact once it is clear that it is not one of many at once.

A bounce waits for `mail.bounces.decide_after`. When too many come together, marketing is paused, managers are mailed,
and nobody is suppressed before a person has looked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from models.events.emit import emit_from
from models.mail.suppression import lift_suppression, suppress
from models.mail.tracking.bounce_alert import pause_for_burst
from models.mail.tracking.bounce_bursts import LONGEST_WINDOW, STEP, Burst, HandedOver, find_bursts
from models.mail.tracking.bounce_meaning import BounceMeaning
from models.playbook import NoPlaybook, current_playbook
from models.playbook.mail import Bounces
from models.tables.contact import Suppression
from models.tables.mail_event import BounceDecision, MailEventKind

SOURCE = "mail"

SOFT_BOUNCE_LIMIT = 5
SOFT_BOUNCE_PERIOD = timedelta(days=14)
"""A full mailbox is emptied after a holiday; one that takes nothing for longer, mail after mail, is given up."""

DOMAIN = "split_part(coalesce(lower(e.raw ->> 'email'), contact.email), '@', 2)"
"""SQL: the domain that a refusal is about; that of the address written to, where the provider names it."""
IS_THEIRS = "coalesce(lower(e.raw ->> 'email') = contact.email, true)"
"""SQL: a refusal by an address that the contact no longer has says nothing about the one they have now."""

ANY_REFUSED = text("""
SELECT EXISTS (SELECT FROM mail_event WHERE id = ANY(:events) AND kind IN ('bounced', 'blocked', 'dropped'))
""")

WAIT_DEAD = text(f"""
UPDATE mail_event e SET meaning = 'dead address', decide_at = :decide_at
FROM message m JOIN contact ON contact.id = m.contact_id
WHERE e.id = ANY(:events) AND m.id = e.message_id AND m.kind IN ('marketing', 'transactional') AND {IS_THEIRS}
  AND (e.kind IN ('bounced', 'dropped') AND e.meaning = 'dead address' OR e.kind = 'bounced' AND e.meaning IS NULL)
  AND e.decision IS NULL
""")

WAIT_SOFT = text(f"""
-- Contacts whose mail has been refused for a long time, and to whom nothing was delivered meanwhile. What was refused
-- because of us, or of what was in it, says nothing about the mailbox.
WITH soft AS (
    SELECT m.contact_id FROM message m JOIN mail_event e ON e.message_id = m.id
    WHERE m.contact_id IN (SELECT m.contact_id FROM mail_event e JOIN message m ON m.id = e.message_id
                           WHERE e.id = ANY(:events) AND e.kind = 'blocked')
      AND m.kind IN ('marketing', 'transactional') AND e.kind = 'blocked'
      AND coalesce(e.meaning, 'unknown') IN ('unknown', 'unavailable')
      AND e.at > coalesce((SELECT max(delivered_at) FROM message d WHERE d.contact_id = m.contact_id), '-infinity')
    GROUP BY m.contact_id HAVING count(DISTINCT m.id) >= :limit AND max(e.at) - min(e.at) >= :period)
UPDATE mail_event e SET decide_at = :decide_at
FROM message m JOIN contact ON contact.id = m.contact_id
WHERE e.id = ANY(:events) AND m.id = e.message_id AND e.kind = 'blocked' AND {IS_THEIRS}
  AND m.contact_id IN (SELECT contact_id FROM soft) AND e.decision IS NULL
""")

REFUSALS = text(f"""
-- What is due, and what has just come in: a burst is to be noticed at once.
SELECT e.id, e.kind, e.meaning, e.decide_at <= :now AS is_due, e.at, m.contact_id,
       coalesce(m.handed_at, m.sent_at, m.queued_at) AS handed_at, {DOMAIN} AS domain,
       NOT {IS_THEIRS} OR EXISTS (SELECT FROM message d WHERE d.contact_id = m.contact_id
                                  AND greatest(d.delivered_at, d.opened_at, d.clicked_at) > e.at) AS is_kept
FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE m.kind IN ('marketing', 'transactional')
  AND (e.decide_at <= :now OR e.id = ANY(:events) AND e.meaning <> 'unavailable')
ORDER BY e.id
""")

HANDED_OVER = text("""
WITH refused AS (
    SELECT DISTINCT ON (message_id) message_id, meaning FROM mail_event
    WHERE meaning IS NOT NULL AND at >= :since AND message_id IS NOT NULL
    ORDER BY message_id, at)
SELECT date_bin(:step, m.handed_at, 'epoch') AS at, asked.domain, refused.meaning, count(*) AS mails
FROM message m JOIN contact ON contact.id = m.contact_id LEFT JOIN refused ON refused.message_id = m.id
LEFT JOIN unnest(CAST(:domains AS text[])) AS asked (domain)
          ON asked.domain = split_part(coalesce(m.to_address, contact.email), '@', 2)
WHERE m.handed_at BETWEEN :since AND :until AND m.kind IN ('marketing', 'transactional')
  AND m.state NOT IN ('queued', 'sending')
GROUP BY 1, 2, 3
""")

EMIT_BOUNCED = text(
    emit_from("""
SELECT DISTINCT ON (m.id) 'email_bounced', m.template, m.contact_id, 'mail', 'mail:' || e.key,
       jsonb_strip_nulls(jsonb_build_object('message', m.id, 'is_machine', false, 'reason', e.reason)), e.at
FROM mail_event e JOIN message m ON m.id = e.message_id
WHERE e.id = ANY(:events) AND e.kind = 'bounced' AND NOT EXISTS (
    SELECT FROM mail_event b WHERE b.message_id = m.id AND b.kind = 'bounced' AND b.decision = 'suppressed'
                               AND b.id <> ALL(:events))
ORDER BY m.id, e.at
""")
)

DECIDE = text("UPDATE mail_event SET decision = :decision, decide_at = NULL WHERE id = ANY(:events)")

SUPPRESSED_IN = text(f"""
SELECT e.id, m.contact_id FROM mail_event e JOIN message m ON m.id = e.message_id
JOIN contact ON contact.id = m.contact_id
WHERE e.decision = 'suppressed' AND e.meaning = :meaning AND e.at >= :since
  AND m.handed_at >= :since AND m.handed_at < :until AND (CAST(:domain AS text) IS NULL OR {DOMAIN} = :domain)
  AND contact.suppressed = 'bounced'
""")

LAST_RESUMED = text("SELECT max(ended_at) FROM sending_pause WHERE scope = 'marketing'")

NEXT_DUE = text("SELECT min(decide_at) FROM mail_event WHERE decide_at IS NOT NULL")

HELD = text(f"""
SELECT e.id FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE e.decision = 'held' AND {DOMAIN} = ANY(:domains) ORDER BY e.id FOR UPDATE OF e
""")
CONTACTS = text("""
SELECT DISTINCT m.contact_id FROM mail_event e JOIN message m ON m.id = e.message_id
WHERE e.id = ANY(:events) AND m.contact_id IS NOT NULL ORDER BY 1
""")


def next_decision_due(connection: Connection) -> datetime | None:
    """When the next bounce is to be decided on; None when none waits."""
    return connection.execute(NEXT_DUE).scalar()


def decide_bounces(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Let these events wait, if they are bounces, and decide on those that have waited for long enough. The caller has
    locked the processing of mail events.
    """
    due = next_decision_due(connection)
    if (due is None or due > now) and not connection.execute(ANY_REFUSED, {"events": list(events)}).scalar():
        return
    terms = _terms(connection)
    _let_wait(connection, events, now + terms.decide_after)
    refusals = connection.execute(REFUSALS, {"events": list(events), "now": now}).all()
    if not refusals:
        return
    handed_over = _handed_over(connection, refusals)
    bursts = find_bursts(handed_over, terms.at_least, terms.share)
    _pause(connection, handed_over, terms, now)
    _lift(connection, bursts, now)
    _decide(connection, [one for one in refusals if one.is_due], bursts, now)


def suppress_held(connection: Connection, domains: Sequence[str], now: datetime, by: str) -> int:
    """A person says that the addresses of these domains that are held are dead; gives how many contacts are suppressed.
    The caller commits.
    """
    held = connection.scalars(HELD, {"domains": list(domains)}).all()
    return _suppress(connection, held, now, {"by": by})


def keep_held(connection: Connection, domains: Sequence[str]) -> int:
    """A person says that the addresses of these domains that are held are not to blame; gives how many. The caller
    commits.

    Their next mail shows who of them is there.
    """
    held = connection.scalars(HELD, {"domains": list(domains)}).all()
    connection.execute(DECIDE, {"events": held, "decision": BounceDecision.KEPT})
    return len(held)


def _terms(connection: Connection) -> Bounces:
    """As the playbook says; before there is one, as it would without saying anything."""
    try:
        return current_playbook(connection).mail.bounces
    except NoPlaybook:
        return Bounces()


def _let_wait(connection: Connection, events: Sequence[int], decide_at: datetime) -> None:
    about = {"events": list(events), "decide_at": decide_at}
    connection.execute(WAIT_DEAD, about)
    connection.execute(WAIT_SOFT, about | {"limit": SOFT_BOUNCE_LIMIT, "period": SOFT_BOUNCE_PERIOD})


def _handed_over(connection: Connection, refusals: Sequence[Row[Any]]) -> list[HandedOver]:
    """What was handed over around the mails that were refused."""
    moments = [row.handed_at for row in refusals]
    about = {"since": min(moments) - LONGEST_WINDOW, "until": max(moments) + LONGEST_WINDOW, "step": STEP}
    rows = connection.execute(HANDED_OVER, about | {"domains": sorted({row.domain for row in refusals})})
    return [HandedOver(row.at, row.domain, row.meaning and BounceMeaning(row.meaning), row.mails) for row in rows]


def _pause(connection: Connection, handed_over: Sequence[HandedOver], terms: Bounces, now: datetime) -> None:
    """Pause marketing for a burst of today. What came before a person let it go on again does not count."""
    resumed = connection.execute(LAST_RESUMED).scalar()
    since = max(now - LONGEST_WINDOW, resumed) if resumed else now - LONGEST_WINDOW
    recent = [row for row in handed_over if row.at >= since]
    bursts = find_bursts(recent, terms.at_least, terms.share)
    if worst := next((one for one in bursts if one.meaning is not BounceMeaning.UNAVAILABLE), None):
        pause_for_burst(connection, worst, now)


def _lift(connection: Connection, bursts: Sequence[Burst], now: datetime) -> None:
    """What was suppressed before a burst was known as one is held like the rest of it."""
    for burst in bursts:
        if burst.meaning is not BounceMeaning.DEAD_ADDRESS:
            continue
        about = {"meaning": burst.meaning, "domain": burst.domain, "since": burst.since, "until": burst.until + STEP}
        if rows := connection.execute(SUPPRESSED_IN, about).all():
            contacts = sorted({row.contact_id for row in rows})
            reason = {"reason": "many addresses were refused at once, so it is not clear that this one is dead"}
            lift_suppression(connection, contacts, [Suppression.BOUNCED], now, SOURCE, reason)
            connection.execute(DECIDE, {"events": [row.id for row in rows], "decision": BounceDecision.HELD})


def _decide(connection: Connection, due: Sequence[Row[Any]], bursts: Sequence[Burst], now: datetime) -> None:
    decided: dict[BounceDecision, list[int]] = {one: [] for one in BounceDecision}
    for row in due:
        decided[_decision(row, bursts)].append(row.id)
    for decision in (BounceDecision.HELD, BounceDecision.KEPT):
        if decided[decision]:
            connection.execute(DECIDE, {"events": decided[decision], "decision": decision})
    suppressed = set(decided[BounceDecision.SUPPRESSED])
    soft = [row.id for row in due if row.id in suppressed and row.kind == MailEventKind.BLOCKED]
    _suppress(connection, sorted(suppressed - set(soft)), now)
    reason = f"{SOFT_BOUNCE_LIMIT} mails or more were refused in {SOFT_BOUNCE_PERIOD.days} days, and none arrived"
    _suppress(connection, soft, now, {"reason": reason})


def _decision(row: Row[Any], bursts: Sequence[Burst]) -> BounceDecision:
    if row.is_kept:
        return BounceDecision.KEPT
    meaning = BounceMeaning(row.meaning or BounceMeaning.UNKNOWN)
    if not any(burst.contains(meaning, row.domain, row.handed_at) for burst in bursts):
        return BounceDecision.SUPPRESSED
    # A mail server that is down for weeks comes back; its next refusals are looked at again.
    return BounceDecision.KEPT if row.kind == MailEventKind.BLOCKED else BounceDecision.HELD


def _suppress(connection: Connection, events: Sequence[int], now: datetime, data: dict[str, Any] | None = None) -> int:
    """Suppress the contacts of these refusals; gives for how many that is new."""
    if not events:
        return 0
    connection.execute(EMIT_BOUNCED, {"events": list(events), "now": now})
    connection.execute(DECIDE, {"events": list(events), "decision": BounceDecision.SUPPRESSED})
    contacts = connection.scalars(CONTACTS, {"events": list(events)}).all()
    return suppress(connection, contacts, Suppression.BOUNCED, now, SOURCE, data)
