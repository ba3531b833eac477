"""The sending decision for a due message: send, wait, expire, skip, withdraw or fail. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.mail.rules.consent import suppression_reason
from models.mail.rules.mail_rules import (
    ANSWER_PERIOD,
    CONFIRM_WITHIN,
    LONGEST_WAIT,
    DueMessage,
    MailRules,
    PreviousAnswer,
    reached_cap,
)
from models.playbook.section import write_duration
from models.playbook.send_window import NoSendingHours
from models.tables.message import TO_CONTACTS, MessageKind, MessageState, OnCap
from models.values.working_hours import HORIZON, OpenHours


@dataclass(frozen=True)
class SendDecision:
    """The state that the message is given."""

    state: MessageState
    reason: str | None = None
    due_at: datetime | None = None
    """When it is looked at again, if it waits."""
    by_cap: bool = False
    """The contact has had as many mails as the caps allow."""


SEND = SendDecision(MessageState.SENDING)


def decide_sending(
    mail: DueMessage,
    rules: MailRules,
    now: datetime,
    *,
    previous_sends: Sequence[datetime] = (),
    previous_answers: Sequence[PreviousAnswer] = (),
    left_today: int | None = None,
) -> SendDecision:
    """Decide about a mail that is due.

    `previous_sends` are the moments at which its contact was sent marketing before, `previous_answers` the answers to
    forms, `left_today` how many the warm-up still allows today (None: any number). Mail to colleagues always goes:
    their work does not end with the day, and whoever comes back after an outage needs the list of it.
    """
    if mail.kind not in TO_CONTACTS:
        return SEND
    if reason := _withdrawal_reason(mail, rules):
        return SendDecision(MessageState.WITHDRAWN, reason)
    if not mail.to_address:
        return SendDecision(MessageState.FAILED, "no address: the contact has no email")
    if mail.kind is not MessageKind.MARKETING:
        if mail.unconfirmed_since is not None:
            return _unconfirmed(mail.unconfirmed_since, now)
        return _expired(mail, rules, None, now) or _answered_before(mail, rules, now, previous_answers) or SEND
    try:
        return _decide_marketing(mail, rules, now, previous_sends, left_today)
    except NoSendingHours as error:
        return SendDecision(MessageState.FAILED, str(error))


def _decide_marketing(
    mail: DueMessage, rules: MailRules, now: datetime, previous_sends: Sequence[datetime], left_today: int | None
) -> SendDecision:
    hours = rules.hours(mail)
    return (
        _expired(mail, rules, hours, now)
        or _outside_hours(hours, now)
        or _over_cap(mail, rules, hours, now, previous_sends)
        or _over_warm_up(rules, hours, now, left_today)
        or SEND
    )


def _withdrawal_reason(mail: DueMessage, rules: MailRules) -> str | None:
    """Why this message is rightly not sent any more: its contact is suppressed, or its run has ended."""
    reason = suppression_reason(mail.kind, mail.suppressed, mail.opted_out, rules.topic(mail))
    if reason:
        return f"{reason} after this was queued"
    # A contact who bought at the weekend gets no offer on Monday.
    if mail.kind is MessageKind.MARKETING and mail.run_ending:
        return f"the journey ended before this went out: {mail.run_ending}"
    return None


def _expired(mail: DueMessage, rules: MailRules, hours: OpenHours | None, now: datetime) -> SendDecision | None:
    """Only time in which the message could have been sent makes it late, up to a limit around the clock."""
    expires_after = rules.expires_after(mail)
    was_due = mail.first_due_at or max(mail.queued_at, mail.due_at)
    if now - was_due <= expires_after:
        return None
    is_marketing = mail.kind is MessageKind.MARKETING
    longest = max(expires_after, LONGEST_WAIT) if is_marketing else expires_after
    if now - _open_from(hours, was_due) > longest:
        return SendDecision(MessageState.EXPIRED, f"too late: more than {write_duration(longest)} after it was due")
    # Time in which sending was paused counts: what is old is old, whoever held it up.
    if hours is not None and hours.between(was_due, now) <= expires_after:
        return None
    reason = f"too late: it could have gone out for more than {write_duration(expires_after)}"
    return SendDecision(MessageState.EXPIRED, reason)


def _outside_hours(hours: OpenHours | None, now: datetime) -> SendDecision | None:
    opens = _open_from(hours, now)
    if hours is None or opens <= now:
        return None
    return SendDecision(MessageState.QUEUED, _waits_for(hours.zones), opens)


def _waits_for(zones: Sequence[str]) -> str:
    if len(zones) == 1:
        return f"waits for its hours, in the time zone {zones[0]}"
    return f"waits for hours that are allowed in each time zone its receiver may be in: {', '.join(zones)}"


def _unconfirmed(since: datetime, now: datetime) -> SendDecision:
    """An answer to whoever has agreed to mail and has not confirmed it: until then they get nothing else from us."""
    until = since + CONFIRM_WITHIN
    if now >= until:
        reason = f"the contact did not confirm the address within {write_duration(CONFIRM_WITHIN)}"
        return SendDecision(MessageState.SKIPPED, reason)
    return SendDecision(MessageState.QUEUED, "waits for the contact to confirm the address", until)


def _answered_before(
    mail: DueMessage, rules: MailRules, now: datetime, previous_answers: Sequence[PreviousAnswer]
) -> SendDecision | None:
    """Anybody can send a form with anybody's address: however often they do, its owner gets each answer once a day."""
    if mail.form is None:
        return None
    recent = [one for one in previous_answers if one.at > now - ANSWER_PERIOD]
    # Within one run the journey decides: what it sends twice it means twice.
    if any((one.template, one.form) == (mail.template, mail.form) and one.run_id != mail.run_id for one in recent):
        return SendDecision(MessageState.SKIPPED, "the contact had this answer to the same form less than a day ago")
    most = rules.mail.answers_a_day
    if len(recent) < most or mail.is_confirmed:
        return None
    reason = f"the contact had {most} answers within a day, and has not shown that the address is theirs"
    return SendDecision(MessageState.SKIPPED, reason)


def _over_cap(
    mail: DueMessage, rules: MailRules, hours: OpenHours | None, now: datetime, previous_sends: Sequence[datetime]
) -> SendDecision | None:
    full = reached_cap(rules.mail.caps, previous_sends, now)
    if full is None:
        return None
    cap, room_at = full
    reason = f"the contact has had {cap.text}, which is the cap"
    if (mail.on_cap or rules.mail.on_cap) is OnCap.SKIP:
        return SendDecision(MessageState.SKIPPED, reason, by_cap=True)
    return SendDecision(MessageState.QUEUED, reason, _open_from(hours, room_at), by_cap=True)


def _over_warm_up(
    rules: MailRules, hours: OpenHours | None, now: datetime, left_today: int | None
) -> SendDecision | None:
    if left_today is None or left_today > 0:
        return None
    _, tomorrow = rules.day_bounds(now)
    reason = f"the warm-up allows {rules.allowed_today(now)} marketing mails today"
    return SendDecision(MessageState.QUEUED, reason, _open_from(hours, tomorrow))


def _open_from(hours: OpenHours | None, at: datetime) -> datetime:
    """The first moment from `at` on at which the mail may go out. Raises NoSendingHours."""
    opens = at if hours is None else hours.next_open(at)
    if opens is None:
        raise NoSendingHours(
            f"there is no hour at which it may go out within {HORIZON.days} days: see mail.window, holidays"
        )
    return opens
