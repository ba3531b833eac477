"""kpi_wait and kpi_wait_day: how long the requests of each month and of each day waited, by salesperson."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from models.kpi.totals.months import days_of, month_of, months_to_sum
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiWait, KpiWaitDay

MEASURES = ("request", "first_contact", "first_contact_working", "first_talk", "first_talk_working")
SOON_SECONDS = 1_800
"""What `soon_by_hour` counts."""
HOURS_OF_WEEK, HOURS_OF_DAY = 7 * 24, 24

HAS_DAYS = text("SELECT has_day_waits FROM kpi_run ORDER BY known_at DESC LIMIT 1")

CHANGED_DAYS = text("""
SELECT DISTINCT day FROM kpi_fact
WHERE measure = ANY(:measures) AND day = ANY(:touched)
  AND (known_until = :known_at OR known_until IS NULL AND known_from = :known_at)
""")

LENGTH = "max(coalesce(f.value, 'infinity')) FILTER (WHERE f.measure = '{measure}')"


def sent(number: str, where: str = "true", order: str = "") -> str:
    """SQL: numbers one after the other, as kpi_wait has them."""
    order = f" ORDER BY {order}" if order else ""
    numbers = f"string_agg(float8send(CAST({number} AS float8)), ''::bytea{order}) FILTER (WHERE {where})"
    return f"coalesce({numbers}, ''::bytea)"


def _sorted(column: str, where: str) -> str:
    number = "extract(epoch FROM at)" if column == "at" else column
    return sent(number, where, column)


def _hours(column: str) -> str:
    """SQL: a number for each hour of the week."""
    return sent(f"coalesce({column}, 0)", order="hour")


WAITS = f"""
-- What became of a request stands on its day and has its owner. A length that is not known is longer than any.
WITH request AS MATERIALIZED (
    SELECT {{span}} AS {{column}}, f.team_id, f.rep_id,
           max(f.at) FILTER (WHERE f.measure = 'request') AS at,
           {LENGTH.format(measure="first_contact")} AS contact,
           {LENGTH.format(measure="first_contact_working")} AS contact_working,
           {LENGTH.format(measure="first_talk")} AS talk,
           {LENGTH.format(measure="first_talk_working")} AS talk_working
    FROM kpi_fact f WHERE f.known_until IS NULL AND f.measure = ANY(:measures) AND {{days}}
    GROUP BY f.contact_id, f.ref, f.day, f.team_id, f.rep_id
    HAVING bool_or(f.measure = 'request')
), salesperson AS (
    SELECT {{column}}, team_id, rep_id, count(*)::int AS requests,
           {_sorted("contact", "contact IS NOT NULL")} AS contact,
           {_sorted("contact_working", "contact_working IS NOT NULL")} AS contact_working,
           {_sorted("at", "contact IS NULL")} AS no_contact,
           {_sorted("talk", "talk IS NOT NULL")} AS talk,
           {_sorted("talk_working", "talk_working IS NOT NULL")} AS talk_working,
           {_sorted("at", "talk IS NULL")} AS no_talk
    FROM request GROUP BY {{column}}, team_id, rep_id
), counted AS (
    SELECT {{column}}, team_id, rep_id, hour, count(*) AS came, count(*) FILTER (WHERE contact <= :soon) AS soon
    FROM (
        SELECT *, {{hour}} AS hour FROM request
    ) AS request GROUP BY {{column}}, team_id, rep_id, hour
), week AS (
    SELECT {{column}}, team_id, rep_id, {_hours("came")} AS by_hour, {_hours("soon")} AS soon_by_hour
    FROM salesperson CROSS JOIN generate_series(0, :hours - 1) AS hour
    LEFT JOIN counted USING ({{column}}, team_id, rep_id, hour)
    GROUP BY {{column}}, team_id, rep_id
)
SELECT * FROM salesperson JOIN week USING ({{column}}, team_id, rep_id)
"""


HOUR = "extract(hour FROM at AT TIME ZONE :zone)::int"


def count_waits(connection: Connection, window: CountingWindow) -> VersionCount:
    """Gather the requests of months of which something changed, and of those that have ended since the run before."""
    summed = months_to_sum(connection, window)
    months = summed.of(() if summed.is_all else _changed_days(connection, window))
    days = "true" if summed.is_all else "f.day = ANY(:days)"
    waits = WAITS.format(
        span=month_of("f.day"),
        column="month",
        days=f"f.day <= :through AND {days}",
        hour=f"24 * (extract(isodow FROM at AT TIME ZONE :zone)::int - 1) + {HOUR}",
    )
    values = {"through": summed.through, "months": months, "days": days_of(months), "hours": HOURS_OF_WEEK}
    scope = "true" if summed.is_all else "old.month = ANY(:months)"
    return _store(connection, window, KpiWait, waits, scope, values)


def count_day_waits(connection: Connection, window: CountingWindow) -> VersionCount:
    """Gather the requests of days of which something changed; of all days where no run before has gathered them."""
    is_all = window.is_full or not connection.execute(HAS_DAYS).scalar()
    days = "true" if is_all else "f.day = ANY(:days)"
    waits = WAITS.format(span="f.day", column="day", days=days, hour=HOUR)
    values = {"days": [] if is_all else _changed_days(connection, window), "hours": HOURS_OF_DAY}
    return _store(connection, window, KpiWaitDay, waits, "true" if is_all else "old.day = ANY(:days)", values)


def _changed_days(connection: Connection, window: CountingWindow) -> list[date]:
    values = {"measures": list(MEASURES), "touched": list(window.touched), "known_at": window.known_at}
    return list(connection.execute(CHANGED_DAYS, values).scalars())


def _store(
    connection: Connection,
    window: CountingWindow,
    model: type[SQLModel],
    waits: str,
    scope: str,
    values: dict[str, Any],
) -> VersionCount:
    about = {"measures": list(MEASURES), "soon": SOON_SECONDS, "zone": window.zone.key}
    return store_versions(connection, model, waits, values | about, scope=scope, known_at=window.known_at)
