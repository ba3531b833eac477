"""The report at the end of the demo: endings by journey, results, and the addresses of the pages to look at."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from deployments.demo.lead_tables import lead_tables
from models.database import engine
from models.tables.sales import NET, STANDS

ENDINGS = text("""
SELECT journey,
       coalesce(ending, CASE status WHEN 'stuck' THEN 'stuck: ' || stuck_reason ELSE 'under way' END) AS state,
       count(*) AS runs, ended_at IS NULL AS open
FROM journey_run GROUP BY 1, 2, 4 ORDER BY journey, open, runs DESC, state
""")

TOTALS = text(f"""
SELECT (SELECT count(*) FROM contact) AS contacts,
       (SELECT count(*) FROM message WHERE state = 'sent' AND kind IN ('marketing', 'transactional')) AS mails,
       (SELECT count(*) FROM task) AS tasks,
       (SELECT count(*) FROM "order" o WHERE {STANDS}) AS orders,
       (SELECT coalesce(sum({NET}), 0) FROM "order" o WHERE {STANDS}) AS revenue,
       (SELECT count(*) FROM journey_run WHERE status = 'stuck') AS stuck,
       (SELECT min(contact_id) FROM "order") AS buyer
""")

WIDTH = 20


def show(console: Console, web: str, prefect: str) -> None:
    """Print the tables, the totals, and the addresses of the pages."""
    with engine().connect() as connection:
        rows = connection.execute(ENDINGS).all()
        sums = connection.execute(TOTALS).one()
        tables = [_table(rows), *lead_tables(connection)]
    for table in tables:
        console.print(table)
    console.print(
        f"{sums.contacts:,} contacts · {sums.mails:,} mails · {sums.tasks:,} tasks · {sums.orders:,} orders worth "
        f"{sums.revenue:,.0f} USD · {sums.stuck:,} stuck runs"
    )
    pages = {
        "Reports": f"{web}/reports",
        "All contacts": f"{web}/contacts",
        "One who bought": f"{web}/contacts/{sums.buyer}" if sums.buyer else "",
        "Hot leads": f"{web}/lists/hot",
        "Routers": f"{web}/routers",
        "Follow-up": f"{web}/follow-up",
        "Mailbox": f"{web}/mailbox",
        "Journeys": f"{web}/runs",
        "Prefect": prefect,
    }
    for name, address in pages.items():
        if address:
            console.print(f"  {name:<16}[cyan]{address}[/]")
    console.print("  These people are invented: ./tend demo --remove takes them away, ./tend up starts an empty Tend.")


def _table(rows: Sequence[Any]) -> Table:
    table = Table(
        "journey", "ending", "runs", "", box=SIMPLE_HEAD, title="Runs by journey and ending", title_justify="left"
    )
    table.columns[1].min_width = 31
    table.columns[2].justify = "right"
    most = max((runs for _, _, runs, _ in rows), default=1)
    before = ""
    for journey, state, runs, is_open in rows:
        if journey != before and before:
            table.add_section()
        bar = "█" * max(1, round(WIDTH * runs / most))
        table.add_row(
            journey if journey != before else "", state, f"{runs:,}", f"[{'dim' if is_open else 'green'}]{bar}[/]"
        )
        before = journey
    return table
