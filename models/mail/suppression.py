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
"""SQL: what the contact said last. It outlives a weightier reason, such as a bounce that is lifted later."""

SUPPRESS = text("""
UPDATE contact SET suppressed = :reason, suppressed_at = :said_at, updated_at = :now
WHERE id = ANY(:contacts) AND (suppressed IS NULL OR suppressed = ANY(:lighter)) RETURNING id
""")

UNSUBSCRIBED = f"""
SELECT 'unsubscribed', NULL, id, CAST(:source AS text), NULL, CAST(:data AS jsonb), CAST(:said_at AS timestamptz)
FROM contact WHERE id = ANY(:contacts) AND {LAST_CHOICE} IS DISTINCT FROM 'unsubscribed'
"""
"""Their word is written down even where a weightier reason stays, and once."""

EMIT_UNSUBSCRIBED = text(f"{emit_from(UNSUBSCRIBED)} RETURNING contact_id")

RESUBSCRIBE = text("""
-- Not whoever has left since they agreed.
UPDATE contact SET suppressed = NULL, suppressed_at = NULL, updated_at = :now
WHERE id = ANY(:contacts) AND suppressed IN ('unsubscribed', 'removed')
  AND (suppressed_at IS NULL OR suppressed_at <= :said_at)
RETURNING id
""")

RESUBSCRIBED = f"""
SELECT 'resubscribed', NULL, id, CAST(:source AS text), NULL, CAST(:data AS jsonb), CAST(:said_at AS timestamptz)
FROM contact
WHERE id = ANY(:back) OR id = ANY(:contacts) AND suppressed NOT IN ('unsubscribed', 'removed')
  AND {LAST_CHOICE} = 'unsubscribed'
"""
"""For whoever is back, and for whoever had left and is held back by something else."""

EMIT_RESUBSCRIBED = text(emit_from(RESUBSCRIBED))

LIFT = text(f"""
-- Who said no to us meanwhile, or before, is unsubscribed then.
WITH said AS (SELECT id, suppressed AS reason, {LAST_CHOICE} = 'unsubscribed' AS no FROM contact
              WHERE id = ANY(:contacts) AND suppressed = ANY(:reasons))
UPDATE contact SET suppressed = CASE WHEN said.no THEN 'unsubscribed' END,
                   suppressed_at = CASE WHEN said.no THEN CAST(:now AS timestamptz) END, updated_at = :now
FROM said WHERE contact.id = said.id RETURNING contact.id, said.reason
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
    """Hold back mail to contacts; gives for how many that says something new. The caller commits.

    It holds since `said_at`, when the contact said so or their server did; None: now.

    A weightier reason stays. `unsubscribed` is the contact's own word and the event of that name; any other reason is
    the event `suppressed:<reason>`. Both are written here, once, so nobody else writes them. `data` goes with them.
    """
    locked = lock_contacts(connection, contacts)
    common = {"contacts": locked, "said_at": said_at or now, "now": now}
    about = {"reason": str(reason), "lighter": overridden_by(reason)}
    changed = connection.execute(SUPPRESS, common | about).scalars().all()
    if reason is Suppression.UNSUBSCRIBED:
        about = {"source": source, "data": to_json(data or {})}
        said = connection.execute(EMIT_UNSUBSCRIBED, common | about).scalars().all()
        return len({*changed, *said})
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
    """Contacts said that they want our mail (again), at `said_at`; gives how many are back on the list.

    That lifts `unsubscribed` and `removed`, not a bounce, a complaint or what one of us decided: there only their word
    is written down, which counts once the other reason is lifted. The event is `resubscribed`.
    """
    locked = lock_contacts(connection, contacts)
    common = {"contacts": locked, "said_at": said_at or now, "now": now}
    back = connection.execute(RESUBSCRIBE, common).scalars().all()
    about = {"source": source, "data": to_json(data or {}), "back": back}
    connection.execute(EMIT_RESUBSCRIBED, common | about)
    return len(back)


def lift_suppression(
    connection: Connection,
    contacts: Sequence[int],
    reasons: Collection[Suppression],
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
) -> int:
    """Take these reasons back, as when an address was mended; gives for how many. Who had said no stays unsubscribed.

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
