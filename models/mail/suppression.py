"""Suppression of contacts: the only place that writes it. Each change is an event, so that journeys may react."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import lock_contacts, to_json
from models.events.emit import NewEvent, emit, emit_from
from models.mail.rules.consent import overridden_by
from models.tables.contact import Suppression

LAST_CHOICE = """(SELECT name FROM event WHERE contact_id = contact.id AND name IN ('unsubscribed', 'resubscribed')
    ORDER BY id DESC LIMIT 1)"""
"""SQL: what the contact chose last. It is kept under a stronger reason, such as a bounce that is lifted later."""

SUPPRESS = text("""
UPDATE contact SET suppressed = :reason, suppressed_at = :said_at, updated_at = :now
WHERE id = ANY(:contacts) AND (suppressed IS NULL OR suppressed = ANY(:weaker)) RETURNING id
""")

UNSUBSCRIBED = f"""
SELECT 'unsubscribed', NULL, id, CAST(:source AS text), NULL, CAST(:data AS jsonb), CAST(:said_at AS timestamptz)
FROM contact WHERE id = ANY(:contacts) AND {LAST_CHOICE} IS DISTINCT FROM 'unsubscribed'
"""
"""SQL: the choice is recorded even where a stronger reason stays, and once."""

EMIT_UNSUBSCRIBED = text(f"{emit_from(UNSUBSCRIBED)} RETURNING contact_id")

RESUBSCRIBE = text("""
-- Not contacts who have unsubscribed since they agreed.
UPDATE contact SET suppressed = NULL, suppressed_at = NULL, updated_at = :now
WHERE id = ANY(:contacts) AND suppressed IN ('unsubscribed', 'removed')
  AND (suppressed_at IS NULL OR suppressed_at <= :said_at)
RETURNING id
""")

RESUBSCRIBED = f"""
SELECT 'resubscribed', NULL, id, CAST(:source AS text), NULL, CAST(:data AS jsonb), CAST(:said_at AS timestamptz)
FROM contact
WHERE id = ANY(:resubscribed) OR id = ANY(:contacts) AND suppressed NOT IN ('unsubscribed', 'removed')
  AND {LAST_CHOICE} = 'unsubscribed'
"""
"""SQL: for contacts who get mail again, and for those who had unsubscribed and stay suppressed for another reason."""

EMIT_RESUBSCRIBED = text(emit_from(RESUBSCRIBED))

LIFT = text(f"""
-- A contact who unsubscribed before or meanwhile is unsubscribed from then on.
WITH lifted AS (SELECT id, suppressed AS reason, {LAST_CHOICE} = 'unsubscribed' AS opted_out FROM contact
                WHERE id = ANY(:contacts) AND suppressed = ANY(:reasons))
UPDATE contact SET suppressed = CASE WHEN lifted.opted_out THEN 'unsubscribed' END,
                   suppressed_at = CASE WHEN lifted.opted_out THEN CAST(:now AS timestamptz) END, updated_at = :now
FROM lifted WHERE contact.id = lifted.id RETURNING contact.id, lifted.reason
""")


def suppress(
    connection: Connection,
    contacts: Sequence[int],
    reason: Suppression,
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
    *,
    said_at: datetime | None = None,
) -> int:
    """Suppress mail to contacts; gives for how many of them this is new. The caller commits.

    It counts from `said_at`, when the contact or their mail server said so; None: from now.

    A stronger reason stays. `unsubscribed` is the contact's own choice and emits the event of that name; any other
    reason emits `suppressed:<reason>`. No other module emits these. `data` is the data of the event.
    """
    locked = lock_contacts(connection, contacts)
    common = {"contacts": locked, "said_at": said_at or now, "now": now}
    about = {"reason": str(reason), "weaker": overridden_by(reason)}
    changed = connection.execute(SUPPRESS, common | about).scalars().all()
    if reason is Suppression.UNSUBSCRIBED:
        about = {"source": source, "data": to_json(data or {})}
        opted_out = connection.execute(EMIT_UNSUBSCRIBED, common | about).scalars().all()
        return len({*changed, *opted_out})
    events = [
        NewEvent(name="suppressed", topic=str(reason), contact_id=contact, source=source, data=data or {}, at=said_at)
        for contact in changed
    ]
    emit(connection, events, now)
    return len(changed)


def resubscribe(
    connection: Connection,
    contacts: Sequence[int],
    now: datetime,
    source: str,
    *,
    said_at: datetime | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Record that contacts want our mail (again), as they said at `said_at`; gives how many get mail again by that.

    It lifts `unsubscribed` and `removed`. Under a bounce, a complaint or a manual suppression only the choice is
    recorded, and it counts once the other reason is lifted. The event is `resubscribed`.
    """
    locked = lock_contacts(connection, contacts)
    common = {"contacts": locked, "said_at": said_at or now, "now": now}
    resubscribed = connection.execute(RESUBSCRIBE, common).scalars().all()
    about = {"source": source, "data": to_json(data or {}), "resubscribed": resubscribed}
    connection.execute(EMIT_RESUBSCRIBED, common | about)
    return len(resubscribed)


def lift_suppression(
    connection: Connection,
    contacts: Sequence[int],
    reasons: Collection[Suppression],
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Lift these reasons, as when an address was corrected; gives for how many contacts. An opt-out of theirs stays.

    The event is `suppression_lifted:<reason>`.
    """
    locked = lock_contacts(connection, contacts)
    about = {"contacts": locked, "reasons": [str(reason) for reason in reasons], "now": now}
    lifted = [
        NewEvent(name="suppression_lifted", topic=reason, contact_id=contact, source=source, data=data or {})
        for contact, reason in connection.execute(LIFT, about)
    ]
    emit(connection, lifted, now)
    return len(lifted)
