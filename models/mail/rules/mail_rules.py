"""The mail rules of a playbook, with the questions that the sending decision asks them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.geo.time_zone import LocationHints, possible_time_zones
from models.mail.rules.consent import topic_of
from models.playbook.document import Playbook
from models.playbook.holidays import HolidayTerms
from models.playbook.mail import Cap, Mail, WarmUp
from models.playbook.send_window import sending_hours_in_all
from models.tables.message import MessageKind, OnCap
from models.values.working_hours import OpenHours


@dataclass(frozen=True, kw_only=True)
class DueMessage:
    """One message of the outbox."""

    id: int
    kind: MessageKind
    template: str
    contact_id: int | None
    queued_at: datetime
    due_at: datetime
    first_due_at: datetime | None = None
    expires_after: timedelta | None
    """None: as the playbook says. So with the two below."""
    send_window: tuple[tuple[str, str], ...] | None
    on_cap: OnCap | None
    to_address: str | None
    suppressed: str | None
    opted_out: frozenset[str]
    run_ending: str | None
    """The ending of its journey, if that came while the journey still waited for something, such as `bought`."""
    location: LocationHints
    run_id: int | None = None
    form: str | None = None
    """The form that its run was started by, if it was one: it is an answer to that."""
    unconfirmed_since: datetime | None = None
    """Since when its contact is asked to confirm the address, if this waits for that (double opt-in)."""
    is_confirmed: bool = False
    """Whether the contact has shown that the address is theirs, such as by a click or a reply."""


CONFIRM_WITHIN = timedelta(days=14)
"""How long the link of a confirmation mail is good, and what waits for it waits."""

LONGEST_WAIT = timedelta(days=14)
"""How long after its first open hour marketing is sent at most, however few hours were open since: it is no news any
more."""

ANSWER_PERIOD = timedelta(days=1)
"""How far back it is looked whether a contact had an answer already."""


@dataclass(frozen=True, kw_only=True)
class PreviousAnswer:
    """An answer to a form that a contact was sent before."""

    run_id: int | None
    template: str
    form: str
    at: datetime


def allowed_on(warm_up: WarmUp, day: date) -> int | None:
    """The number of that day; None before the warm-up and after it, when nothing is limited."""
    days = (day - warm_up.starts).days
    # Past a year the power of a large growth would not be a number any more, and no warm-up takes that long.
    if not 0 <= days <= 365:
        return None
    allowed = int(warm_up.first_day * (1 + warm_up.grows) ** days)
    return allowed if allowed < warm_up.until else None


def begin_of_day(at: datetime, zone: str) -> datetime:
    """The midnight before."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))


def next_day(at: datetime, zone: str) -> datetime:
    """The midnight after."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), ZoneInfo(zone))


def longest_period(caps: Sequence[Cap]) -> timedelta:
    """How far back the caps look."""
    return max((cap.per for cap in caps), default=timedelta(0))


def reached_cap(caps: Sequence[Cap], previous_sends: Sequence[datetime], now: datetime) -> tuple[Cap, datetime] | None:
    """The cap that allows no mail now, and the moment from which on it does; None when there is room.

    `previous_sends` are the moments at which mails were handed over before. Of several caps it is the one that lasts
    longest.
    """
    full = ((cap, _has_room_at(cap, previous_sends, now)) for cap in caps)
    return max(((cap, at) for cap, at in full if at > now), key=lambda found: found[1], default=None)


def _has_room_at(cap: Cap, previous_sends: Sequence[datetime], now: datetime) -> datetime:
    counted = sorted(moment for moment in previous_sends if moment > now - cap.per)
    # The newest `cap.mails` fill it: the oldest of them must have passed out of the time that it counts over.
    return counted[-cap.mails] + cap.per if len(counted) >= cap.mails else now


@dataclass(frozen=True)
class MailRules:
    """What the playbook says about mail to contacts."""

    mail: Mail
    country: str
    zone: str
    """The company's."""
    holidays: HolidayTerms

    @classmethod
    def from_playbook(cls, playbook: Playbook) -> "MailRules":
        """The rules in a playbook."""
        company = playbook.company
        return cls(playbook.mail, company.country, company.time_zone, company.holidays)

    def hours(self, mail: DueMessage) -> OpenHours | None:
        """When this mail may go out, in each zone in which its receiver may be; None for always.

        Raises NoSendingHours.
        """
        window = mail.send_window if mail.send_window is not None else self._window
        if window is None and self.mail.quiet is None and not self.holidays:
            return None
        zones = possible_time_zones(mail.location, self.country, self.zone)
        return sending_hours_in_all(window, self.mail.quiet, zones, self.holidays)

    @property
    def _window(self) -> tuple[tuple[str, str], ...] | None:
        return tuple(self.mail.window.items()) if self.mail.window is not None else None

    def topic(self, mail: DueMessage) -> str | None:
        """The topic of the mail, where the playbook names topics."""
        return topic_of(self.mail, mail.template)

    def expires_after(self, mail: DueMessage) -> timedelta:
        """How long after it was due it is still sent: marketing in open time, all else around the clock."""
        if mail.expires_after is not None:
            return mail.expires_after
        is_marketing = mail.kind is MessageKind.MARKETING
        return self.mail.expires_after if is_marketing else self.mail.answers_expire_after

    def cap_period(self) -> timedelta | None:
        """How far back the caps count; None without caps."""
        return longest_period(self.mail.caps) or None

    def allowed_today(self, now: datetime) -> int | None:
        """How many marketing mails may go out on this day of the company while it warms up; None for any number."""
        if self.mail.warm_up is None:
            return None
        return allowed_on(self.mail.warm_up, begin_of_day(now, self.zone).date())

    def day_bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """The company's day: its midnight, and the next."""
        return begin_of_day(now, self.zone), next_day(now, self.zone)
