"""Facts of made businesses for forecasts, straight into kpi_fact."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from sqlalchemy import Connection, text

from models.database import copy_rows, engine
from models.kpi.counting.daily import count_daily
from models.kpi.forecast import count_stays
from models.kpi.window import CountingWindow

Fact = tuple[int, str, str, date, float | None]
"""contact, measure, ref, day, amount"""

NOON = time(12, tzinfo=UTC)


def insert_facts(facts: Iterable[Fact], *, currency: str = "USD", team_id: int = 0) -> None:
    """Store facts that stand now; money is in one currency."""
    known = datetime(2020, 1, 1, tzinfo=UTC)
    columns = "kpi_fact (contact_id, measure, ref, at, day, team_id, amount, currency, known_from)"
    rows = [
        (contact, measure, ref, datetime.combine(day, NOON), day, team_id, amount, currency if amount else "", known)
        for contact, measure, ref, day, amount in facts
    ]
    with engine().begin() as connection:
        copy_rows(connection, columns, rows)
        connection.execute(text("ANALYZE kpi_fact"))


def count_what_forecasts_read(connection: Connection, window: CountingWindow) -> None:
    """As a run does before it forecasts: sales by day, and stays of contacts."""
    for count in (count_daily, count_stays):
        count(connection, window)


def a_steady_business(seed: int, first: date, days: int, *, leads_a_day: float = 4.0, trend: float = 0.0) -> list[Fact]:
    """Leads come at a steady rate; four of ten become a deal after some weeks, and six of ten deals are won.

    `trend`: by how much more leads come a day at the end, as a share.
    """
    random = np.random.default_rng(seed)
    facts: list[Fact] = []
    contact = 0
    for day in range(days):
        for _ in range(random.poisson(leads_a_day * (1 + trend * day / days))):
            contact += 1
            facts += _one(random, contact, first + timedelta(days=day))
    last = first + timedelta(days=days - 1)
    return [fact for fact in facts if fact[3] <= last]


def _one(random: np.random.Generator, contact: int, came: date) -> Iterable[Fact]:
    yield contact, "lead", "", came, None
    if random.random() >= 0.4:
        return
    opened = came + timedelta(days=int(random.gamma(2, 10)))
    yield contact, "mql", "", came + (opened - came) / 2, None
    yield contact, "opportunity", "", opened, None
    ended = opened + timedelta(days=int(random.gamma(2, 15)))
    if random.random() < 0.6:
        amount = round(float(random.lognormal(7, 0.5)), 2)
        yield contact, "won", "", ended, amount
        yield contact, "customer", "", ended, amount
        yield contact, "sale", f"order:{contact}", ended, amount
        while random.random() < 0.3:
            ended += timedelta(days=int(random.gamma(2, 40)))
            yield contact, "sale", f"order:{contact}-{ended}", ended, amount
    else:
        yield contact, "lost", "", ended, None
