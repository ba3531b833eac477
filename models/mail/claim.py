"""Claims due messages of the outbox, in SQL: the mail rules decide on each, and those that may go are marked `sending`
for this sender.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, TextClause, text

from models import MessageKind, MessageState, OnCap
from models.database import MARKETING_CLAIM_LOCK
from models.mail.rules import DueMessage, LocationHints, MailRules, SendDecision, decide_sending
from models.mail.rules.consent import OPTED_OUT_TOPICS

# One at a time: what others have just taken counts for the caps and the warm-up. It lasts milliseconds.
LOCK_MARKETING = text(f"SELECT pg_advisory_xact_lock({MARKETING_CLAIM_LOCK})")


def _due(condition: str) -> TextClause:
    """Due messages of a kind, those that have waited longest first. The condition is written as the index has it."""
    return text(f"""
        WITH next AS (
            SELECT id, kind, template, contact_id, run_id, to_address, queued_at, due_at, first_due_at, expires_after,
                   send_window, on_cap
            FROM message WHERE state = 'queued' AND {condition} AND due_at <= :now
            ORDER BY due_at, id LIMIT :size FOR UPDATE SKIP LOCKED)
        SELECT next.id, next.kind, next.template, next.contact_id, next.queued_at, next.due_at,
               next.first_due_at, next.expires_after, next.send_window, next.on_cap,
               coalesce(next.to_address, contact.email) AS to_address,
               contact.suppressed, contact.time_zone, contact.latitude, contact.longitude, contact.state,
               contact.country, coalesce(contact.phone, contact.mobile_phone) AS phone, {OPTED_OUT_TOPICS} AS opted_out,
               -- It still waited for an answer, so it was what it is there for that ended it, or a person.
               CASE WHEN run.ended_at IS NOT NULL AND run.asked_at IS NOT NULL THEN run.ending END AS run_ending
        FROM next LEFT JOIN contact ON contact.id = next.contact_id LEFT JOIN journey_run run ON run.id = next.run_id
        ORDER BY next.id
    """)


URGENT = _due("(kind = 'marketing') IS FALSE")
MARKETING = _due("(kind = 'marketing') IS TRUE")

# The first entry of the index and the first of its second part, however many wait.
NEXT_DUE = text("""
    SELECT least(
        (SELECT due_at FROM message WHERE state = 'queued' ORDER BY (kind = 'marketing'), due_at LIMIT 1),
        (SELECT due_at FROM message WHERE state = 'queued' AND (kind = 'marketing') IS TRUE ORDER BY due_at LIMIT 1))
""")

# What failed, or is queued again, has reached nobody.
COUNTS_TOWARDS_CAPS = "kind = 'marketing' AND state IN ('sending', 'sent', 'unknown')"

PREVIOUS_SENDS = text(f"""
    SELECT contact_id, handed_at FROM message
    WHERE {COUNTS_TOWARDS_CAPS} AND contact_id = ANY(:contacts) AND handed_at > :since
""")

SENDS_TODAY = text(f"SELECT count(*) FROM message WHERE {COUNTS_TOWARDS_CAPS} AND handed_at >= :midnight")

UPDATE_DECIDED = text("""
    UPDATE message SET state = judged.state, reason = judged.reason,
           due_at = coalesce(judged.due_at, message.due_at),
           sending_by = CASE judged.state WHEN 'sending' THEN CAST(:sender AS bigint) END,
           handed_at = CASE judged.state WHEN 'sending' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                CAST(:due_ats AS timestamptz[])) AS judged (id, state, reason, due_at)
    WHERE message.id = judged.id
""")


@dataclass
class ClaimedBatch:
    """A batch of due messages, with the decision of the mail rules on each."""

    decisions: dict[int, SendDecision] = field(default_factory=dict)

    @property
    def claimed(self) -> list[int]:
        """Those that are held to be handed over."""
        return [one for one, verdict in self.decisions.items() if verdict.state is MessageState.SENDING]

    @property
    def other_states(self) -> Counter[MessageState]:
        """How many of the others are in which state; `queued` is what waits."""
        return Counter(one.state for one in self.decisions.values() if one.state is not MessageState.SENDING)


def next_due(connection: Connection) -> datetime | None:
    """When the next queued message is due, long ago for one that goes at once; None while none waits."""
    return connection.execute(NEXT_DUE).scalar()


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether something may be taken now."""
    due = next_due(connection)
    return due is not None and due <= now


