"""Claims due messages of the outbox, in SQL: the mail rules decide on each, and those that may go are marked `sending`
for this sender.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, TextClause, text

from models import MessageKind, MessageState, OnCap
from models.database import MARKETING_CLAIM_LOCK
from models.mail.answers import FORM_OF_RUN, LOCK_ANSWERS, UNCONFIRMED_SINCE, confirmed_contacts, previous_answers
from models.mail.expired_answers import report_expired_answers
from models.mail.rules import (
    DueMessage,
    LocationHints,
    MailRules,
    PreviousAnswer,
    SendDecision,
    decide_sending,
)
from models.mail.rules.consent import OPTED_OUT_TOPICS
from models.mail.sending_pause import open_pauses, take_retry
from models.tables.message import PauseScope

# One claim of marketing at a time: what another sender has just claimed counts towards the caps and the warm-up. It is
# locked for milliseconds.
LOCK_MARKETING = text(f"SELECT pg_advisory_xact_lock({MARKETING_CLAIM_LOCK})")


def _due(
    condition: str,
    *,
    form: str = "CAST(NULL AS text)",
    unconfirmed: str = "CAST(NULL AS timestamptz)",
    join: str = "",
) -> TextClause:
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
               contact.suppressed, contact.time_zone, contact.latitude, contact.longitude, contact.postal_code,
               contact.state, contact.city, contact.country, coalesce(contact.phone, contact.mobile_phone) AS phone,
               {OPTED_OUT_TOPICS} AS opted_out,
               -- Only of a run that ended while it was waiting: its goal was reached, or a person ended it.
               CASE WHEN run.ended_at IS NOT NULL AND run.asked_at IS NOT NULL THEN run.ending END AS run_ending,
               next.run_id, {form} AS form, {unconfirmed} AS unconfirmed_since
        FROM next LEFT JOIN contact ON contact.id = next.contact_id LEFT JOIN journey_run run ON run.id = next.run_id
        {join}
        ORDER BY next.id
    """)


URGENT = _due(
    "(kind = 'marketing') IS FALSE",
    form="CASE next.kind WHEN 'transactional' THEN form.topic END",
    unconfirmed=f"CASE next.kind WHEN 'transactional' THEN {UNCONFIRMED_SINCE} END",
    join=FORM_OF_RUN,
)
MARKETING = _due("(kind = 'marketing') IS TRUE")

# The first entry of each part of the index, however many wait. A pause that only a person ends has no next try, and
# what it pauses is not due.
NEXT_DUE = text("""
    WITH pause AS MATERIALIZED (SELECT scope, retry_at FROM sending_pause WHERE ended_at IS NULL),
    first AS (
        SELECT least(
            (SELECT due_at FROM message WHERE state = 'queued' AND (kind = 'marketing') IS FALSE
             ORDER BY due_at LIMIT 1),
            (SELECT due_at FROM message WHERE state = 'queued' AND (kind = 'marketing') IS TRUE
             AND NOT EXISTS (SELECT FROM pause WHERE scope = 'marketing') ORDER BY due_at LIMIT 1)) AS due_at)
    SELECT CASE WHEN EXISTS (SELECT FROM pause WHERE scope = 'all')
                THEN (SELECT greatest(first.due_at, retry_at) FROM pause WHERE scope = 'all' AND retry_at IS NOT NULL)
                ELSE first.due_at END
    FROM first WHERE first.due_at IS NOT NULL
""")

# What failed, or is queued again, has reached nobody.
COUNTS_TOWARDS_CAPS = "kind = 'marketing' AND state IN ('sending', 'sent', 'unknown')"

PREVIOUS_SENDS = text(f"""
    SELECT contact_id, handed_at FROM message
    WHERE {COUNTS_TOWARDS_CAPS} AND contact_id = ANY(:contacts) AND handed_at > :since
""")

SENDS_TODAY = text(f"SELECT count(*) FROM message WHERE {COUNTS_TOWARDS_CAPS} AND handed_at >= :midnight")

UPDATE_DECIDED = text("""
    UPDATE message SET state = decided.state, reason = decided.reason,
           due_at = coalesce(decided.due_at, message.due_at),
           sending_by = CASE decided.state WHEN 'sending' THEN CAST(:sender AS bigint) END,
           handed_at = CASE decided.state WHEN 'sending' THEN CAST(:now AS timestamptz) END,
           is_handed_over = false
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                CAST(:due_ats AS timestamptz[])) AS decided (id, state, reason, due_at)
    WHERE message.id = decided.id
""")


@dataclass
class ClaimedBatch:
    """A batch of due messages, with the decision of the mail rules on each."""

    decisions: dict[int, SendDecision] = field(default_factory=dict)
    is_retry: bool = False
    """All mail is paused, and this is to find out whether the mailer takes mail again."""

    @property
    def claimed(self) -> list[int]:
        """The ids of the messages that are marked `sending` for this sender."""
        return [one for one, decision in self.decisions.items() if decision.state is MessageState.SENDING]

    @property
    def other_states(self) -> Counter[MessageState]:
        """How many of the others are in which state; `queued` is what waits."""
        return Counter(one.state for one in self.decisions.values() if one.state is not MessageState.SENDING)


