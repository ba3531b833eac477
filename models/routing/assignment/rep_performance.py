"""Who makes most of the leads they get: how many they reach, and how many of those they sell to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.tables.sales import STANDS

PERIOD = timedelta(days=180)
"""How far back leads count."""
SHORTEST_TENURE = timedelta(days=7)
"""Who has had a lead for less than this is not judged by it, also when it was taken from them again."""
PRIOR = 10
"""How many leads' worth the team's rate counts in each person's."""

LEAD_COUNTS = text(f"""
-- A lead is a salesperson's from its assignment until somebody else gets it. Sales count after a conversation.
WITH change AS (
    SELECT id, contact_id, rep_id, at, lag(rep_id) OVER (PARTITION BY contact_id ORDER BY id) AS before
    FROM assignment WHERE at > :since),
stay AS (
    SELECT id, contact_id, rep_id, at, lead(at, 1, :now) OVER (PARTITION BY contact_id ORDER BY id) AS until
    FROM change WHERE before IS DISTINCT FROM rep_id),
owned AS MATERIALIZED (SELECT * FROM stay WHERE rep_id = ANY(:reps) AND until - at >= :fresh),
reached AS MATERIALIZED (
    SELECT owned.id, owned.contact_id, min(e.at) AS at, max(owned.until) AS until
    FROM owned JOIN event e ON e.contact_id = owned.contact_id AND e.at BETWEEN owned.at AND owned.until
    WHERE e.name = 'call_connected' AND e.at > :since GROUP BY owned.id, owned.contact_id),
sold AS (
    SELECT DISTINCT reached.id
    FROM reached JOIN "order" o ON o.contact_id = reached.contact_id
    WHERE {STANDS} AND o.placed_at BETWEEN reached.at AND reached.until)
SELECT owned.rep_id, count(*), count(reached.id), count(sold.id)
FROM owned LEFT JOIN reached USING (id) LEFT JOIN sold USING (id) GROUP BY owned.rep_id
""")


@dataclass(frozen=True)
class Performance:
    """What somebody made of their leads, and what may be counted on with the next one."""

    leads: int
    connected: int
    sold: int
    connection_rate: float
    """Conversations per lead, on the careful side: see `conservative_rate`."""
    closing_rate: float
    """Sales per conversation, likewise."""

    @property
    def sales_per_lead(self) -> float:
        """What may be counted on."""
        return self.connection_rate * self.closing_rate


def expected_sales_per_lead(connection: Connection, reps: Sequence[int], now: datetime) -> dict[int, float]:
    """Salesperson -> sales per lead that may be counted on; those without leads count as the others on average."""
    return {rep: measured.sales_per_lead for rep, measured in performances(connection, reps, now).items()}


def performances(connection: Connection, reps: Sequence[int], now: datetime) -> dict[int, Performance]:
    """Performance of each rep with its counts; the reps asked for are the team that sets the mean."""
    period = {"since": now - PERIOD, "fresh": SHORTEST_TENURE, "now": now}
    rows = connection.execute(LEAD_COUNTS, {"reps": list(reps)} | period)
    counts = {rep: (leads, connected, sold) for rep, leads, connected, sold in rows}
    return rate_reps({rep: counts.get(rep, (0, 0, 0)) for rep in reps})


def rate_reps(counts: dict[int, tuple[int, int, int]]) -> dict[int, Performance]:
    """Salesperson -> (leads, connected, sold), judged beside each other."""
    leads, connected, sold = map(sum, zip((0, 0, 0), *counts.values(), strict=True))
    reached, closed = team_rate(connected, leads), team_rate(sold, connected)
    return {rep: _rated(*own, reached, closed) for rep, own in counts.items()}


def _rated(leads: int, connected: int, sold: int, reached: float, closed: float) -> Performance:
    rates = conservative_rate(connected, leads, reached), conservative_rate(sold, connected, closed)
    return Performance(leads, connected, sold, *rates)


def team_rate(successes: int, tries: int) -> float:
    """By Laplace's rule of succession, so that a team without any sale yet is not taken to be one that never sells."""
    return (successes + 1) / (tries + 2)


def conservative_rate(successes: int, tries: int, mean: float) -> float:
    """A person's rate, shrunk to the team's mean by as much as they have tried little, on the careful side.

    The team's mean counts as PRIOR tries: an empirical-Bayes beta prior (Casella, "An Introduction to Empirical Bayes
    Data Analysis", The American Statistician 39, 1985). Of what then is still not known, one standard deviation is
    taken off, by Wilson's lower limit (JASA 22, 1927): shrunk alone, 1 of 1 would stay before 40 of 100.
    """
    rate = (PRIOR * mean + successes) / (PRIOR + tries)
    tries += PRIOR
    unknown = math.sqrt(rate * (1 - rate) / tries + 1 / (4 * tries**2))
    return (rate + 1 / (2 * tries) - unknown) / (1 + 1 / tries)
