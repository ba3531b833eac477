"""Suppression of contacts: the only place that writes it. Each change is an event, so that journeys may react."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from models.database import lock_contacts, to_json
from models.events.emit import COLUMNS_WITH_HISTORY, NewEvent, emit, emit_from
from models.mail.consent import LAST_CHOICE, OPTED_OUT_SINCE, ConsentStatement, mark_mistaken, record_consent
from models.mail.rules.consent import overridden_by
from models.tables.contact import Suppression

LAST_EMITTED = """(SELECT name FROM event WHERE contact_id = contact.id AND name IN ('unsubscribed', 'resubscribed')
    ORDER BY id DESC LIMIT 1)"""
"""SQL beside the table contact: what the stream said last of their choice."""

SUPPRESS = text("""
UPDATE contact SET suppressed = :reason, suppressed_at = :said_at, updated_at = :now
WHERE id = ANY(:contacts) AND (suppressed IS NULL OR suppressed = ANY(:weaker)) RETURNING id
""")

APPLY_CHOICES = text(f"""
-- Their last word decides, whoever told it in which order. A stronger reason stays.
WITH said AS (
    SELECT contact.id, contact.suppressed AS before, NOT choice.is_given AS opted_out,
           CASE WHEN NOT choice.is_given THEN coalesce({OPTED_OUT_SINCE}, contact.suppressed_at) END AS since,
           choice.at
    FROM contact CROSS JOIN LATERAL {LAST_CHOICE} AS choice WHERE contact.id = ANY(:contacts))
UPDATE contact
SET suppressed = CASE WHEN said.opted_out THEN 'unsubscribed' END, suppressed_at = said.since, updated_at = :now
FROM said
WHERE contact.id = said.id AND CASE
    WHEN said.opted_out THEN contact.suppressed IS NULL OR contact.suppressed = ANY(:weaker)
        OR contact.suppressed = 'unsubscribed' AND contact.suppressed_at IS DISTINCT FROM said.since
    ELSE contact.suppressed IN ('unsubscribed', 'unconfirmed')
        OR contact.suppressed = 'removed' AND (contact.suppressed_at IS NULL OR contact.suppressed_at <= said.at) END
RETURNING contact.id, said.before, contact.suppressed
""")

CHOSEN = f"""
SELECT CASE WHEN choice.is_given THEN 'resubscribed' ELSE 'unsubscribed' END, NULL, contact.id, CAST(:source AS text),
       NULL, CAST(:data AS jsonb), CASE WHEN isfinite(choice.at) THEN choice.at ELSE :now END, CAST(:is_history AS bool)
FROM contact CROSS JOIN LATERAL {LAST_CHOICE} AS choice
WHERE contact.id = ANY(:contacts) AND CASE
    WHEN choice.is_given THEN contact.id = ANY(:resubscribed) OR {LAST_EMITTED} = 'unsubscribed'
    ELSE {LAST_EMITTED} IS DISTINCT FROM 'unsubscribed' END
"""
"""SQL: a choice that the stream has not heard of, also where a stronger reason stays."""

EMIT_CHOICES = text(f"{emit_from(CHOSEN, COLUMNS_WITH_HISTORY)} RETURNING contact_id, name")

LIFT = text(f"""
-- A contact who unsubscribed before or meanwhile is unsubscribed.
WITH lifted AS (
    SELECT contact.id, contact.suppressed AS reason, coalesce(NOT choice.is_given, false) AS opted_out,
           {OPTED_OUT_SINCE} AS since
    FROM contact LEFT JOIN LATERAL {LAST_CHOICE} AS choice ON true
    WHERE contact.id = ANY(:contacts) AND contact.suppressed = ANY(:reasons))
UPDATE contact SET suppressed = CASE WHEN lifted.opted_out THEN 'unsubscribed' END,
                   suppressed_at = CASE WHEN lifted.opted_out THEN lifted.since END, updated_at = :now
FROM lifted WHERE contact.id = lifted.id RETURNING contact.id, lifted.reason
""")


UNDO_OPT_OUT = text(f"""
-- Who said no in another way as well, or got no mail for another reason before, stays as they were.
WITH undone AS (
    SELECT contact.id, coalesce(NOT choice.is_given, false) AS opted_out, {OPTED_OUT_SINCE} AS since
    FROM contact LEFT JOIN LATERAL {LAST_CHOICE} AS choice ON true
    WHERE contact.id = :contact AND contact.suppressed = 'unsubscribed')
