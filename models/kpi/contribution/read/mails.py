"""What became of mails: each mail, each journey, over time, and beside the days before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.contribution.read.share import Share, baseline_month, bound, sums_of
from models.kpi.interval import SMALL
from models.kpi.period import Period
from models.kpi.read.question import Question
from models.kpi.versions import as_known

ROLLING_DAYS = 28
"""Rates over time are of the four weeks up to each day."""
MOST_POINTS = 120
"""Longer periods have a rolling rate for each week and not for each day."""


@dataclass(frozen=True, kw_only=True)
class MailCounts:
    """What became of some mails; whoever opened, clicked or bounced did so at any time since."""

    sent: int = 0
    delivered: int | None = None
    """None: the mailer tells of no deliveries."""
    reached: int = 0
    """What rates are of: delivered, or where nobody tells of that, sent and not come back."""
    opened: int = 0
    """By people, as are the clicks."""
    clicked: int = 0
    bot_opened: int = 0
    """By programs alone."""
    bot_clicked: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    complained: int = 0
    replied: int = 0
    connected: int = 0
    """Whose receivers talked with us for the first time within the playbook's time after. Touched, not caused."""
    ordered: int = 0
    first_touches: int = 0
    """Orders of which it was the first mail in time before; each order counts once."""
    last_touches: int = 0
    """Orders of which it was the last one."""

    @property
    def is_tracked(self) -> bool:
        """Whether opens and clicks are told of at all: of enough mails nobody, and no program, opened one else."""
        return self.reached < SMALL or any((self.opened, self.clicked, self.bot_opened, self.bot_clicked))

    @property
    def open_rate(self) -> Share | None:
        """None where opens are not tracked."""
        return Share(self.opened, self.reached) if self.is_tracked else None

    @property
    def click_rate(self) -> Share | None:
        """Of all that arrived, not only of those that were opened. None where clicks are not tracked."""
        return Share(self.clicked, self.reached) if self.is_tracked else None

    @property
    def delivery_rate(self) -> Share | None:
        """None where the mailer tells of no deliveries."""
        return None if self.delivered is None else Share(self.delivered, self.sent)

    @property
    def bounce_rate(self) -> Share:
        """Of all that were sent."""
        return Share(self.bounced, self.sent)

    @property
    def unsubscribe_rate(self) -> Share:
        """Of all that arrived, as the rates below."""
        return Share(self.unsubscribed, self.reached)

    @property
    def reply_rate(self) -> Share:
        """Answered by a person."""
        return Share(self.replied, self.reached)

    @property
    def touched_connections(self) -> Share:
        """Followed by a first talk in time."""
        return Share(self.connected, self.reached)

    @property
    def touched_orders(self) -> Share:
        """Followed by an order in time."""
        return Share(self.ordered, self.reached)


COLUMNS = tuple(field.name for field in fields(MailCounts))


@dataclass(frozen=True, kw_only=True)
class MailLine:
    """One mail, or one variant of a mail whose subject is tested."""

    template: str
    journey: str
    variant: str
    now: MailCounts
    before: MailCounts
    """In the period before, of the same length."""


@dataclass(frozen=True)
class FunnelMails:
    """All mails of one journey; the journey is empty for mails of none."""

    journey: str
    now: MailCounts
    before: MailCounts


@dataclass(frozen=True)
class RollingRates:
    """The mails of the four weeks up to a day."""

    day: date
    counts: MailCounts


@dataclass(frozen=True, kw_only=True)
class MailsReading:
    """The chapter about mails. Every mail counts on the day on which it was sent."""

    lines: tuple[MailLine, ...]
    """The most sent first."""
    funnels: tuple[FunnelMails, ...]
    """Likewise."""
    total: MailCounts
    before: MailCounts
    baseline: MailCounts | None
    """Of the first whole month that was reported."""
    baseline_period: Period | None
    rolling: tuple[RollingRates, ...]
    """In the order of days."""


def read_mails(connection: Connection, question: Question) -> MailsReading:
    """Everything about the mails that were sent in the period. Mails are of no team: journeys send them."""
    now = _counts(connection, question, question.period, "template, journey, variant")
    before = _counts(connection, question, question.period.before, "template, journey, variant")
    baseline = baseline_month(connection, "kpi_message", question)
    lines = [
        MailLine(template=key[0], journey=key[1], variant=key[2], now=counts, before=before.get(key, MailCounts()))
        for key, counts in now.items()
    ]
    return MailsReading(
        lines=tuple(sorted(lines, key=lambda one: (-one.now.sent, one.template, one.journey, one.variant))),
        funnels=tuple(_funnels(connection, question)),
        total=_total(connection, question, question.period),
        before=_total(connection, question, question.period.before),
        baseline=_total(connection, question, baseline) if baseline else None,
        baseline_period=baseline,
        rolling=read_rolling(connection, question),
    )


def read_rolling(
    connection: Connection, question: Question, *, journey: str | None = None, template: str | None = None
) -> tuple[RollingRates, ...]:
    """Rolling counts of four weeks: of all mails, of a journey's, or of one mail; for days with mails before them."""
    period = question.period
    whole = Period(period.first - timedelta(days=ROLLING_DAYS - 1), period.last)
    rows = connection.execute(
        text(f"""
        SELECT day, {sums_of(COLUMNS)} FROM kpi_message
        WHERE day BETWEEN :first AND :last AND {as_known(question.known_at)}
          AND (CAST(:journey AS text) IS NULL OR journey = :journey)
          AND (CAST(:template AS text) IS NULL OR template = :template)
        GROUP BY day"""),
        bound(question, whole) | {"journey": journey, "template": template},
    ).mappings()
    by_day = {row["day"]: dict(row) for row in rows}
    step = 1 if period.days <= MOST_POINTS else 7
    days = [period.last - timedelta(days=number) for number in range(0, period.days, step)]
    return tuple(RollingRates(day, counts) for day in reversed(days) if (counts := _rolled(by_day, day)).sent)


def _rolled(by_day: Mapping[date, Mapping[str, Any]], last: date) -> MailCounts:
    rows = [by_day[day] for number in range(ROLLING_DAYS) if (day := last - timedelta(days=number)) in by_day]
    return MailCounts(**{name: _added(row[name] for row in rows) for name in COLUMNS})  # type: ignore[arg-type]


def _added(numbers: Iterator[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _funnels(connection: Connection, question: Question) -> Iterator[FunnelMails]:
    now = _counts(connection, question, question.period, "journey")
    before = _counts(connection, question, question.period.before, "journey")
    for key, counts in sorted(now.items(), key=lambda item: (-item[1].sent, item[0])):
        yield FunnelMails(key[0], counts, before.get(key, MailCounts()))


def _total(connection: Connection, question: Question, period: Period) -> MailCounts:
    return _counts(connection, question, period, "'' ").get(("",), MailCounts())


def _counts(connection: Connection, question: Question, period: Period, key: str) -> dict[tuple[str, ...], MailCounts]:
    rows = connection.execute(
        text(f"""
        SELECT ARRAY[{key}] AS key, {sums_of(COLUMNS)} FROM kpi_message
        WHERE day BETWEEN :first AND :last AND {as_known(question.known_at)} GROUP BY 1"""),
        bound(question, period),
    ).mappings()
    return {tuple(row["key"]): MailCounts(**{name: row[name] for name in COLUMNS}) for row in rows}
