"""How the leads fared: who is hot, how even the router was, how fast they were followed up."""

from collections.abc import Iterator
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.playbook import current_playbook
from models.playbook.scoring import Direction
from models.routing.fairness import KINDS_WITH_SHARES, shares_by_router
from models.wording import duration, short

SHOWN = 5

HOT = text(f"""
SELECT {DISPLAY_NAME} AS who, contact.score, contact.stage, rep.name AS owner,
       count(*) FILTER (WHERE contact.score >= :score) OVER () AS hot,
       (SELECT string_agg(reason, ', ') FROM (
            SELECT coalesce(rule, reason) AS reason FROM score_entry
            WHERE contact_id = contact.id AND withdrawn_at IS NULL
            GROUP BY 1 ORDER BY sum(points) DESC, 1 LIMIT 3) AS best) AS reasons
FROM contact LEFT JOIN rep ON rep.id = contact.owner_id
WHERE contact.score > 0 AND contact.stage <> 'customer'
ORDER BY contact.score DESC, contact.id LIMIT :shown
""")

CROSSED_THRESHOLD = text(
    "SELECT count(DISTINCT contact_id) FROM event WHERE name = 'score_rose' AND topic = :threshold"
)

NAMES = text("SELECT id, name FROM rep ORDER BY name, id")

LEAD_RESPONSE = text("""
SELECT rep.name, count(*) AS leads, count(f.first_contact_at) AS contacted,
       count(*) FILTER (WHERE f.first_contact_at <= f.due_at) AS in_time, count(f.alerted_at) AS alerts,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY f.first_contact_at - f.received_at) AS median
FROM follow_up f JOIN rep ON rep.id = f.rep_id GROUP BY rep.id ORDER BY rep.name, rep.id
""")


def lead_tables(connection: Connection) -> Iterator[Table]:
    """The highest scores, each router's shares, the first contacts per salesperson, in the order they are shown."""
    playbook = current_playbook(connection)
    for threshold in playbook.scoring.thresholds:
        if threshold.direction is Direction.RISING:
            yield _hot(connection, threshold.name, threshold.score)
            break
    yield _router_shares(connection, [router.name for router in playbook.routers if router.kind in KINDS_WITH_SHARES])
    yield _lead_response(connection, duration(playbook.service_levels.first_contact))


def _hot(connection: Connection, threshold: str, score: Decimal) -> Table:
    rows = connection.execute(HOT, {"score": score, "shown": SHOWN}).all()
    crossed = connection.execute(CROSSED_THRESHOLD, {"threshold": threshold}).scalar()
    now = rows[0].hot if rows else 0
    limit = f"{threshold} ({score.normalize():f} or more)"
    title = f"Highest scores without an order: {now} leads are {limit}, {crossed} once were"
    table = _table(title, "lead", "score")
    for name in ("stage", "owner", "mostly for"):
        table.add_column(name)
    for row in rows:
        table.add_row(row.who, f"{row.score:,.2f}", row.stage, row.owner, row.reasons)
    return table


def _router_shares(connection: Connection, routers: list[str]) -> Table:
    names = {row.id: row.name for row in connection.execute(NAMES)}
    table = _table("How evenly the routers assigned leads", "router: member", "leads", "share", "difference")
    for router, held in shares_by_router(connection, routers).items():
        for rep, share in sorted(held.items(), key=lambda one: names[one[0]]):
            table.add_row(f"{router}: {names[rep]}", f"{share.got}", f"{share.due:.2f}", f"{share.difference:+z.2f}")
    return table


def _lead_response(connection: Connection, level: str) -> Table:
    title = "First contact with leads who asked for a person"
    table = _table(title, "salesperson", "leads", "contacted", f"within {level}", "median", "SLA alerts")
    for row in connection.execute(LEAD_RESPONSE):
        numbers = (row.leads, row.contacted, row.in_time, short(row.median), row.alerts)
        table.add_row(row.name, *map(str, numbers))
    return table


def _table(title: str, name: str, *numbers: str) -> Table:
    table = Table(name, box=SIMPLE_HEAD, title=title, title_justify="left")
    for number in numbers:
        table.add_column(number, justify="right")
    return table
