"""How mail to contacts goes out: when, how much of it, about what; what is split-tested; what is sent by hand."""

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from models.playbook.routing import Hours
from models.playbook.scoring import Percent
from models.playbook.section import Duration, Email, EventPattern, Section, Text, renamed, write_duration
from models.tables.message import OnCap

SHORTEST_CAP = timedelta(hours=1)
QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class Frequency(StrEnum):
    """How often a list of what is to be sent by hand is handed over."""

    WEEK = "week"
    """On Mondays."""
    MONTH = "month"
    """On the first."""


def _long_enough(length: timedelta) -> timedelta:
    if length < SHORTEST_CAP:
        raise ValueError("a cap counts over at least an hour, such as 1d or 7d")
    return length


def _quiet_hours(text: str) -> str:
    begin, _, end = text.partition("-")
    if not QUIET.fullmatch(text) or begin == end:
        raise ValueError("hours of the day such as 20:00-08:00 were expected")
    return text


class Cap(Section):
    """At most so many marketing mails to one contact, over all journeys."""

    mails: Annotated[int, Field(ge=1)]
    per: Annotated[Duration, AfterValidator(_long_enough)]

    @property
    def text(self) -> str:
        """Such as `2 marketing mails in 7d`."""
        return f"{self.mails} marketing mail{'' if self.mails == 1 else 's'} in {write_duration(self.per)}"


class WarmUp(Section):
    """How a new sending address earns its name: few marketing mails on the first day, more on each that follows."""

    starts: date
    first_day: Annotated[int, Field(ge=1)] = 50
    grows: Percent
    """A day, such as 30%."""
    until: Annotated[int, Field(ge=1)] = 100_000
    """Mails a day at which the warm-up is over."""


class Bounces(Section):
    """When many refusals at once are a fault of ours or of a mail server, and no dead addresses."""

    decide_after: Duration = timedelta(minutes=15)
    """How long a bounce waits for others of its kind before its contact is suppressed."""
    at_least: Annotated[int, Field(ge=2)] = 10
    """Refusals within an hour or a day, to one domain or over all."""
    share: Percent = Decimal("0.2")
    """Of the mails that were handed over meanwhile."""


class Topic(Section):
    """Something that contacts can choose to get no mail about."""

    label: Text
    about: str | None = None
    """A sentence for the preference page."""
    mails: tuple[Text, ...] = Field(min_length=1)
    """Journeys, or single mails as `journey/template`."""


class Mail(Section):
    """The rules for mail to contacts. Answers to what they did themselves go at once and do not count."""

    window: Hours | None = None
    """Hours of the receiver's week in which marketing goes out; none: around the clock."""
    quiet: Annotated[str, AfterValidator(_quiet_hours)] | None = None
    """Hours of the receiver's day in which no marketing goes out whatever a journey says, such as 20:00-08:00."""
    caps: tuple[Cap, ...] = ()
    on_cap: OnCap = OnCap.WAIT
    """Unless the journey says otherwise."""
    expires_after: Duration = renamed("good_for", "expires_after", default=timedelta(days=2))
    """How long marketing is still worth sending once it is due, in hours in which it may go out, unless the journey
    says otherwise.
    """
    answers_expire_after: Duration = timedelta(days=7)
    """The same for answers to what contacts did themselves, around the clock. Who is responsible is told of each."""
    answers_a_day: Annotated[int, Field(ge=1)] = 5
    """Answers to forms within a day, over all forms, to whoever has not shown that the address is theirs."""
    bounces: Bounces = Bounces()
    rate: Annotated[int, Field(ge=1)] | None = None
    """Mails a second, over all processes."""
    warm_up: WarmUp | None = None
    unknown_for: Duration = timedelta(days=3)
    """How long a mail whose fate is unknown waits for the provider's word before a person is asked."""
    reply_domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")] | None = None
    """Where replies come in to us; none: they go to the company's own address."""
    dkim_selectors: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")], ...] = ()
    """The names of the DKIM keys of the sending domain, as whoever sends for you shows them; none: the usual ones are
    looked for."""
    test_address: Email | None = None
    """Test mode: where every mail goes, whoever it is for; none: to its receiver. What was sent so counts in no figure
    and for no contact."""
    topics: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], Topic] = Field(default_factory=dict)


class SplitTestEntry(Section):
    """How a split test of a journey is judged."""

    goal: EventPattern = "order_placed"
    """What counts as success, after the draw."""
    within: Duration = timedelta(weeks=4)
    """How long after the draw it still counts."""
    lift: Percent | None = None
    """The difference in rates worth finding, in percentage points, which says how many contacts it takes."""
    guardrails: tuple[EventPattern, ...] = ("unsubscribed", "spam_reported")
    """What must not become more frequent."""
    winner: Literal["by rule", "by a person"] = "by a person"


class FulfilmentList(Section):
    """Things to send by hand, such as thank-you notes, as a list to somebody."""

    to: Email
    every: Frequency = Frequency.WEEK
