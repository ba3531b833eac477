"""The run's part of the goals: kpi_goal of every period, those that are over and the one that is running."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.definitions import DEFINITIONS
from models.kpi.definitions.recording import RECORDINGS
from models.kpi.goals.history import GoalHistory, GoalKey, read_goal_history
from models.kpi.goals.periods import Per, per_of, period_of, periods
from models.kpi.goals.proposal import PERIODS, Reached, propose
from models.kpi.goals.status import Standing, Status, share_gone, standing
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, is_sum, read_all_series, read_values
from models.kpi.read.recorded import read_recorded
from models.kpi.totals import totals_through
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import Dimension, KpiGoal, KpiName
from models.wording import day_of

FIRST_DAY = text("SELECT min(day) FROM kpi_daily WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0")

SQUARES = text("""
-- Of the amounts of one period's orders, the sum of their squares.
SELECT coalesce(sum(amount_squares), 0) FROM kpi_daily
WHERE known_until IS NULL AND measure = 'sale' AND day BETWEEN :first AND :last AND currency = :currency
  AND CASE WHEN :rep <> '' THEN dimension = 'person' AND member = :rep ELSE dimension = 'all' AND team_id = :team END
""")

JUDGED = text("""
SELECT first_day, last_day, kpi, team_id, rep_id, reached, denominator, status FROM kpi_goal
WHERE known_until IS NULL AND first_day >= :first
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
        known = list(periods(per, first, _today(window))) if first else []
        wanted = known if everything else [known[place] for place in sorted(_changed(known, window))]
        if wanted:
            judged.update(wanted)
            goals = PeriodGoals(connection, window, per, own, wanted)
            rows += [row for key in own for row in goals.rows(key, known)]
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


class PeriodGoals:
    """All goals of one kind of period: the values that this run judges are read at once, and what it does not judge
    stands as it was judged.
    """

    def __init__(
        self,
        connection: Connection,
        window: CountingWindow,
        per: Per,
        goals: Mapping[GoalKey, GoalHistory],
        wanted: Sequence[Period],
    ) -> None:
        self._connection, self._window, self._per, self._goals = connection, window, per, goals
        self._today = _today(window)
        self._wanted = set(wanted)
        self._asked = Period(wanted[0].first, min(wanted[-1].last, self._today))
        self._values: dict[tuple[Period, GoalKey], KpiValue] = {}
        self._judged = self._read_judged(wanted[0].first)
        for team_id, of_people in {(key.team_id, key.rep_id > 0) for key in goals}:
            self._read([key for key in goals if (key.team_id, key.rep_id > 0) == (team_id, of_people)])

    def rows(self, key: GoalKey, known: Sequence[Period]) -> Iterator[dict[str, Any]]:
        """The rows of one goal in the wanted periods, in the order of time."""
        places = [place for place, period in enumerate(known) if period in self._wanted]
        looked_at = {before for place in places for before in range(max(0, place - PERIODS + 1), place + 1)}
        past: list[Reached] = []
        for place in sorted(looked_at):
            period = known[place]
            target = self._goals[key].target_at(min(self._end_of(period), self._window.known_at))
            if target is None:
                past.clear()
                continue
            if period not in self._wanted:
                past.append(self._judged.get((key.kpi.value, key.team_id, key.rep_id, period), NOTHING_REACHED))
                continue
            value, found = self._judge(key, period, target)
            is_over = period.last < self._today
            if is_over:
                past.append(_reached(value, is_met=found.status is Status.MET))
            yield _row(key, period, target, value, found, propose(key.kpi, target, past) if is_over else None)

    def _judge(self, key: GoalKey, period: Period, target: float) -> tuple[KpiValue | None, Standing]:
        """The value of a goal's KPI in a period, and how the goal stands by it."""
        value = self._values.get((period, key))
        spread = self._squares(key, period) if key.kpi is KpiName.REVENUE else None
        begin = datetime.combine(period.first, time(), self._window.zone)
        return value, standing(value, target, share_gone(begin, self._end_of(period), self._window.known_at), spread)

    def _end_of(self, period: Period) -> datetime:
        return datetime.combine(period.last + timedelta(days=1), time(), self._window.zone)

    def _read_judged(self, before: date) -> dict[tuple[str, int, int, Period], Reached]:
        """What earlier runs found of the periods that proposals look back at."""
        first = before
        for _ in range(PERIODS - 1):
            first = period_of(first - timedelta(days=1), self._per).first
        rows = self._connection.execute(JUDGED, {"first": first})
        return {
            (row.kpi, row.team_id, row.rep_id, Period(row.first_day, row.last_day)): Reached(
                row.reached, row.denominator, row.status == Status.MET
            )
            for row in rows
        }

    def _read(self, keys: Sequence[GoalKey]) -> None:
        """The values of goals that are all of one team, and all of people or none, in all wanted periods."""
        dimension = Dimension.PERSON if keys[0].rep_id else Dimension.ALL
        wanted = {key.kpi for key in keys}
        sums = {kpi for kpi in wanted if is_sum(DEFINITIONS[kpi])}
        question = self._question(self._asked, keys[0].team_id)
        found = read_all_series(self._connection, question, sums, self._per, dimension=dimension)
        self._keep(keys, found)
        for period in self._wanted if wanted - sums else ():
            question = self._question(Period(period.first, min(period.last, self._today)), keys[0].team_id)
            values = read_values(self._connection, question, dimension, kpis=wanted - sums)
            self._keep(keys, [replace(value, begin=period.first) for value in values])

    def _question(self, period: Period, team_id: int) -> Question:
        # This run has added up the months that are over, and gathered requests, before it comes to the goals.
        return Question(period, team_id, totals_through=totals_through(self._window), has_day_waits=True)

    def _keep(self, keys: Sequence[GoalKey], values: Iterable[KpiValue]) -> None:
        by_name = {(key.kpi, str(key.rep_id) if key.rep_id else ""): key for key in keys}
        for value in values:
            key = by_name.get((value.kpi, value.member))
            is_asked = value.reading is value.definition.main_reading and value.currency in ("", self._window.currency)
            if key and value.begin and is_asked:
                self._values.setdefault((period_of(value.begin, self._per), key), value)

    def _squares(self, key: GoalKey, period: Period) -> float:
        about = {"first": period.first, "last": period.last, "currency": self._window.currency}
        whose = {"team": key.team_id, "rep": str(key.rep_id) if key.rep_id else ""}
        return float(self._connection.execute(SQUARES, about | whose).scalar_one())


NOTHING_REACHED = Reached(None, None, is_met=False)


def _reached(value: KpiValue | None, *, is_met: bool) -> Reached:
    """As it is stored, for a later run goes by what is stored."""
    return Reached(_rounded(value.value), _rounded(value.denominator), is_met) if value else NOTHING_REACHED


def _today(window: CountingWindow) -> date:
    return day_of(window.known_at, window.zone.key)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
