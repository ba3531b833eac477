"""What becomes of a mail that is due: it goes out, waits, is dropped as too late or too many, or is refused. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.mail.consent import objection
from models.mail.rules.rules import Candidate, MailRules, reached
from models.playbook.section import write_duration
from models.playbook.send_window import NoHours
from models.tables.message import TO_CONTACTS, MessageKind, MessageState, OnCap
from models.values.working_hours import HORIZON, WorkingHours


@dataclass(frozen=True)
class Verdict:
    """The state that the message is given."""

    state: MessageState
    because: str | None = None
    due_at: datetime | None = None
    """When it is looked at again, if it waits."""


GOES = Verdict(MessageState.SENDING)


def judge(
    mail: Candidate, rules: MailRules, now: datetime, *, handed: Sequence[datetime] = (), left_today: int | None = None
) -> Verdict:
    """Decide about a mail that is due.

    `handed` are the moments at which its contact was handed marketing before, `left_today` how many the warm-up still
    allows today (None: any number). Mail to colleagues always goes: their work does not end with the day, and whoever
    comes back after an outage needs the list of it.
    """
    if mail.kind not in TO_CONTACTS:
        return GOES
    if because := _speaks_against(mail, rules):
        return Verdict(MessageState.FAILED, because)
    if mail.kind is not MessageKind.MARKETING:
        return _too_late(mail, rules, None, now) or GOES
    try:
        return _judge_marketing(mail, rules, now, handed, left_today)
    except NoHours as error:
        return Verdict(MessageState.FAILED, str(error))


def _judge_marketing(
    mail: Candidate, rules: MailRules, now: datetime, handed: Sequence[datetime], left_today: int | None
) -> Verdict:
    hours = rules.hours(mail)
    return (
        _too_late(mail, rules, hours, now)
        or _outside_hours(hours, now)
        or _capped(mail, rules, hours, now, handed)
        or _warming_up(rules, hours, now, left_today)
        or GOES
    )


def _speaks_against(mail: Candidate, rules: MailRules) -> str | None:
    """What has changed since the message was queued, or was never there."""
    because = objection(mail.kind, mail.suppressed, mail.opted_out, rules.topic(mail))
    if because:
        return f"{because} after this was queued"
    # Who has bought over the weekend gets no offer on Monday.
    if mail.kind is MessageKind.MARKETING and mail.broken_off:
        return f"the journey ended before this went out: {mail.broken_off}"
    return None if mail.to_address else "no address: the contact has no email"


def _too_late(mail: Candidate, rules: MailRules, hours: WorkingHours | None, now: datetime) -> Verdict | None:
    """A window that was closed does not make a mail late: what counts is when it could have gone out."""
    good_for = rules.good_for(mail)
    was_due = mail.was_due_at or max(mail.queued_at, mail.due_at)
    if now - was_due <= good_for or now - _open_from(hours, was_due) <= good_for:
        return None
    return Verdict(MessageState.EXPIRED, f"too late: more than {write_duration(good_for)} after it was due")


def _outside_hours(hours: WorkingHours | None, now: datetime) -> Verdict | None:
    opens = _open_from(hours, now)
    if hours is None or opens <= now:
        return None
    return Verdict(MessageState.QUEUED, f"waits for its hours, in the time zone {hours.zone}", opens)


def _capped(
    mail: Candidate, rules: MailRules, hours: WorkingHours | None, now: datetime, handed: Sequence[datetime]
) -> Verdict | None:
    full = reached(rules.mail.caps, handed, now)
    if full is None:
        return None
    cap, room_at = full
    because = f"the contact has had {cap.words}, which is the cap"
    if (mail.on_cap or rules.mail.on_cap) is OnCap.SKIP:
        return Verdict(MessageState.SKIPPED, because)
    return Verdict(MessageState.QUEUED, because, _open_from(hours, room_at))


def _warming_up(rules: MailRules, hours: WorkingHours | None, now: datetime, left_today: int | None) -> Verdict | None:
    if left_today is None or left_today > 0:
        return None
    _, tomorrow = rules.today(now)
    because = f"the warm-up allows {rules.allowed_today(now)} marketing mails today"
    return Verdict(MessageState.QUEUED, because, _open_from(hours, tomorrow))


def _open_from(hours: WorkingHours | None, at: datetime) -> datetime:
    """The first moment from `at` on at which the mail may go out. Raises NoHours."""
    opens = at if hours is None else hours.next_open(at)
    if opens is None:
        raise NoHours(f"there is no hour at which it may go out within {HORIZON.days} days: see mail.window, holidays")
    return opens