def next_due(connection: Connection) -> datetime | None:
    """When the next queued message is due, long ago for one that goes at once; None while none waits.

    While all mail is paused, when one is tried.
    """
    return connection.execute(NEXT_DUE).scalar()


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether a queued message is due now."""
    due = next_due(connection)
    return due is not None and due <= now


def claim_messages(
    connection: Connection, rules: MailRules, now: datetime, *, sender: int, size: int, max_sends: int
) -> ClaimedBatch:
    """Decide on up to `size` due messages, of which up to `max_sends` become `sending`. The caller commits at once.

    Transactional mail, tasks and staff mail come first: marketing is claimed when none of those is due. While all mail
    is paused, one message is claimed when it is time to try again.
    """
    pauses = open_pauses(connection)
    if PauseScope.ALL in pauses:
        if not take_retry(connection, now):
            return ClaimedBatch()
        max_sends = 1
    due = {"now": now, "size": size}
    connection.execute(LOCK_ANSWERS)
    urgent = [_due_message(row) for row in connection.execute(URGENT, due).mappings()]
    if urgent:
        batch = _claim_urgent(connection, urgent, rules, now, max_sends)
    elif PauseScope.MARKETING not in pauses:
        batch = _claim_marketing(connection, rules, now, due, max_sends)
    else:
        batch = ClaimedBatch()
    batch.is_retry = PauseScope.ALL in pauses
    _write(connection, batch.decisions, now, sender)
    expired = [one for one, decision in batch.decisions.items() if decision.state is MessageState.EXPIRED]
    if urgent and expired:
        report_expired_answers(connection, expired, now)
    return batch


def _claim_urgent(
    connection: Connection, messages: Sequence[DueMessage], rules: MailRules, now: datetime, max_sends: int
) -> ClaimedBatch:
    answers = previous_answers(connection, messages, now)
    confirmed = confirmed_contacts(connection, messages, answers, rules.mail.answers_a_day)
    batch = ClaimedBatch()
    for message in messages:
        if len(batch.claimed) == max_sends:
            break
        known = replace(message, is_confirmed=message.contact_id in confirmed)
        decision = decide_sending(known, rules, now, previous_answers=answers[message.contact_id])
        batch.decisions[message.id] = decision
        if decision.state is MessageState.SENDING and message.form:
            sent = PreviousAnswer(run_id=message.run_id, template=message.template, form=message.form, at=now)
            answers[message.contact_id].append(sent)
    return batch


def _claim_marketing(
    connection: Connection, rules: MailRules, now: datetime, due: Mapping[str, Any], max_sends: int
) -> ClaimedBatch:
    connection.execute(LOCK_MARKETING)
    messages = [_due_message(row) for row in connection.execute(MARKETING, due).mappings()]
    contacts = {message.contact_id for message in messages if message.contact_id}
    previous_sends = _previous_sends(connection, rules, now, contacts)
    left_today = _left_today(connection, rules, now) if messages else None
    return _decide_all(messages, rules, now, max_sends, previous_sends, left_today)


def _decide_all(
    messages: Sequence[DueMessage],
    rules: MailRules,
    now: datetime,
    max_sends: int,
    previous_sends: dict[int | None, list[datetime]],
    left_today: int | None,
) -> ClaimedBatch:
    """Decide in order, because each message that is sent counts towards the caps for those after it."""
    batch, sends = ClaimedBatch(), 0
    for message in messages:
        if sends == max_sends:
            break
        before = previous_sends.get(message.contact_id, [])
        left = None if left_today is None else left_today - sends
        decision = decide_sending(message, rules, now, previous_sends=before, left_today=left)
        batch.decisions[message.id] = decision
        if decision.state is MessageState.SENDING:
            sends += 1
            previous_sends[message.contact_id] = [*before, now]
    return batch


def _previous_sends(
    connection: Connection, rules: MailRules, now: datetime, contacts: Iterable[int]
) -> dict[int | None, list[datetime]]:
    """When each contact was sent marketing, as far back as the caps look."""
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
        run_id=row["run_id"],
        form=row["form"],
        unconfirmed_since=row["unconfirmed_since"],
        location=LocationHints(**{name: row[name] for name in where}),
    )


def _write(connection: Connection, decisions: Mapping[int, SendDecision], now: datetime, sender: int) -> None:
    columns = {
        "ids": list(decisions),
        "states": [str(one.state) for one in decisions.values()],
        "reasons": [one.reason for one in decisions.values()],
        "due_ats": [one.due_at for one in decisions.values()],
    }
    if decisions:
        connection.execute(UPDATE_DECIDED, columns | {"now": now, "sender": sender})
