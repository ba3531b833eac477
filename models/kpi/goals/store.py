"""The run's part of the goals: kpi_goal of every period, those that are over and the one that is running."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.definitions.recording import RECORDINGS
from models.kpi.goals.history import GoalHistory, GoalKey, read_goal_history
from models.kpi.goals.periods import per_of, period_of, periods
from models.kpi.goals.proposal import PERIODS, Reached, propose
from models.kpi.goals.status import Standing, Status, share_gone, standing
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, read_values
from models.kpi.read.recorded import read_recorded
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import Dimension, KpiGoal, KpiName
from models.wording import day_of

FIRST_DAY = text("SELECT min(day) FROM kpi_daily WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0")

SQUARES = text("""
-- Of the amounts of one period's orders, the sum of their squares.
SELECT coalesce(sum(amount * amount), 0) FROM kpi_fact
WHERE known_until IS NULL AND measure = 'sale' AND day BETWEEN :first AND :last AND currency = :currency
  AND (:team = 0 OR team_id = :team) AND (:rep = 0 OR rep_id = :rep)
""")

ROWS = """
SELECT first_day, last_day, kpi, team_id, rep_id, target, reached, numerator, denominator, status, is_chance, proposed
FROM json_to_recordset(CAST(:rows AS json)) AS row (
    first_day date, last_day date, kpi text, team_id bigint, rep_id bigint, target float8, reached float8,
    numerator float8, denominator float8, status text, is_chance boolean, proposed float8)
