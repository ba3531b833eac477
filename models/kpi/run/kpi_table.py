"""The table of KPIs that a run shows: in Prefect and in the terminal the same numbers as on the pages."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from models.kpi.definitions import Reading
from models.kpi.period import Period, last_days
from models.kpi.read import KpiValue, question_of, read_values, written, written_interval
from models.tables.kpi import KpiName

KEY = ["KPI", "reading", "currency"]


def usual_periods(today: date) -> dict[str, Period]:
    """What the nightly run shows: the day that is over, and the thirty days that end with it."""
    yesterday = today - timedelta(days=1)
    return {"yesterday": Period(yesterday, yesterday), "last 30 days": last_days(30, yesterday)}


def kpi_table(connection: Connection, periods: Mapping[str, Period]) -> list[dict[str, str]]:
    """A row for each KPI, reading and currency; of each period the value, what it is a share of (n), and the 95%
    interval. Values of a reading that a period has none of are empty.
    """
    found = {name: read_values(connection, question_of(connection, period)) for name, period in periods.items()}
    currencies = _currencies(value for values in found.values() for value in values)
    frames = [
        pd.DataFrame(_rows(name, values, currencies), columns=[*KEY, name, f"n, {name}", f"95%, {name}"])
        .set_index(KEY)
        .groupby(level=KEY, sort=False)
        .first()
        for name, values in found.items()
    ]
    table = pd.concat(frames, axis=1, sort=False).fillna("").reset_index()
    return [{str(name): str(value) for name, value in row.items()} for row in table.to_dict("records")]


Currencies = Mapping[tuple[KpiName, Reading], Sequence[str]]
"""Of each KPI in each reading those that it has in any period."""


def _currencies(values: Iterable[KpiValue]) -> Currencies:
    found: dict[tuple[KpiName, Reading], dict[str, None]] = defaultdict(dict)
    for value in values:
        if value.currency:
            found[value.kpi, value.reading][value.currency] = None
    return {key: list(currencies) for key, currencies in found.items()}


def _rows(name: str, values: Sequence[KpiValue], currencies: Currencies) -> Iterator[dict[str, Any]]:
    own = _currencies(values)
    for found in values:
        key = found.kpi, found.reading
        # Without any money a period knows no currency: it has nothing of those that others have.
        known = [found.currency] if found.currency or key in own else currencies.get(key, [""])
        for value in (replace(found, currency=currency) for currency in known):
            yield _row(name, value)


def _row(name: str, value: KpiValue) -> dict[str, Any]:
    return {
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
