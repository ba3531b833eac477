"""The table of KPIs that a run shows: in Prefect and in the terminal the same numbers as on the pages."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from models.kpi.period import Period, last_days
from models.kpi.read import KpiValue, question_of, read_values, written, written_interval

KEY = ["KPI", "reading", "currency"]


def usual_periods(today: date) -> dict[str, Period]:
    """What the nightly run shows: the day that is over, and the thirty days that end with it."""
    yesterday = today - timedelta(days=1)
    return {"yesterday": Period(yesterday, yesterday), "last 30 days": last_days(30, yesterday)}


def kpi_table(connection: Connection, periods: Mapping[str, Period]) -> list[dict[str, str]]:
    """A row for each KPI, reading and currency; of each period the value, what it is a share of (n), and the 95%
    interval. Values of a reading that a period has none of are empty.
    """
    frames = [
        pd.DataFrame(_rows(connection, name, period), columns=[*KEY, name, f"n, {name}", f"95%, {name}"])
        .set_index(KEY)
        .groupby(level=KEY, sort=False)
        .first()
        for name, period in periods.items()
    ]
    table = pd.concat(frames, axis=1, sort=False).fillna("").reset_index()
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


def _rows(connection: Connection, name: str, period: Period) -> Iterator[dict[str, Any]]:
    for value in read_values(connection, question_of(connection, period)):
        yield {
            "KPI": value.definition.title,
            "reading": value.reading.value,
            "currency": value.currency,
            name: written(value),
            f"n, {name}": _n(value),
            f"95%, {name}": written_interval(value),
        }


def _n(value: KpiValue) -> str:
    """Of a share or a mean how many it is about; an asterisk where they are too few to say much."""
    if value.denominator is None:
        return ""
    return f"{value.n:,}{'*' if value.is_small else ''}"