"""

SCOPE = """:everything OR (old.first_day, old.last_day) IN (
    SELECT * FROM unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])))"""


def count_goals(connection: Connection, window: CountingWindow) -> VersionCount:
    """Judge every goal in the periods that this run may have changed, all of them in a full one. The caller commits.

    A period is judged by the target in force when it ended, so a stricter goal leaves the past as it was.
    """
    histories = read_goal_history(connection, window.playbook, window.known_at)
    first = connection.execute(FIRST_DAY).scalar()
    everything = (
        window.is_full
        or _have_changed(histories.values(), window.known_before)
        or _is_newly_recorded(connection, window)
    )
    rows: list[dict[str, Any]] = []
    judged: set[Period] = set()
    for per in sorted({key.per for key in histories}):
        own = {key: history for key, history in histories.items() if key.per == per}
        reader = _Reader(connection, window, own)
        known = list(periods(per, first, reader.today)) if first else []
        wanted = known if everything else [known[place] for place in sorted(_changed(known, window))]
        judged.update(wanted)
        for key, history in own.items():
            rows += _rows(reader, key, history, known, set(wanted))
    values = {
        "rows": json.dumps(rows),
        "everything": everything,
        "firsts": [period.first for period in judged],
        "lasts": [period.last for period in judged],
    }
    return store_versions(connection, KpiGoal, ROWS, values, scope=SCOPE, known_at=window.known_at)


def _have_changed(histories: Iterable[GoalHistory], since: datetime | None) -> bool:
    """Whether a goal was set, changed or taken out since the run before."""
    return since is None or any(history.targets[-1][0] > since for history in histories)


def _is_newly_recorded(connection: Connection, window: CountingWindow) -> bool:
    """Whether something is recorded since another day than the run before knew of: what was not measured in the periods
    in between is now, or the other way round.
    """
    return read_recorded(connection, RECORDINGS, None) != read_recorded(connection, RECORDINGS, window.known_before)


def _changed(known: list[Period], window: CountingWindow) -> set[int]:
    """The places of the periods that may be other than before: the last ones, and those with a day that was touched.

    A proposal looks at the periods before, so those after a touched one are judged anew as well.
    """
    touched = {len(known) - 1, *_places(known, [*window.touched, window.first, window.last])}
    return {place + later for place in touched for later in range(PERIODS + 1) if 0 <= place + later < len(known)}


def _places(known: list[Period], days: Iterable[date]) -> Iterator[int]:
    """Of the periods that these days are in."""
    if not known:
        return
    per = per_of(known[0])
    by_first = {period.first: place for place, period in enumerate(known)}
    for day in days:
        place = by_first.get(period_of(day, per).first)
        if place is not None:
            yield place


def _rows(
    reader: "_Reader", key: GoalKey, history: GoalHistory, known: list[Period], wanted: Collection[Period]
) -> Iterator[dict[str, Any]]:
    """The rows of one goal in the wanted periods; those before are read for its proposals."""
    places = [place for place, period in enumerate(known) if period in wanted]
    read = {before for place in places for before in range(max(0, place - PERIODS + 1), place + 1)}
    past: list[Reached] = []
    for place in sorted(read):
        period = known[place]
        target = history.target_at(min(reader.end_of(period), reader.now))
        if target is None:
            past.clear()
            continue
        value, found = reader.judge(key, period, target)
        if reader.is_over(period):
            is_met = found.status is Status.MET
            past.append(Reached(value.value, value.denominator, is_met) if value else Reached(None, None, is_met))
        if period in wanted:
            proposed = propose(key.kpi, target, past) if reader.is_over(period) else None
            yield _row(key, period, target, value, found, proposed)


def _row(
    key: GoalKey, period: Period, target: float, value: KpiValue | None, found: Standing, proposed: float | None
) -> dict[str, Any]:
    return {
        "first_day": str(period.first),
        "last_day": str(period.last),
        "kpi": key.kpi.value,
        "team_id": key.team_id,
        "rep_id": key.rep_id,
        "target": round(target, 6),
        "reached": _rounded(value.value if value else None),
        "numerator": _rounded(value.numerator if value else None),
        "denominator": _rounded(value.denominator if value else None),
        "status": found.status.value,
        "is_chance": found.is_chance,
        "proposed": proposed,
    }


@dataclass
class _Reader:
    """Reads the values of all goals of one kind of period at once, and keeps them while one run lasts."""

    connection: Connection
    window: CountingWindow
    goals: Mapping[GoalKey, GoalHistory]
    _values: dict[tuple[Period, int, bool], dict[tuple[KpiName, str], list[KpiValue]]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.window.known_at

    @property
    def today(self) -> date:
        return day_of(self.now, self.window.zone.key)

    def is_over(self, period: Period) -> bool:
        return period.last < self.today

    def end_of(self, period: Period) -> datetime:
        return datetime.combine(period.last + timedelta(days=1), time(), self.window.zone)

    def judge(self, key: GoalKey, period: Period, target: float) -> tuple[KpiValue | None, Standing]:
        """The value of a goal's KPI in a period, and how the goal stands by it."""
        value = self._value(key, period)
        spread = self._squares(key, period) if key.kpi is KpiName.REVENUE else None
        begin = datetime.combine(period.first, time(), self.window.zone)
        return value, standing(value, target, share_gone(begin, self.end_of(period), self.now), spread)

    def _value(self, key: GoalKey, period: Period) -> KpiValue | None:
        of_people = key.rep_id > 0
        place = (period, key.team_id, of_people)
        if place not in self._values:
            self._values[place] = self._read(period, key.team_id, of_people=of_people)
        found = self._values[place].get((key.kpi, str(key.rep_id) if of_people else ""), [])
        return next((value for value in found if value.currency in ("", self.window.currency)), None)

    def _read(self, period: Period, team_id: int, *, of_people: bool) -> dict[tuple[KpiName, str], list[KpiValue]]:
        question = Question(Period(period.first, min(period.last, self.today)), team_id)
        wanted = {key.kpi for key in self.goals if key.team_id == team_id and (key.rep_id > 0) is of_people}
        dimension = Dimension.PERSON if of_people else Dimension.ALL
        found = defaultdict(list)
        for value in read_values(self.connection, question, dimension, kpis=wanted):
            if value.reading is value.definition.main_reading:
                found[value.kpi, value.member].append(value)
        return found

    def _squares(self, key: GoalKey, period: Period) -> float:
        about = {"first": period.first, "last": period.last, "currency": self.window.currency}
        squares = self.connection.execute(SQUARES, about | {"team": key.team_id, "rep": key.rep_id}).scalar_one()
        return float(squares)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
