"""kpi_funnel: how many came to each stage, went on, stood there and were stalled, on every day.

Counted from the stage spells by what changes from one day to the next: a day is the day before it, with those who came
added and those who left taken out. So a new day costs its own changes. What is told late changes the day on which it
happened, and with it how many stood there on every day since; these days are written anew, and only in the cells that
it concerns.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.counting.cells import CUT_COLUMNS, cut, same_cell
from models.kpi.counting.spells import RECOUNTED
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiFunnel
from models.wording import day_of

KEY = ("day", "stage")

DECIMALS = 3
"""Of days that were stood: so sums of a million contacts over years stay exact in a float."""

SUMS = """sum(entered)::int AS entered, sum(moved_on)::int AS moved_on, sum(moved_on_days) AS moved_on_days,
       sum(standing)::int AS standing, sum(stalled)::int AS stalled, sum(since) AS since"""

IS_CHANGE = " OR ".join(
    f"{name} <> 0" for name in ("entered", "moved_on", "moved_on_days", "standing", "stalled", "since")
)
"""SQL: spells that are as they were up to that day take out what they put in."""

COUNTED_ANEW = f"f.contact_id IN ({RECOUNTED})"
"""SQL over a spell as `f`: it may be new. There is no index by when rows became known."""

COUNTED_THROUGH = text("""
SELECT max(day) FROM kpi_funnel WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0
""")


def count_funnel(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count every day up to that of the run, from what has changed since the last one; of a full count from the
    beginning.
    """
    before = None if window.is_full else connection.execute(COUNTED_THROUGH).scalar()
    last = max(day_of(window.known_at, window.zone.key), before or date.min)
    values: dict[str, Any] = {
        "zone": window.zone.key,
        "known_at": window.known_at,
        "before": before,
        "last": last,
        "end": _midnight_after(last, window),
        "end_before": None if before is None else _midnight_after(before, window),
    }
    connection.execute(text("DROP TABLE IF EXISTS funnel_change, funnel_cell"))
    change = cut(_boundaries(is_first=before is None), KEY, SUMS)
    created = f"CREATE TEMP TABLE funnel_change ON COMMIT DROP AS SELECT * FROM ({change}) AS change WHERE {IS_CHANGE}"
    connection.execute(text(created), values)
    connection.execute(text(CELLS), values)
    connection.execute(text("ANALYZE funnel_change, funnel_cell"))
    values["begin"] = connection.execute(BEGIN).scalar()
    scope = "true" if before is None else IN_CHANGED_CELLS
    return store_versions(connection, KpiFunnel, DAYS, values, scope=scope, known_at=window.known_at)


def _midnight_after(day: date, window: CountingWindow) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), window.zone)


def _boundaries(*, is_first: bool) -> str:
    """The days on which contacts came to stand somewhere and left again, as numbers to be added to those days.

    After the first time: on the days that were counted before, what is new, less what is no longer so; on the days
    since then, all.
    """
    if is_first:
        return _of_spells(1, "f.known_until IS NULL", "f.{at} < :end")
    return " UNION ALL ".join(
        (
            _of_spells(1, f"f.known_until IS NULL AND f.known_from = :known_at AND {COUNTED_ANEW}", "f.{at} < :end"),
            _of_spells(-1, "f.known_until = :known_at AND f.known_from < :known_at", "f.{at} < :end_before"),
            _of_spells(
                1, "f.known_until IS NULL AND f.known_from < :known_at", "f.{at} >= :end_before AND f.{at} < :end"
            ),
        )
    )


