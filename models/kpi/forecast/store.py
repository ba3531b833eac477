"""The run's part of the forecast: kpi_forecast of today, and the back-test of the past months."""

import json
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.forecast.history import read_history
from models.kpi.forecast.rows import BACK_TESTS, months_from, rows_ahead, tested_rows
from models.kpi.forecast.stays import ORDER, STATES
from models.kpi.forecast.teams import read_teams
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiForecast
from models.wording import day_of

GOES_BY = (*STATES, ORDER, "won", "sale")
"""Measures."""

ROWS = """
SELECT made_on, month, team_id, currency, is_back_test, orders, sold, from_open, from_new, from_customers, orders_low,
       orders_high, revenue, revenue_low, revenue_high, naive_orders, naive_revenue, actual_orders, actual_revenue,
       deviation, rate_factor, reason
FROM json_to_recordset(CAST(:rows AS json)) AS row (
    made_on date, month date, team_id bigint, currency text, is_back_test boolean, orders float8, sold int,
    from_open float8, from_new float8, from_customers float8, orders_low float8, orders_high float8,
    revenue numeric(18, 2), revenue_low numeric(18, 2), revenue_high numeric(18, 2), naive_orders float8,
    naive_revenue numeric(18, 2), actual_orders int, actual_revenue numeric(18, 2), deviation float8,
    rate_factor float8, reason text)
"""

SCOPE = "CASE WHEN old.is_back_test THEN :is_tested ELSE old.made_on = :last END"

TESTED = text("""
SELECT DISTINCT month, deviation FROM kpi_forecast WHERE known_until IS NULL AND is_back_test ORDER BY month
""")

IS_PAST_CHANGED = text("""
-- Whether this run counts anything before that day otherwise than the run before.
SELECT EXISTS (SELECT FROM changed_fact WHERE is_now <> was AND day < :first AND measure = ANY(:measures))
""")


def count_forecast(connection: Connection, window: CountingWindow) -> VersionCount:
    """Forecast as at the end of the last day that is over, and repeat for the past months what would have been said.

    Forecasts that were made on earlier days stay, and so does what was repeated of past months for as long as nothing
    of them is counted otherwise. The caller commits.
    """
    # The day of the run has just begun, most often; by its first hour nothing is to be said of the whole.
    last = day_of(window.known_at, window.zone.key) - timedelta(days=1)
    standing = _standing_deviations(connection, window, last)
    first_tested = months_from(last + timedelta(days=1), -BACK_TESTS)[0].begin
    earliest = last if standing is not None else first_tested - timedelta(days=1)
    history = read_history(connection, last, earliest, window.zone.key)
    tested = list(tested_rows(history, last)) if standing is None else []
    deviations = list({row["month"]: row["deviation"] for row in tested}.values()) if standing is None else standing
    rows = [*tested, *rows_ahead(history, last, read_teams(connection, last), deviations)]
    values = {"rows": json.dumps(rows), "last": last, "is_tested": standing is None}
    return store_versions(connection, KpiForecast, ROWS, values, scope=SCOPE, known_at=window.known_at)


def _standing_deviations(connection: Connection, window: CountingWindow, last: date) -> list[float] | None:
    """Those of the back-test that stands, the oldest month first; None where it is to be made anew."""
    if window.is_full or window.known_before is None:
        return None
    first = (last + timedelta(days=1)).replace(day=1)
    tested = connection.execute(TESTED).all()
    if not tested or tested[-1].month != (first - timedelta(days=1)).replace(day=1):
        return None
    about = {"first": first, "measures": list(GOES_BY)}
    if connection.execute(IS_PAST_CHANGED, about).scalar_one():
        return None
    return [row.deviation for row in tested]
