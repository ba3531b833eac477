"""What journeys and their steps bring: beside the holdout where there is one, else what they touched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, text

from models.kpi.contribution.read.share import Share, baseline_month, bound
from models.kpi.contribution.steps import ONTO_THE_JOURNEY
from models.kpi.period import Period
from models.kpi.read.question import Question
from models.kpi.versions import as_known
from models.playbook import current_playbook
from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.splits.statistics.comparison import Comparison, compare
from models.splits.statistics.guardrail import SRM_P_LIMIT, srm_p
from models.splits.statistics.interval import Counts, InterimLook
from models.splits.statistics.winner_rule import default_lift
from models.wording import day_of, number, percent

Goal = Literal["connected", "ordered"]

GOAL_WORDS: dict[Goal, str] = {"connected": "first talks", "ordered": "buyers"}

LAST_RUN = text("""
SELECT max(known_at) FROM kpi_run WHERE CAST(:known_at AS timestamptz) IS NULL OR known_at <= :known_at
""")


@dataclass(frozen=True)
class Touched:
    """Contacts who took something, and how many of them talked with us for the first time, or ordered, in time after.

    Touched, not caused: some of them would have done so anyway.
    """

    contacts: int = 0
    connected: int = 0
    ordered: int = 0

    @property
    def connected_share(self) -> Share:
        """Of the contacts."""
        return Share(self.connected, self.contacts)

    @property
    def ordered_share(self) -> Share:
        """Of the contacts."""
        return Share(self.ordered, self.contacts)


@dataclass(frozen=True)
class HoldoutEffect:
    """What a journey brings: those drawn onto it beside those kept off it, of whom the time to talk or order is over.

    It stays true however often one looks, as results of split tests do. A difference is claimed only where chance does
    not explain it, and not where the draw itself is broken.
    """

    goal: Goal
    comparison: Comparison
    """The second is the journey."""
    within_days: int
    is_broken: bool
    """The two sides are not as large as the draw makes them."""

    @property
    def held_out(self) -> Counts:
        """Those kept off the journey."""
        return self.comparison.counts[0]

    @property
    def on_the_journey(self) -> Counts:
        """Those on it."""
        return self.comparison.counts[1]

    @property
    def difference(self) -> float | None:
        """The share on the journey less the share off it, from -1 to 1; None while one side is empty."""
        return self.comparison.difference if self.held_out.contacts and self.on_the_journey.contacts else None

    @property
    def brings(self) -> Literal["more", "fewer"] | None:
        """What is claimed; None: nothing."""
        if self.is_broken or self.comparison.better is None:
            return None
        return "more" if self.comparison.better == ON_THE_JOURNEY else "fewer"

    def sentence(self) -> str:
        """What it says, for people, with the figures."""
        on, off, of_what = self.on_the_journey, self.held_out, GOAL_WORDS[self.goal]
        sides = (
            f"{_rate(on)} of {number(on.contacts)} on the journey and {_rate(off)} of {number(off.contacts)} held out, "
            f"within {self.within_days} days of the draw"
        )
        if self.is_broken:
            return f"The draw is broken, so nothing is said: {sides}."
        if not self.comparison.is_known:
            return f"Too few {of_what} to say what it brings: {sides}."
        low, high = self.comparison.always_valid
        ends = f"{_points(low)} to {_points(high)} points, p = {self.comparison.p:.2g}"
        if self.brings is None:
            return f"No more and no fewer {of_what} than chance explains: {sides} ({ends})."
        return f"It brings {self.brings} {of_what}: {sides} ({ends})."


def _rate(counts: Counts) -> str:
    return percent(counts.rate, 1)


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"


@dataclass(frozen=True, kw_only=True)
class JourneyLine:
    """One journey."""

    journey: str
    now: Touched
    """Of those who came onto it in the period."""
    before: Touched
    """In the period before, of the same length."""
    baseline: Touched | None
    """In the first whole month that was reported."""
    effects: Mapping[Goal, HoldoutEffect]
    """Beside its holdout; empty where it has none."""


@dataclass(frozen=True)
class JourneysReading:
    """The chapter about journeys."""

    lines: tuple[JourneyLine, ...]
    """The one with most contacts first."""
    baseline_period: Period | None
    within_days: int
    """For how long after they came onto it a talk or an order counts as touched."""


@dataclass(frozen=True, kw_only=True)
class StepLine:
    """One step of a journey."""

    journey: str
    step: str
    verb: str
    now: Touched
    before: Touched


def read_journeys(connection: Connection, question: Question) -> JourneysReading:
    """What came of those who came onto each journey in the period. Journeys are of no team."""
    baseline_period = baseline_month(connection, "kpi_journey_step", question)
    now, before, baseline = (
        {key: found for key, found in _steps(connection, question, period).items() if key[2] == ONTO_THE_JOURNEY}
        for period in (question.period, question.period.before, baseline_period or question.period)
    )
    effects = read_holdouts(connection, question)
    journeys = {journey for journey, *_ in now} | {journey for journey, _ in effects}
    lines = [
        JourneyLine(
            journey=journey,
            now=now.get(key, Touched()),
            before=before.get(key, Touched()),
            baseline=baseline.get(key, Touched()) if baseline_period else None,
            effects={goal: effect for (name, goal), effect in effects.items() if name == journey},
        )
        for journey in journeys
        for key in [(journey, "", ONTO_THE_JOURNEY)]
    ]
    within = current_playbook(connection).reports.touched_within
    lines.sort(key=lambda line: (-line.now.contacts, line.journey))
    return JourneysReading(tuple(lines), baseline_period, within.days)


def read_steps(connection: Connection, question: Question, journey: str | None = None) -> list[StepLine]:
    """Every step that was taken in the period, of all journeys or of one; by journey, in the order of its steps."""
    now = _steps(connection, question, question.period)
    before = _steps(connection, question, question.period.before)
    return [
        StepLine(journey=key[0], step=key[1], verb=key[2], now=touched, before=before.get(key, Touched()))
        for key, touched in now.items()
        if key[2] != ONTO_THE_JOURNEY and journey in (None, key[0])
    ]


def _steps(connection: Connection, question: Question, period: Period) -> dict[tuple[str, str, str], Touched]:
    """(journey, step, verb) -> who took it, in order."""
    rows = connection.execute(
        text(f"""
        SELECT journey, step, verb, sum(contacts), sum(connected), sum(ordered) FROM kpi_journey_step
        WHERE day BETWEEN :first AND :last AND {as_known(question.known_at)}
        GROUP BY journey, step, verb ORDER BY journey, min(place), sum(contacts) DESC, step, verb"""),
        bound(question, period),
    ).tuples()
    return {(journey, step, verb): Touched(*counts) for journey, step, verb, *counts in rows}


def read_holdouts(connection: Connection, question: Question) -> dict[tuple[str, Goal], HoldoutEffect]:
    """What each journey with a holdout brings, of all draws whose time was over at the end of the period.

    Only draws by the newest share are compared: two sides that were filled at different times met different times.
    """
    last = _last_day(connection, question)
    rows = connection.execute(
        text(f"""
        SELECT journey, share, variant, day, within_days, contacts, connected, ordered FROM kpi_holdout
        WHERE day + within_days <= :last AND {as_known(question.known_at)} ORDER BY journey, day"""),
        {"last": last, "known_at": question.known_at},
    ).all()
    by_journey: dict[str, list[Any]] = {}
    for row in rows:
        by_journey.setdefault(row.journey, []).append(row)
    return {
        (journey, goal): effect
        for journey, found in by_journey.items()
        for goal in GOAL_WORDS
        if (effect := _effect(_of_newest_share(found), goal)) is not None
    }


def _last_day(connection: Connection, question: Question) -> date:
    """The end of the period, or that of what has been counted."""
    known_at = connection.execute(LAST_RUN, {"known_at": question.known_at}).scalar()
    if known_at is None:
        return question.period.last
    zone = current_playbook(connection).company.time_zone
    # The day of the run was not over.
    return min(question.period.last, day_of(known_at, zone) - timedelta(days=1))


def _of_newest_share(rows: Sequence[Any]) -> list[Any]:
    share = rows[-1].share
    since = max((row.day for row in rows if row.share != share), default=date.min)
    return [row for row in rows if row.share == share and row.day > since]


def _effect(rows: Sequence[Any], goal: Goal) -> HoldoutEffect | None:
    if not rows:
        return None
    looks = list(_looks(rows, goal))
    comparison = compare(looks, [HELD_OUT, ON_THE_JOURNEY], default_lift(looks))[0]
    drawn = {variant: counts.contacts for variant, counts in looks[-1].counts.items()}
    share, contacts = float(rows[-1].share or 0), sum(drawn.values())
    expected = {HELD_OUT: share * contacts, ON_THE_JOURNEY: (1 - share) * contacts}
    return HoldoutEffect(goal, comparison, rows[-1].within_days, srm_p(drawn, expected) < SRM_P_LIMIT)


def _looks(rows: Sequence[Any], goal: Goal) -> Iterator[InterimLook]:
    """What was known when the time of each day's draws was over, the oldest first."""
    so_far = {HELD_OUT: Counts(), ON_THE_JOURNEY: Counts()}
    for day, of_day in groupby(rows, key=lambda row: row.day):
        for row in of_day:
            so_far = so_far | {row.variant: so_far[row.variant] + Counts(row.contacts, getattr(row, goal))}
        yield InterimLook(day, so_far)
