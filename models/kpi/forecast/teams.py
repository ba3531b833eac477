"""The part of each team: who of those that are open is theirs, and their share of leads and sales."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, text

from models.kpi.forecast.history import LENGTH, LONGEST_STAY, RECENT, first_of_history
from models.kpi.forecast.multi_state import Numbers
from models.kpi.forecast.stays import STATES
from models.kpi.forecast.team_rates import EVERYBODYS, TeamRate, read_team_rates
from models.tables.kpi import Dimension

CONTACTS = text("""
-- Who is open, by the team of their owner of today.
SELECT team_id, array_position(CAST(:states AS text[]), state) - 1, least(:today - day, :longest), sum(count)
FROM kpi_stay
WHERE known_until IS NULL AND team_id > 0 AND days < 0 AND day BETWEEN :first AND :today
GROUP BY 1, 2, 3
""")

DEALS = text("""
-- Open deals of those who have ordered before, by the team of whoever has the deal.
SELECT o.team_id, least(:today - o.day, :longest), count(*)
FROM kpi_fact o
JOIN kpi_fact c ON c.contact_id = o.contact_id AND c.known_until IS NULL AND c.measure = 'customer' AND c.day <= :today
WHERE o.known_until IS NULL AND o.measure = 'opportunity' AND o.day <= :today
  AND o.team_id > 0
  -- Not those of who was erased.
  AND NOT (NOT EXISTS (SELECT FROM contact WHERE contact.id = o.contact_id)
           AND EXISTS (SELECT FROM kpi_stage_spell s WHERE s.known_until IS NULL AND s.contact_id = o.contact_id))
  AND NOT EXISTS (
      SELECT FROM kpi_fact ended WHERE ended.known_until IS NULL AND ended.contact_id = o.contact_id
         AND ended.measure IN ('won', 'lost') AND ended.ref = o.ref)
GROUP BY 1, 2
""")

RECENTLY = text("""
SELECT team_id, measure, sum(count) FROM kpi_daily
WHERE known_until IS NULL AND dimension = :all AND day > :since AND day <= :today AND measure IN ('lead', 'sale')
GROUP BY 1, 2
""")

SALES = text("""
SELECT team_id, date_trunc('month', day)::date, currency, sum(count), coalesce(sum(amount), 0)
FROM kpi_daily
WHERE known_until IS NULL AND dimension = :all AND team_id > 0 AND day > :since AND day <= :today AND measure = 'sale'
GROUP BY 1, 2, 3
""")


@dataclass(frozen=True)
class TeamPart:
    """What of the business is one team's."""

    team_id: int
    contacts: Numbers
    """(state, days): who is open."""
    deals: Numbers
    """(1, days)."""
    share_of_leads: float
    share_of_sales: float
    sales: dict[tuple[date, str], tuple[int, float]]
    """(first of the month, currency) -> sales and their amount."""
    rate: TeamRate = EVERYBODYS
    """How often its leads buy, beside everybody's."""


def read_teams(connection: Connection, today: date) -> list[TeamPart]:
    """Every team that has somebody open or has sold."""
    values = {
        "today": today,
        "longest": LONGEST_STAY,
        "all": Dimension.ALL,
        "since": today - timedelta(days=RECENT),
        "first": first_of_history(today),
        "states": list(STATES),
    }
    contacts: dict[int, Numbers] = {}
    deals: dict[int, Numbers] = {}
    for team, state, age, count in connection.execute(CONTACTS, values):
        contacts.setdefault(team, np.zeros((len(STATES), LENGTH)))[state, age] += count
    for team, age, count in connection.execute(DEALS, values):
        deals.setdefault(team, np.zeros((1, LENGTH)))[0, age] += count
    recently = {(team, measure): int(count) for team, measure, count in connection.execute(RECENTLY, values)}
    sales: dict[int, dict[tuple[date, str], tuple[int, float]]] = {}
    for team, month, currency, count, amount in connection.execute(
        SALES, values | {"since": today - timedelta(days=2 * 365)}
    ):
        sales.setdefault(team, {})[month, currency] = (int(count), float(amount))
    rates = read_team_rates(connection, today)
    return [
        TeamPart(
            team_id=team,
            contacts=contacts.get(team, np.zeros((len(STATES), LENGTH))),
            deals=deals.get(team, np.zeros((1, LENGTH))),
            share_of_leads=_share(recently, team, "lead"),
            share_of_sales=_share(recently, team, "sale"),
            sales=sales.get(team, {}),
            rate=rates.get(team, EVERYBODYS),
        )
        for team in sorted({*contacts, *deals, *sales})
    ]


def _share(counts: dict[tuple[int, str], int], team: int, measure: str) -> float:
    total = counts.get((0, measure), 0)
    return counts.get((team, measure), 0) / total if total else 0.0
