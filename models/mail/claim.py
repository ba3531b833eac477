"""Taking messages out of the outbox, in SQL: what is due is judged by the rules for mail, and what goes is held."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, TextClause, text

from models import MessageKind, MessageState, OnCap
from models.database import TAKING_MARKETING
from models.mail.consent import OPTED_OUT
from models.mail.rules import Candidate, MailRules, Verdict, Whereabouts, judge

# One at a time: what others have just taken counts for the caps and the warm-up. It lasts milliseconds.
ALONE = text(f"SELECT pg_advisory_xact_lock({TAKING_MARKETING})")


def _due(condition: str) -> TextClause:
    """Due messages of a kind, those that have waited longest first. The condition is written as the index has it."""
    return text(f"""
        WITH next AS (
            SELECT id, kind, template, contact_id, run_id, to_address, queued_at, due_at, was_due_at, good_for,
                   send_window, on_cap
            FROM message WHERE state = 'queued' AND {condition} AND due_at <= :now
            ORDER BY due_at, id LIMIT :size FOR UPDATE SKIP LOCKED)
        SELECT next.id, next.kind, next.template, next.contact_id, next.queued_at, next.due_at, next.was_due_at,
               next.good_for, next.send_window, next.on_cap, coalesce(next.to_address, contact.email) AS to_address,
               contact.suppressed, contact.time_zone, contact.latitude, contact.longitude, contact.state,
               contact.country, coalesce(contact.phone, contact.mobile_phone) AS phone, {OPTED_OUT} AS opted_out,
               -- It still waited for an answer, so it was what it is there for that ended it, or a person.
               CASE WHEN run.ended_at IS NOT NULL AND run.asked_at IS NOT NULL THEN run.ending END AS broken_off
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
COUNTS = "kind = 'marketing' AND state IN ('sending', 'sent', 'unknown')"

HANDED = text(f"""
    SELECT contact_id, handed_at FROM message
    WHERE {COUNTS} AND contact_id = ANY(:contacts) AND handed_at > :since
""")

HANDED_TODAY = text(f"SELECT count(*) FROM message WHERE {COUNTS} AND handed_at >= :midnight")

JUDGED = text("""
    UPDATE message SET state = judged.state, because = judged.because,
           due_at = coalesce(judged.due_at, message.due_at),
           sending_by = CASE judged.state WHEN 'sending' THEN CAST(:sender AS bigint) END,
           handed_at = CASE judged.state WHEN 'sending' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:becauses AS text[]),
                CAST(:due_ats AS timestamptz[])) AS judged (id, state, because, due_at)
    WHERE message.id = judged.id
""")


@dataclass
class Taken:
    """Messages that were looked at, and what the rules say of each."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def going(self) -> list[int]:
        """Those that are held to be handed over."""
        return [one for one, verdict in self.verdicts.items() if verdict.state is MessageState.SENDING]

    @property
    def others(self) -> Counter[MessageState]:
        """How many of the others are in which state; `queued` is what waits."""
        return Counter(one.state for one in self.verdicts.values() if one.state is not MessageState.SENDING)


def next_due(connection: Connection) -> datetime | None:
    """When the next queued message is due, long ago for one that goes at once; None while none waits."""
    return connection.execute(NEXT_DUE).scalar()


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether something may be taken now."""
    due = next_due(connection)
    return due is not None and due <= now


def take(connection: Connection, rules: MailRules, now: datetime, *, sender: int, size: int, most: int) -> Taken:
    """Judge up to `size` due messages, of which up to `most` go out. The caller commits at once.

    Answers, tasks and mails to colleagues come first: marketing is looked at when none of those is due.
    """
    due = {"now": now, "size": size}
    urgent = [_candidate(row) for row in connection.execute(URGENT, due).mappings()]
    if urgent:
        taken = _judged(urgent, rules, now, most, {}, None)
    else:
        taken = _take_marketing(connection, rules, now, due, most)
    _write(connection, taken.verdicts, now, sender)
    return taken


def _take_marketing(
    connection: Connection, rules: MailRules, now: datetime, due: Mapping[str, Any], most: int
) -> Taken:
    connection.execute(ALONE)
    mails = [_candidate(row) for row in connection.execute(MARKETING, due).mappings()]
    handed = _handed(connection, rules, now, {mail.contact_id for mail in mails if mail.contact_id})
    return _judged(mails, rules, now, most, handed, _left_today(connection, rules, now) if mails else None)


def _judged(
    mails: Sequence[Candidate],
    rules: MailRules,
    now: datetime,
    most: int,
    handed: dict[int | None, list[datetime]],
    left_today: int | None,
) -> Taken:
    """One after the other, because each that goes counts for those behind it."""
    taken, going = Taken(), 0
    for mail in mails:
        if going == most:
            break
        before = handed.get(mail.contact_id, [])
        left = None if left_today is None else left_today - going
        verdict = taken.verdicts[mail.id] = judge(mail, rules, now, handed=before, left_today=left)
        if verdict.state is MessageState.SENDING:
            going += 1
            handed[mail.contact_id] = [*before, now]
    return taken


def _handed(
    connection: Connection, rules: MailRules, now: datetime, contacts: Iterable[int]
) -> dict[int | None, list[datetime]]:
    """When each contact was handed marketing, as far back as the caps look."""
    handed: dict[int | None, list[datetime]] = defaultdict(list)
    look_back = rules.look_back()
    if look_back and contacts:
        about = {"contacts": list(contacts), "since": now - look_back}
        for contact_id, moment in connection.execute(HANDED, about):
            handed[contact_id].append(moment)
    return handed


def _left_today(connection: Connection, rules: MailRules, now: datetime) -> int | None:
    allowed = rules.allowed_today(now)
    if allowed is None:
        return None
    midnight, _ = rules.today(now)
    return max(0, allowed - connection.execute(HANDED_TODAY, {"midnight": midnight}).scalar_one())


def _candidate(row: RowMapping) -> Candidate:
    window, where = row["send_window"], Whereabouts.__dataclass_fields__
    return Candidate(
        id=row["id"],
        kind=MessageKind(row["kind"]),
        template=row["template"],
        contact_id=row["contact_id"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
        was_due_at=row["was_due_at"],
        good_for=row["good_for"],
        send_window=tuple(window.items()) if window is not None else None,
        on_cap=OnCap(row["on_cap"]) if row["on_cap"] else None,
        to_address=row["to_address"],
        suppressed=row["suppressed"],
        opted_out=frozenset(row["opted_out"]),
        broken_off=row["broken_off"],
        where=Whereabouts(**{name: row[name] for name in where}),
    )


def _write(connection: Connection, verdicts: Mapping[int, Verdict], now: datetime, sender: int) -> None:
    columns = {
        "ids": list(verdicts),
        "states": [str(one.state) for one in verdicts.values()],
        "becauses": [one.because for one in verdicts.values()],
        "due_ats": [one.due_at for one in verdicts.values()],
    }
    if verdicts:
        connection.execute(JUDGED, columns | {"now": now, "sender": sender})
