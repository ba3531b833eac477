"""The rules for mail of a playbook, in the form in which they are asked for each mail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.mail_consent import topic_of
from models.mail_rules.candidate import Candidate
from models.mail_rules.caps import longest
from models.mail_rules.warm_up import allowed_on, begin_of_day, next_day
from models.mail_rules.windows import sending_hours
from models.mail_rules.zones import zone_of
from models.playbook.document import Playbook
from models.playbook.mail import Mail
from models.working_hours import WorkingHours


@dataclass(frozen=True)
class MailRules:
    """What the playbook says of mail to contacts."""

    mail: Mail
    country: str
    zone: str
    """The company's."""
    holidays: tuple[date, ...]

    @classmethod
    def of(cls, playbook: Playbook) -> "MailRules":
        """The rules in a playbook."""
        company = playbook.company
        return cls(playbook.mail, company.country, company.time_zone, company.holidays)

    def hours(self, mail: Candidate) -> WorkingHours | None:
        """When this mail may go out, in its receiver's zone; None for always. Raises NoHours."""
        window = mail.send_window if mail.send_window is not None else self._window
        if window is None and self.mail.quiet is None and not self.holidays:
            return None
        zone = zone_of(mail.where, self.country, self.zone)
        return sending_hours(window, self.mail.quiet, zone, self.holidays)

    @property
    def _window(self) -> tuple[tuple[str, str], ...] | None:
        return tuple(self.mail.window.items()) if self.mail.window is not None else None

    def topic(self, mail: Candidate) -> str | None:
        """What the mail is about, where the playbook names topics."""
        return topic_of(self.mail, mail.template)

    def good_for(self, mail: Candidate) -> timedelta:
        """How long after it was due it is worth sending."""
        return mail.good_for if mail.good_for is not None else self.mail.good_for

    def look_back(self) -> timedelta | None:
        """How far back the caps count; None without caps."""
        return longest(self.mail.caps) or None

    def allowed_today(self, now: datetime) -> int | None:
        """How many marketing mails may go out on this day of the company while it warms up; None for any number."""
        if self.mail.warm_up is None:
            return None
        return allowed_on(self.mail.warm_up, begin_of_day(now, self.zone).date())

    def today(self, now: datetime) -> tuple[datetime, datetime]:
        """The company's day: its midnight, and the next."""
        return begin_of_day(now, self.zone), next_day(now, self.zone)