def _of_spells(sign: int, version: str, when: str) -> str:
    since = f"round(extract(epoch FROM f.entered_at) / 86400, {DECIMALS})"
    left = "coalesce(f.until_at = f.left_at, false)"
    stood = f"round(extract(epoch FROM f.left_at - f.entered_at) / 86400, {DECIMALS})"
    return f"""
SELECT (f.from_at AT TIME ZONE :zone)::date AS day, f.stage, {CUT_COLUMNS},
       {sign} * (f.from_at = f.entered_at)::int AS entered, 0 AS moved_on, 0 AS moved_on_days,
       {sign} AS standing, {sign} * f.is_stalled::int AS stalled, {sign} * {since} AS since
FROM kpi_stage_spell f WHERE {version} AND {when.format(at="from_at")}
UNION ALL
SELECT (f.until_at AT TIME ZONE :zone)::date, f.stage, {CUT_COLUMNS},
       0, {sign} * {left}::int, {sign} * CASE WHEN {left} THEN {stood} ELSE 0 END,
       -({sign}), -({sign}) * f.is_stalled::int, -({sign}) * {since}
FROM kpi_stage_spell f WHERE {version} AND {when.format(at="until_at")}"""


CELL = ("stage", "dimension", "team_id", "member")

CELLS = f"""
-- Each cell, and the first day on which it is written: all on the days since the last run, the others from the day on
-- which something changed.
CREATE TEMP TABLE funnel_cell ON COMMIT DROP AS
SELECT {", ".join(CELL)}, min(begin) AS begin FROM (
    SELECT {", ".join(CELL)}, least(day, CAST(:before AS date) + 1) AS begin FROM funnel_change
    UNION ALL
    SELECT {", ".join(CELL)}, day + 1 FROM kpi_funnel
    WHERE known_until IS NULL AND day = CAST(:before AS date) AND day < :last) AS cell
GROUP BY {", ".join(CELL)}
"""

BEGIN = text("SELECT min(begin) FROM funnel_cell")

# The days before are not looked at, most often all but the last.
IN_CHANGED_CELLS = f"""old.day >= :begin AND EXISTS (
    SELECT FROM funnel_cell c WHERE {same_cell(KpiFunnel, "c", "old", leave_out=("day",))} AND old.day >= c.begin)"""


def _end_of(day: str) -> str:
    """SQL: the end of a day, in days since 1970."""
    return f"round(extract(epoch FROM ({day} + 1)::timestamp AT TIME ZONE :zone) / 86400, {DECIMALS})"


DAYS = f"""
WITH level AS (
    SELECT g.day, {", ".join(f"c.{name}" for name in CELL)},
           coalesce(d.entered, 0) + CASE WHEN o.day = g.day THEN o.entered ELSE 0 END AS entered,
           coalesce(d.moved_on, 0) + CASE WHEN o.day = g.day THEN o.moved_on ELSE 0 END AS moved_on,
           coalesce(d.moved_on_days, 0)
               + CASE WHEN o.day = g.day THEN o.moved_on_days::numeric ELSE 0 END AS moved_on_days,
           sum(coalesce(d.standing, 0)) OVER by_day + coalesce(o.standing, 0) AS standing,
           sum(coalesce(d.stalled, 0)) OVER by_day + coalesce(o.stalled, 0) AS stalled,
           -- The sum of the moments since which they stand there; of the days that were counted it is in the days.
           sum(coalesce(d.since, 0)) OVER by_day
               + coalesce(o.standing * {_end_of("o.day")} - o.standing_days::numeric, 0) AS since
    FROM funnel_cell c
    CROSS JOIN LATERAL (
        SELECT day::date FROM generate_series(c.begin::timestamp, CAST(:last AS timestamp), interval '1 day') AS day
    ) AS g
    LEFT JOIN funnel_change d ON {same_cell(KpiFunnel, "d", "c", leave_out=("day",))} AND d.day = g.day
    LEFT JOIN kpi_funnel o ON {same_cell(KpiFunnel, "o", "c", leave_out=("day",))}
        AND o.known_until IS NULL AND o.day = least(g.day, CAST(:before AS date)) AND CAST(:before AS date) IS NOT NULL
        AND o.day >= CAST(:begin AS date) - 1
    WINDOW by_day AS (PARTITION BY {", ".join(f"c.{name}" for name in CELL)} ORDER BY g.day)
)
SELECT day, {", ".join(CELL)}, entered, moved_on, standing::int AS standing, stalled::int AS stalled,
       round(standing * {_end_of("day")} - since, {DECIMALS})::float AS standing_days, moved_on_days::float
FROM level WHERE entered <> 0 OR moved_on <> 0 OR standing <> 0
"""