def claim_messages(
    connection: Connection, rules: MailRules, now: datetime, *, sender: int, size: int, max_sends: int
) -> ClaimedBatch:
    """Judge up to `size` due messages, of which up to `max_sends` go out. The caller commits at once.

    Answers, tasks and mails to colleagues come first: marketing is looked at when none of those is due.
    """
    due = {"now": now, "size": size}
    urgent = [_due_message(row) for row in connection.execute(URGENT, due).mappings()]
    if urgent:
        taken = _decide_all(urgent, rules, now, max_sends, {}, None)
    else:
        taken = _claim_marketing(connection, rules, now, due, max_sends)
    _write(connection, taken.decisions, now, sender)
    return taken


def _claim_marketing(
    connection: Connection, rules: MailRules, now: datetime, due: Mapping[str, Any], max_sends: int
) -> ClaimedBatch:
    connection.execute(LOCK_MARKETING)
    mails = [_due_message(row) for row in connection.execute(MARKETING, due).mappings()]
    previous_sends = _previous_sends(connection, rules, now, {mail.contact_id for mail in mails if mail.contact_id})
    return _decide_all(
        mails, rules, now, max_sends, previous_sends, _left_today(connection, rules, now) if mails else None
    )


def _decide_all(
    mails: Sequence[DueMessage],
    rules: MailRules,
    now: datetime,
    max_sends: int,
    previous_sends: dict[int | None, list[datetime]],
    left_today: int | None,
) -> ClaimedBatch:
    """One after the other, because each that goes counts for those behind it."""
    taken, going = ClaimedBatch(), 0
    for mail in mails:
        if going == max_sends:
            break
        before = previous_sends.get(mail.contact_id, [])
        left = None if left_today is None else left_today - going
        verdict = taken.decisions[mail.id] = decide_sending(mail, rules, now, previous_sends=before, left_today=left)
        if verdict.state is MessageState.SENDING:
            going += 1
            previous_sends[mail.contact_id] = [*before, now]
    return taken


def _previous_sends(
    connection: Connection, rules: MailRules, now: datetime, contacts: Iterable[int]
) -> dict[int | None, list[datetime]]:
    """When each contact was handed marketing, as far back as the caps look."""
    previous_sends: dict[int | None, list[datetime]] = defaultdict(list)
    cap_period = rules.cap_period()
    if cap_period and contacts:
        about = {"contacts": list(contacts), "since": now - cap_period}
        for contact_id, moment in connection.execute(PREVIOUS_SENDS, about):
            previous_sends[contact_id].append(moment)
    return previous_sends


def _left_today(connection: Connection, rules: MailRules, now: datetime) -> int | None:
    allowed = rules.allowed_today(now)
    if allowed is None:
        return None
    midnight, _ = rules.day_bounds(now)
    return max(0, allowed - connection.execute(SENDS_TODAY, {"midnight": midnight}).scalar_one())


def _due_message(row: RowMapping) -> DueMessage:
    window, where = row["send_window"], LocationHints.__dataclass_fields__
    return DueMessage(
        id=row["id"],
        kind=MessageKind(row["kind"]),
        template=row["template"],
        contact_id=row["contact_id"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
        first_due_at=row["first_due_at"],
        expires_after=row["expires_after"],
        send_window=tuple(window.items()) if window is not None else None,
        on_cap=OnCap(row["on_cap"]) if row["on_cap"] else None,
        to_address=row["to_address"],
        suppressed=row["suppressed"],
        opted_out=frozenset(row["opted_out"]),
        run_ending=row["run_ending"],
        location=LocationHints(**{name: row[name] for name in where}),
    )


def _write(connection: Connection, verdicts: Mapping[int, SendDecision], now: datetime, sender: int) -> None:
    columns = {
        "ids": list(verdicts),
        "states": [str(one.state) for one in verdicts.values()],
        "reasons": [one.reason for one in verdicts.values()],
        "due_ats": [one.due_at for one in verdicts.values()],
    }
    if verdicts:
        connection.execute(UPDATE_DECIDED, columns | {"now": now, "sender": sender})
