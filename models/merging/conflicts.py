"""Identity conflicts: a lead gave one contact an identifier that another one holds, and a person says whose it is."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, text

from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.mail.suppression import lift_suppression, suppress
from models.merging.duplicates import say_two_people
from models.tables.contact import Suppression
from models.tables.identifier import IdentifierKind

CONFLICT = text("SELECT * FROM identity_conflict WHERE id = :conflict")

DECIDE = text("""
UPDATE identity_conflict SET decided_at = :now, decided_by = :by, decision = :decision
WHERE id = :conflict AND decided_at IS NULL RETURNING id
""")

MOVE_IDENTIFIER = text("""
UPDATE identifier SET contact_id = :contact, last_seen_at = :now
WHERE contact_id = :held_by AND kind = :kind AND value = :value RETURNING id
""")

OTHER_EMAIL = """(SELECT value FROM identifier WHERE contact_id = :held_by AND kind = 'email' AND value <> :value
    ORDER BY last_seen_at DESC, id DESC LIMIT 1)"""
"""SQL: the address that the holder gave last beside this one; null without one."""

TAKE_EMAIL = text(f"""
UPDATE contact SET email = {OTHER_EMAIL}, updated_at = :now WHERE id = :held_by AND email = :value
RETURNING email, suppressed
""")

GIVE_EMAIL = text("UPDATE contact SET email = :value, updated_at = :now WHERE id = :contact")

EMAIL_OF = text("SELECT email FROM contact WHERE id = :contact")


class ConflictDecision(StrEnum):
    """What a person says about a conflict of two people. That they are one person is said by merging them."""

    STAYS = "stays with who holds it"
    MOVES = "belongs to the other one now"


def decide_conflict(
    connection: Connection, conflict_id: int, decision: ConflictDecision, by: str, now: datetime
) -> bool:
    """Decide an open conflict; False when somebody has done so already, or it is not there. The caller commits.

    An email that moves becomes the one that its new holder is written to. Both timelines say so, and the two are not
    listed as likely duplicates again.
    """
    conflict = connection.execute(CONFLICT, {"conflict": conflict_id}).one_or_none()
    if conflict is None:
        return False
    lock_contacts(connection, [conflict.contact_id, conflict.held_by_id])
    values = {"conflict": conflict_id, "decision": decision.name.lower(), "by": by, "now": now}
    if connection.execute(DECIDE, values).one_or_none() is None:
        return False
    say_two_people(connection, conflict.contact_id, conflict.held_by_id, by, now)
    if decision is ConflictDecision.MOVES:
        _move(connection, conflict, by, now)
    return True


def _move(connection: Connection, conflict: Row[tuple[object, ...]], by: str, now: datetime) -> None:
    """Whoever gave it away meanwhile keeps nothing of it."""
    about = {"contact": conflict.contact_id, "held_by": conflict.held_by_id, "value": conflict.value, "now": now}
    connection.execute(MOVE_IDENTIFIER, about | {"kind": conflict.kind})
    if conflict.kind != IdentifierKind.EMAIL:
        return
    before = connection.execute(EMAIL_OF, about).scalar()
    taken = connection.execute(TAKE_EMAIL, about).one_or_none()
    connection.execute(GIVE_EMAIL, about)
    _move_bounce(connection, conflict, by, now, was_bounced=bool(taken and taken.suppressed == Suppression.BOUNCED))
    changes = [(conflict.contact_id, before, conflict.value)]
    changes += [(conflict.held_by_id, conflict.value, taken.email)] if taken else []
    emit(connection, [_email_changed(*change, by) for change in changes], now)


def _move_bounce(
    connection: Connection, conflict: Row[tuple[object, ...]], by: str, now: datetime, *, was_bounced: bool
) -> None:
    """A bounce was said of an address, and goes with it."""
    reason = {"reason": f"{conflict.value} moved from contact {conflict.held_by_id} to contact {conflict.contact_id}"}
    lift_suppression(connection, [conflict.contact_id], (Suppression.BOUNCED,), now, by, reason)
    if was_bounced:
        lift_suppression(connection, [conflict.held_by_id], (Suppression.BOUNCED,), now, by, reason)
        suppress(connection, [conflict.contact_id], Suppression.BOUNCED, now, by, reason)


def _email_changed(contact: int, before: str | None, after: str | None, by: str) -> NewEvent:
    data = {"before": {"email": before}, "after": {"email": after}, "by": by}
    return NewEvent(name="details_changed", contact_id=contact, source="identity", data=data)
