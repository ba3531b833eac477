"""Which days of mails, steps and draws a run counts anew: those that can have changed since the run before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.kpi.window import CountingWindow

OVERLAP = timedelta(days=2)
"""What came so long before the last run is looked at again: it may have been committed after it."""
MOST_RANGES = 40
"""Days far apart are asked for together beyond so many: a statement is planned by its conditions."""

CHANGED_GOALS = text("""
-- Talks and orders that are counted otherwise than by the run before.
CREATE TEMP TABLE changed_goal ON COMMIT DROP AS
SELECT DISTINCT contact_id, at FROM changed_fact WHERE is_now <> was AND measure IN ('connected', 'sale')
""")

MOVED_CONTACTS = text("""
-- What was one contact's is another's: whatever is theirs is counted anew.
CREATE TEMP TABLE moved_contact ON COMMIT DROP AS
SELECT DISTINCT n.contact_id FROM contact_merge m, LATERAL (VALUES (m.kept_id), (m.merged_id)) AS n (contact_id)
WHERE m.merged_at > :since OR m.separated_at > :since
""")

GOALS = """talk AS MATERIALIZED (
    SELECT contact_id, min(at) AS at FROM kpi_fact
    WHERE known_until IS NULL AND measure = 'connected' GROUP BY contact_id
), sale AS MATERIALIZED (
    SELECT contact_id, array_agg(at) AS moments FROM kpi_fact
    WHERE known_until IS NULL AND measure = 'sale' GROUP BY contact_id
)"""
"""SQL: the first talk and the orders of each contact, as parts of WITH."""


def goals_of(rows: str) -> str:
    """The same, of the contacts in a part of WITH alone: for a few of them much is not looked at."""
    of_rows = f"AND contact_id IN (SELECT contact_id FROM {rows}) GROUP BY contact_id"
    return GOALS.replace("GROUP BY contact_id", of_rows)


def reached_goals(alias: str, within: str = ":within") -> str:
    """SQL beside `talk` and `sale`: whether the contact talked with us for the first time, and whether they ordered, in
    time after the moment `at` of a row.
    """
    return f"""coalesce(talk.at > {alias}.at AND talk.at <= {alias}.at + {within}, false) AS connected,
       coalesce((SELECT bool_or(moment > {alias}.at AND moment <= {alias}.at + {within})
                 FROM unnest(sale.moments) AS moment), false) AS ordered"""


@dataclass(frozen=True)
class Recount:
    """The days that are counted anew; None: all there are."""

    zone: ZoneInfo
    days: tuple[date, ...] | None

    @property
    def scope(self) -> str:
        """SQL over a KPI table as `old`: its rows that are counted anew."""
        return "true" if self.days is None else "old.day = ANY(CAST(:days AS date[]))"

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions bind."""
        bounds = {
            name: moment
            for number, (begin, end) in enumerate(self._ranges())
            for name, moment in ((f"begin_{number}", begin), (f"end_{number}", end))
        }
        first = min(self.days) if self.days else date.min
        return bounds | {"zone": self.zone.key, "days": list(self.days or ()), "first_day": first}

    def holds_for(self, moment: str) -> str:
        """SQL: a moment is on one of these days; by ranges of moments first, for which there are indexes."""
        if self.days is None:
            return f"{moment} IS NOT NULL"
        if not self.days:
            return "false"
        ranges = " OR ".join(
            f"{moment} >= :begin_{number} AND {moment} < :end_{number}" for number in range(len(self._ranges()))
        )
        return f"({ranges}) AND {self.day_of(moment)} = ANY(CAST(:days AS date[]))"

    def day_of(self, moment: str) -> str:
        """SQL: its day by the company's clock."""
        return f"({moment} AT TIME ZONE :zone)::date"

    def _ranges(self) -> list[tuple[datetime, datetime]]:
        return [
            (self._midnight(first), self._midnight(last + timedelta(days=1))) for first, last in ranges(self.days or ())
        ]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def ranges(days: Sequence[date], most: int = MOST_RANGES) -> list[tuple[date, date]]:
    """(first, last) of each run of days, in order; the smallest gaps are filled where there are more than `most`."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    gaps = sorted(
        (((later - day).days, day, later) for day, later in pairwise(ordered) if (later - day).days > 1), reverse=True
    )
    kept = sorted((day, later) for _, day, later in gaps[: most - 1])
    begins, ends = [ordered[0], *(later for _, later in kept)], [*(day for day, _ in kept), ordered[-1]]
    return list(zip(begins, ends, strict=True))


def days_to_recount(connection: Connection, window: CountingWindow, older: str, values: dict[str, Any]) -> Recount:
    """The days around the last run and those that were asked for, and of older ones those that `older` yields.

    `older` is SQL with one column of days; it may read the temporary tables changed_goal and moved_contact, and bind
    `:since`, the moment from which on something is new.
    """
    if window.is_full or window.known_before is None:
        return Recount(window.zone, None)
    since = window.known_before - OVERLAP
    about = values | {"known_at": window.known_at, "since": since, "zone": window.zone.key}
    connection.execute(text("DROP TABLE IF EXISTS changed_goal, moved_contact"))
    connection.execute(CHANGED_GOALS, about)
    connection.execute(MOVED_CONTACTS, about)
    connection.execute(text("ANALYZE changed_goal; ANALYZE moved_contact"))
    found = set(connection.execute(text(older), about).scalars())
    today = window.known_at.astimezone(window.zone).date()
    recent = _days(since.astimezone(window.zone).date(), today) | _days(window.first, min(window.last, today))
    return Recount(window.zone, tuple(sorted(found | recent)))


def _days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}
