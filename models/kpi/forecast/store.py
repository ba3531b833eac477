"""The run's part of the forecast: kpi_forecast of today, and the back-test of the past months."""

import json
from datetime import timedelta

from sqlalchemy import Connection, text

from models.kpi.forecast.history import read_history
from models.kpi.forecast.rows import forecast_rows
from models.kpi.forecast.teams import read_teams
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiForecast
from models.wording import day_of

ROWS = """
SELECT made_on, month, team_id, currency, is_back_test, orders, sold, from_open, from_new, from_customers, orders_low,
       orders_high, revenue, revenue_low, revenue_high, naive_orders, naive_revenue, actual_orders, actual_revenue,
       reason
FROM json_to_recordset(CAST(:rows AS json)) AS row (
    made_on date, month date, team_id bigint, currency text, is_back_test boolean, orders float8, sold int,
    from_open float8, from_new float8, from_customers float8, orders_low float8, orders_high float8,
    revenue numeric(18, 2), revenue_low numeric(18, 2), revenue_high numeric(18, 2), naive_orders float8,
    naive_revenue numeric(18, 2), actual_orders int, actual_revenue numeric(18, 2), reason text)
"""


def count_forecast(connection: Connection, window: CountingWindow) -> VersionCount:
    """Forecast as at the end of the last day that is over, and repeat for the past months what would have been said.

    Forecasts that were made on earlier days stay. The caller commits.
    """
    # The day of the run has just begun, most often; by its first hour nothing is to be said of the whole.
    last = day_of(window.known_at, window.zone.key) - timedelta(days=1)
    history = read_history(connection, last)
    rows = list(forecast_rows(history, last, read_teams(connection, last)))
    values = {"rows": json.dumps(rows), "last": last}
    scope = "old.is_back_test OR old.made_on = :last"
    stored = store_versions(connection, KpiForecast, ROWS, values, scope=scope, known_at=window.known_at)
    connection.execute(text("DROP TABLE IF EXISTS forecast_contact"))
    return stored
