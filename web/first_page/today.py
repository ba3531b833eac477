"""How today goes beside the goals, and how the last weeks went: from the KPI tables, as on the pages of reports."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from sqlalchemy import Connection, text

from models.playbook import NoPlaybook
from models.tables.sales import NET, STANDS
from models.wording import clock_zone
from web.charts import TrendChart
from web.reports.first_screen.goals import GoalLine, goal_lines
from web.reports.first_screen.trends import read_trends
from web.reports.query import ReportAddress, read_request

MOST_GOALS = 4
EXACT_UP_TO = 100_000

COUNTED_TODAY = text(f"""
    SELECT (SELECT count(*) FROM contact WHERE created_at >= :midnight) AS leads,
           (SELECT count(*) FROM "order" o WHERE o.placed_at >= :midnight AND {STANDS}) AS orders,
           (SELECT count(*) FROM (SELECT 1 FROM task WHERE done_at IS NULL AND closed_at IS NULL LIMIT 10000) AS t)
               AS tasks
""")

MONEY_TODAY = text(f"""
    SELECT o.currency, sum({NET}) AS amount FROM "order" o WHERE o.placed_at >= :midnight AND {STANDS}
    GROUP BY o.currency ORDER BY o.currency = :currency DESC, o.currency
""")

# Counting a million contacts takes longer than the page may.
CONTACTS = text("""
    SELECT CASE WHEN reltuples > :exact THEN reltuples ELSE (SELECT count(*) FROM contact) END AS contacts,
           reltuples > :exact AS is_estimate
    FROM pg_class WHERE oid = 'contact'::regclass
""")


@dataclass(frozen=True, kw_only=True)
class Today:
    """What came since midnight by the company's clock, what is to be reached, and how the last weeks went."""

    leads: int
    orders: int
    money: list[tuple[Decimal, str]]
    """What the orders of today brought, by currency."""
    tasks: int
    """Open ones, counted up to ten thousand."""
    contacts: int
    is_estimate: bool
    """Whether the contacts are an estimate."""
    goals: list[GoalLine]
    """The first of them: those that are missed."""
    trends: list[TrendChart]
    """None before the first report."""
    known_at: datetime | None
    """When the numbers of goals and trends were counted."""


def read_today(connection: Connection, zone: str, now: datetime) -> Today:
    """Read it; without a playbook there are no goals and no trends."""
    clock = clock_zone(zone)
    midnight = datetime.combine(now.astimezone(clock).date(), time(), clock)
    goals, trends, currency, known_at = _from_reports(connection, now)
    counted = connection.execute(COUNTED_TODAY, {"midnight": midnight}).mappings().one()
    earned = connection.execute(MONEY_TODAY, {"midnight": midnight, "currency": currency})
    contacts = connection.execute(CONTACTS, {"exact": EXACT_UP_TO}).one()
    return Today(
        **counted,
        money=[(row.amount, row.currency) for row in earned],
        contacts=round(contacts.contacts),
        is_estimate=contacts.is_estimate,
        goals=goals,
        trends=trends,
        known_at=known_at,
    )


def _from_reports(
    connection: Connection, now: datetime
) -> tuple[list[GoalLine], list[TrendChart], str, datetime | None]:
    try:
        asked = read_request(connection, ReportAddress.model_validate({}), now)
    except NoPlaybook:
        return [], [], "", None
    if asked.run is None:
        return [], [], asked.currency, None
    return (
        goal_lines(connection, asked)[:MOST_GOALS],
        read_trends(connection, asked),
        asked.currency,
        asked.run.known_at,
    )
