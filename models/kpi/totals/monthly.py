"""kpi_monthly: kpi_daily added up over months."""

from sqlalchemy import Connection

from models.kpi.totals.months import days_of, month_of, months_to_sum
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiMonthly

KEY = "month, measure, dimension, team_id, member, currency"

MONTHS = f"""
-- Numbers with decimals add up to the same in whatever order; floats do not.
SELECT {month_of("day")} AS month, measure, dimension, team_id, member, currency,
       sum(count)::int AS count, sum(amount) AS amount, sum(value::numeric) AS value
FROM kpi_daily WHERE known_until IS NULL AND day <= :through AND {{days}}
GROUP BY {KEY}
"""


def count_monthly(connection: Connection, window: CountingWindow) -> VersionCount:
    """Add up the months of the days on which facts changed, and those that have ended since the run before."""
    summed = months_to_sum(connection, window)
    months = summed.of(window.touched)
    values = {"through": summed.through, "months": months, "days": days_of(months)}
    return store_versions(
        connection,
        KpiMonthly,
        MONTHS.format(days="true" if summed.is_all else "day = ANY(:days)"),
        values,
        scope="true" if summed.is_all else "old.month = ANY(:months)",
        known_at=window.known_at,
    )