UPDATE contact SET suppressed = CASE WHEN undone.opted_out THEN 'unsubscribed' ELSE CAST(:before AS text) END,
                   suppressed_at = CASE WHEN undone.opted_out THEN undone.since
                                        WHEN CAST(:before AS text) IS NOT NULL THEN contact.suppressed_at END,
                   updated_at = :now
FROM undone WHERE contact.id = undone.id RETURNING contact.suppressed
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
    if reason is Suppression.UNSUBSCRIBED:
        said = _said(contacts, said_at or now, source, is_given=False)
        return len(apply_choices(connection, said, now, source, data).unsubscribed)
    locked = lock_contacts(connection, contacts)
    about = {"reason": str(reason), "weaker": overridden_by(reason), "said_at": said_at or now, "now": now}
    changed = connection.execute(SUPPRESS, about | {"contacts": locked}).scalars().all()
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

    It lifts `unsubscribed`, `removed` and `unconfirmed`. Under a bounce, a complaint or a manual suppression only the
    choice is recorded, and it counts once the other reason is lifted. A no that was said later stands. The event is
    `resubscribed`.
    """
    said = _said(contacts, said_at or now, source, is_given=True)
    return len(apply_choices(connection, said, now, source, data).resubscribed)


def _said(contacts: Sequence[int], at: datetime, source: str, *, is_given: bool) -> list[ConsentStatement]:
    return [ConsentStatement(contact_id=contact, is_given=is_given, at=at, source=source) for contact in contacts]


class AppliedChoices(NamedTuple):
    """Whose mail an opt-in or opt-out has changed, or was recorded for under a stronger reason."""

    unsubscribed: set[int]
    resubscribed: set[int]
    """Who gets mail again."""


def apply_choices(
    connection: Connection,
    statements: Sequence[ConsentStatement],
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
    *,
    is_history: bool = False,
) -> AppliedChoices:
    """Record what contacts said about being written to, and let the last word of each decide. The caller commits.

    The moments of the statements count and not the order in which they are told, so a consent from before a no does not
    lift it, and a no told late stands from its own moment. A change is the event `unsubscribed` or `resubscribed`;
    `is_history` marks it as told late.
    """
    contacts = lock_contacts(connection, sorted({statement.contact_id for statement in statements}))
    there = set(contacts)
    record_consent(connection, [said for said in statements if said.contact_id in there], now)
    return apply_last_choice(connection, contacts, now, source, data, is_history=is_history)


def apply_last_choice(
    connection: Connection,
    contacts: Sequence[int],
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
    *,
    is_history: bool = False,
) -> AppliedChoices:
    """Let the last word of each of these contacts decide, as after a confirmation. The caller has locked them."""
    weaker = overridden_by(Suppression.UNSUBSCRIBED)
    changed = connection.execute(APPLY_CHOICES, {"contacts": contacts, "weaker": weaker, "now": now}).all()
    resubscribed = {row.id for row in changed if row.suppressed is None}
    unsubscribed = {row.id for row in changed if row.suppressed and row.before != row.suppressed}
    about = {"contacts": contacts, "resubscribed": sorted(resubscribed), "source": source, "now": now}
    emitted = connection.execute(EMIT_CHOICES, about | {"data": to_json(data or {}), "is_history": is_history}).all()
    unsubscribed |= {contact for contact, name in emitted if name == "unsubscribed"}
    return AppliedChoices(unsubscribed, resubscribed)


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


def undo_opt_out(
    connection: Connection,
    contact: int,
    said_at: datetime,
    before: Suppression | None,
    now: datetime,
    source: str,
    data: Mapping[str, Any] | None = None,
) -> bool:
    """Undo an opt-out that was read into what a contact said at `said_at`, by the `source` that read it.

    Gives whether they are no longer unsubscribed by that: then the reason from before holds again, if any, and the
    event is `resubscribed`. Another no of theirs stands. The caller commits.
    """
    lock_contacts(connection, [contact])
    if not mark_mistaken(connection, contact, source, said_at, now):
        return False
    about = {"contact": contact, "before": before and str(before), "now": now}
    changed = connection.execute(UNDO_OPT_OUT, about).all()
    if not changed or changed[0].suppressed == Suppression.UNSUBSCRIBED:
        return False
    emit(connection, [NewEvent(name="resubscribed", contact_id=contact, source=source, data=data or {})], now)
    return True
