"""How much more or less often a team's leads buy than everybody's, where the team has data enough of its own to tell.

What everybody's rates expect of the leads of each past month is held against what came. The factor is drawn towards 1
by a gamma prior, so that few orders say little (Clayton and Kaldor, Biometrics 43, 1987). It is used only where it has
been tried on the team's own past: said before each month, it came nearer to what that month's leads bought than
everybody's rates did.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.period import calendar_months
from models.tables.kpi import Dimension

WATCHED = timedelta(days=90)
"""For how long after a lead came an order counts: younger leads say nothing yet."""
MONTHS_BACK = 24
PRIOR_ORDERS = 20
"""As many orders at everybody's rates are taken for granted."""
LEAST_EXPECTED = 30
LEAST_MONTHS = 6

LEADS = text("""
SELECT team_id, date_trunc('month', day)::date AS month, sum(count) AS number FROM kpi_daily
WHERE known_until IS NULL AND dimension = :all AND measure = 'lead' AND day BETWEEN :first AND :last GROUP BY 1, 2
""")

CUSTOMERS = text("""
SELECT team_id, date_trunc('month', day)::date AS month, sum(count) AS number FROM kpi_cohort
WHERE known_until IS NULL AND dimension = :all AND begin = 'lead' AND goal = 'customer' AND days BETWEEN 0 AND :watched
  AND day BETWEEN :first AND :last GROUP BY 1, 2
""")


@dataclass(frozen=True)
class TeamMonth:
    """The leads of one month, of a team."""

    expected: float
    """Orders at everybody's rates."""
    came: int
    """Those that came in time."""


@dataclass(frozen=True)
class TeamRate:
    """By how much a team's leads buy more often than everybody's."""

    factor: float = 1.0
    deviation: float = 0.0
    """The standard deviation of what is known of it."""


EVERYBODYS = TeamRate()


def read_team_rates(connection: Connection, today: date) -> dict[int, TeamRate]:
    """The rate of each team that has proved one of its own."""
    last = calendar_months(today - WATCHED).first - timedelta(days=1)
    first = calendar_months(last - timedelta(days=30 * MONTHS_BACK)).first
    values = {"all": Dimension.ALL, "first": first, "last": last, "watched": WATCHED.days}
    leads = {(row.team_id, row.month): int(row.number) for row in connection.execute(LEADS, values)}
    customers = {(row.team_id, row.month): int(row.number) for row in connection.execute(CUSTOMERS, values)}
    months: dict[int, list[TeamMonth]] = defaultdict(list)
    for (team, month), count in sorted(leads.items()):
        if team:
            rate = customers.get((0, month), 0) / leads[0, month]
            months[team].append(TeamMonth(count * rate, customers.get((team, month), 0)))
    rates = {team: team_rate(of_team) for team, of_team in months.items()}
    return {team: rate for team, rate in rates.items() if rate is not EVERYBODYS}


def team_rate(months: Sequence[TeamMonth]) -> TeamRate:
    """The rate by these months, the oldest first; EVERYBODYS where they are too few, or it has not proved better."""
    # Before the leads of a month came, those of the last three had not been watched for long enough.
    lag = round(WATCHED.days / 30)
    tested = [(months[place], _factor(months[: place - lag])) for place in range(lag + 1, len(months))]
    if len(tested) < LEAST_MONTHS or sum(month.expected for month in months) < LEAST_EXPECTED:
        return EVERYBODYS
    own = sum(abs(month.came - factor * month.expected) for month, factor in tested)
    everybodys = sum(abs(month.came - month.expected) for month, _ in tested)
    if own >= everybodys:
        return EVERYBODYS
    factor = _factor(months)
    return TeamRate(factor, (factor / (sum(month.expected for month in months) + PRIOR_ORDERS)) ** 0.5)


def _factor(months: Sequence[TeamMonth]) -> float:
    came, expected = sum(month.came for month in months), sum(month.expected for month in months)
    return (came + PRIOR_ORDERS) / (expected + PRIOR_ORDERS)
