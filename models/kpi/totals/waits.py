"""kpi_wait: how long the requests of each month waited, salesperson by salesperson."""

from sqlalchemy import Connection, text

from models.kpi.totals.months import days_of, month_of, months_to_sum
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiWait

MEASURES = ("request", "first_contact", "first_contact_working", "first_talk", "first_talk_working")
SOON_SECONDS = 1_800
"""What `soon_by_hour` counts."""
HOURS_OF_WEEK = 7 * 24

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
    SELECT {month_of("f.day")} AS month, f.team_id, f.rep_id,
           max(f.at) FILTER (WHERE f.measure = 'request') AS at,
           {LENGTH.format(measure="first_contact")} AS contact,
           {LENGTH.format(measure="first_contact_working")} AS contact_working,
           {LENGTH.format(measure="first_talk")} AS talk,
           {LENGTH.format(measure="first_talk_working")} AS talk_working
    FROM kpi_fact f WHERE f.known_until IS NULL AND f.measure = ANY(:measures) AND f.day <= :through AND {{days}}
    GROUP BY f.contact_id, f.ref, f.day, f.team_id, f.rep_id
    HAVING bool_or(f.measure = 'request')
), salesperson AS (
    SELECT month, team_id, rep_id, count(*)::int AS requests,
           {_sorted("contact", "contact IS NOT NULL")} AS contact,
           {_sorted("contact_working", "contact_working IS NOT NULL")} AS contact_working,
           {_sorted("at", "contact IS NULL")} AS no_contact,
           {_sorted("talk", "talk IS NOT NULL")} AS talk,
           {_sorted("talk_working", "talk_working IS NOT NULL")} AS talk_working,
           {_sorted("at", "talk IS NULL")} AS no_talk
    FROM request GROUP BY month, team_id, rep_id
), counted AS (
    SELECT month, team_id, rep_id, hour, count(*) AS came, count(*) FILTER (WHERE contact <= :soon) AS soon
    FROM (
        SELECT *, 24 * (extract(isodow FROM at AT TIME ZONE :zone)::int - 1)
                  + extract(hour FROM at AT TIME ZONE :zone)::int AS hour FROM request
    ) AS request GROUP BY month, team_id, rep_id, hour
), week AS (
    SELECT month, team_id, rep_id, {_hours("came")} AS by_hour, {_hours("soon")} AS soon_by_hour
    FROM salesperson CROSS JOIN generate_series(0, :hours - 1) AS hour
    LEFT JOIN counted USING (month, team_id, rep_id, hour)
    GROUP BY month, team_id, rep_id
)
SELECT * FROM salesperson JOIN week USING (month, team_id, rep_id)
"""


def count_waits(connection: Connection, window: CountingWindow) -> VersionCount:
    """Gather the requests of months of which something changed, and of those that have ended since the run before."""
    summed = months_to_sum(connection, window)
    values = {"measures": list(MEASURES), "touched": list(window.touched), "known_at": window.known_at}
    months = summed.of(() if summed.is_all else connection.execute(CHANGED_DAYS, values).scalars())
    return store_versions(
        connection,
        KpiWait,
        WAITS.format(days="true" if summed.is_all else "f.day = ANY(:days)"),
        {
            **{"measures": list(MEASURES), "through": summed.through, "months": months, "days": days_of(months)},
            **{"soon": SOON_SECONDS, "zone": window.zone.key, "hours": HOURS_OF_WEEK},
        },
        scope="true" if summed.is_all else "old.month = ANY(:months)",
        known_at=window.known_at,
    )
