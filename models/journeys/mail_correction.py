"""Corrects what an inbound mail was taken for: undoes what followed from that, and does what should have followed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list
from models.events.emit import withhold
from models.journeys.runs import end_runs, lock_open_runs
from models.mail.inbound.effects import EFFECTS, Effect, StoredMail, bring_about, stored_mail, take_back_opt_out
from models.mail.suppression import lift_suppression, suppress
from models.playbook import current_playbook
from models.scoring.withdraw import withdraw_points
from models.tables.contact import Suppression
from models.tables.inbound_mail import FOR_PEOPLE, InboundKind
from models.tasks.requests import close_requests

SOURCE = "inbound"

WHOSE = text("SELECT contact_id FROM inbound_mail WHERE id = :id")

LOCK_MAIL = text("SELECT kind, contact_id FROM inbound_mail WHERE id = :id FOR UPDATE")

CORRECTIONS = text("SELECT count(*) FROM inbound_correction WHERE inbound_id = :id")

CORRECT = text("""
-- From nobody we know, what a person wrote waits to be assigned.
UPDATE inbound_mail SET kind = :kind, reason = :reason,
    reviewed_at = CASE WHEN contact_id IS NOT NULL THEN reviewed_at WHEN :for_people THEN NULL
                       ELSE CAST(:now AS timestamptz) END
WHERE id = :id
""")

NOTE = text("""
INSERT INTO inbound_correction (inbound_id, taken_for, kind, by, at) VALUES (:id, :taken_for, :kind, :by, :now)
""")

REQUESTS_OF_MAIL = text("""
SELECT id FROM event
WHERE contact_id = :contact AND name = ANY(:names) AND source = 'inbound' AND data ->> 'inbound' = CAST(:id AS text)
""")

RUNS_OF_EVENTS = text("""
SELECT id FROM journey_run r
WHERE r.contact_id = :contact AND r.ended_at IS NULL
  AND r.key = ANY(SELECT 'event:' || one FROM unnest(CAST(:events AS bigint[])) AS one)
""")

DISARM_BOUNCE = text("""
-- What was not processed yet changes nothing when it is; what waits to be decided on, or is held, suppresses nobody,
-- and is none of many at once.
UPDATE mail_event SET kind = CASE WHEN processed_at IS NULL THEN 'other' ELSE kind END,
                      meaning = NULL, decide_at = NULL, decision = 'kept'
WHERE key = :key
""")

OTHER_BOUNCES = text("""
SELECT EXISTS (SELECT FROM mail_event e JOIN message m ON m.id = e.message_id
               WHERE m.contact_id = :contact AND e.kind = 'bounced' AND e.key <> :key
                 AND e.decision IS DISTINCT FROM 'kept')
""")

NAMES = {Effect.REPLY: "replied", Effect.PRIVACY: "privacy_requested"}


class NoSuchMail(LookupError):
    """There is no inbound mail of this number."""


def correct_kind(connection: Connection, number: int, kind: InboundKind, by: str, now: datetime) -> bool:
    """Say that a mail is of another kind than it was taken for. False when it is of that kind already.

    What followed from the old kind is undone where that is possible: an opt-out, points, the task to answer. A journey
    that has gone on meanwhile stays where it is. What follows from the new kind is done, once. It is recorded who said
    so. The caller commits. Raises NoSuchMail.
    """
    contact = connection.execute(WHOSE, {"id": number}).one_or_none()
    if contact is None:
        raise NoSuchMail(f"There is no mail {number}. The list of replies has those that are.")
    # Runs are locked before contacts, as everywhere.
    if contact.contact_id is not None:
        lock_open_runs(connection, [contact.contact_id])
    taken_for = InboundKind(connection.execute(LOCK_MAIL, {"id": number}).one().kind)
    if taken_for is kind:
        return False
    nth = connection.execute(CORRECTIONS, {"id": number}).scalar_one() + 1
    gone, new = EFFECTS[taken_for] - EFFECTS[kind], EFFECTS[kind] - EFFECTS[taken_for]
    _undo(connection, stored_mail(connection, number), gone, now)
    about = {"id": number, "kind": str(kind), "now": now}
    reason = f"{by} said so; it was taken for: {taken_for}"
    connection.execute(CORRECT, about | {"reason": reason, "for_people": kind in FOR_PEOPLE})
    connection.execute(NOTE, about | {"taken_for": str(taken_for), "by": by})
    mail = stored_mail(connection, number)
    noted = new | (EFFECTS[kind] & {Effect.NOTED})
    bring_about(connection, mail, noted, now, key=f"inbound:{number}:{nth}")
    if Effect.DEAD_ADDRESS in new and mail.contact_id is not None:
        suppress(connection, [mail.contact_id], Suppression.BOUNCED, now, SOURCE, {"inbound": number})
    return True


def _undo(connection: Connection, mail: StoredMail, effects: frozenset[Effect], now: datetime) -> None:
    if mail.contact_id is None:
        return
    names = [NAMES[effect] for effect in effects if effect in NAMES]
    if names:
        _take_back_requests(connection, mail, mail.contact_id, names, now)
    if Effect.OPT_OUT in effects:
        take_back_opt_out(connection, mail, now)
    if Effect.DEAD_ADDRESS in effects:
        _take_back_bounce(connection, mail, mail.contact_id, now)


def _take_back_requests(
    connection: Connection, mail: StoredMail, contact: int, names: Sequence[str], now: datetime
) -> None:
    """Nobody has to answer it, and it earns nothing."""
    asked = {"contact": contact, "names": list(names), "id": mail.id}
    events = list(connection.execute(REQUESTS_OF_MAIL, asked).scalars())
    withhold(connection, events, now)
    runs = connection.execute(RUNS_OF_EVENTS, {"contact": contact, "events": id_list(events)}).scalars().all()
    end_runs(connection, runs, "was no reply", now)
    close_requests(connection, events, now)
    withdraw_points(connection, current_playbook(connection), events, [contact], now)


def _take_back_bounce(connection: Connection, mail: StoredMail, contact: int, now: datetime) -> None:
    key = f"inbound:{mail.key}"
    connection.execute(DISARM_BOUNCE, {"key": key})
    if not connection.execute(OTHER_BOUNCES, {"contact": contact, "key": key}).scalar():
        lift_suppression(connection, [contact], [Suppression.BOUNCED], now, SOURCE, {"inbound": mail.id})
