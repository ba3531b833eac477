"""What the report costs over two years of a business: a million contacts, ten million events.

    .venv/bin/python -m bench.reports [--contacts 1000000] [--keep]

A full count of all there is, then a day more happens and the night's run counts it; beside it one hand-written SQL
statement for each KPI table and that day. Then every page of the reports and every export, of several ranges of days.
"""

import argparse
import asyncio
import os
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import httpx
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.report.business import BEGIN, LAST_NIGHT, NEXT_NIGHT, live, make_life
from bench.report.by_hand import by_hand
from bench.server import database_address, drop_database, fresh_database
from models.database import engine
from models.kpi.run import RunResult, run_report
from models.wording import full_date

GOAL_SECONDS, GOAL_MEGABYTES, GOAL_RATIO, GOAL_PAGE = 30, 1024, 5, 0.3
RANGES = (30, 90, 365, 730)
"""Of how many days each page is asked for."""
ASKED = 5
"""How often, the first time tells how it is cold, the median how it is warm."""

CHAPTERS = (
    "",
    "/funnel",
    "/people",
    "/response",
    "/time-to-buy",
    "/mails",
    "/journeys",
    "/sources",
    "/fields",
    "/forecast",
    "/goals",
    "/review",
    "/definitions",
    "/runs",
    "/who?measure=connected",
    "/who?measure=lead",
)
EXPORTS = (
    *(f"/{table}.csv" for table in ("kpi_daily", "kpi_cohort", "kpi_funnel", "kpi_message", "kpi_fact")),
    "/people.csv",
    "/people.xlsx",
    "/kpi_message.xlsx",
)

console = Console()


@dataclass(frozen=True)
class Measured:
    """A run of the report in this process."""

    result: RunResult
    seconds: float
    cpu_seconds: float
    """Of this process; Postgres has its own."""
    peak_megabytes: float
    """Of this process since it began."""


def main() -> None:
    """All parts, in one table."""
    options = _options()
    if options.pages:
        table = Table("", "found", "goal", title="the pages of the database that is kept")
        _pages(database_address("bench_reports"), table)
        console.print(table)
        return
    address = fresh_database("bench_reports")
    table = Table("", "found", "goal", title=f"{options.contacts:,} contacts, two years")
    _fill(address, options.contacts, table)
    full = _measure(address, LAST_NIGHT, full=True)
    _tell(table, "all counted anew", full, goals=False)
    written = live(address, LAST_NIGHT, NEXT_NIGHT)
    table.add_row("rows of the new day, in all tables", f"{sum(written.values()):,}")
    night = _measure(address, NEXT_NIGHT)
    _tell(table, "the night after", night, goals=True)
    _compare(address, night, table)
    _pages(address, table)
    console.print(table)
    if not options.keep:
        drop_database("bench_reports")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--contacts", type=int, default=1_000_000, help="contacts of two years; events are ten times as many"
    )
    parser.add_argument("--keep", action="store_true", help="leave the database bench_reports for a look")
    parser.add_argument("--pages", action="store_true", help="ask only the pages of the database that --keep left")
    return parser.parse_args()


def _fill(address: str, contacts: int, table: Table) -> None:
    console.print(f"storing {contacts:,} contacts ...", style="dim")
    started = time.perf_counter()
    make_life(address, contacts)
    written = live(address, BEGIN, LAST_NIGHT, is_first=True)
    table.add_row(
        "contacts, events, all rows", f"{written['contact']:,}, {written['event']:,}, {sum(written.values()):,}"
    )
    with engine(address).connect() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    table.add_row("seconds to store them, gigabytes", f"{time.perf_counter() - started:.0f}, {size / 1e9:.1f}")


def _measure(address: str, now: datetime, *, full: bool = False) -> Measured:
    console.print(f"counting the night after {full_date(now.date())} ...", style="dim", highlight=False)
    started, cpu = time.perf_counter(), time.process_time()
    result = run_report(engine(address), now, full=full)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(result, seconds, cpu_seconds, peak)


def _tell(table: Table, name: str, measured: Measured, *, goals: bool) -> None:
    table.add_row(f"{name}: contacts looked at", f"{measured.result.contacts:,}")
    table.add_row(f"{name}: rows written", f"{sum(measured.result.rows.values()):,}")
    table.add_row(f"{name}, seconds", f"{measured.seconds:.1f}", f"< {GOAL_SECONDS}" if goals else "")
    table.add_row(f"{name}, CPU seconds of the process", f"{measured.cpu_seconds:.1f}")
    table.add_row(f"{name}, peak memory of the process", f"{measured.peak_megabytes:.0f} MB", f"< {GOAL_MEGABYTES} MB")


def _compare(address: str, night: Measured, table: Table) -> None:
    taken = by_hand(address, NEXT_NIGHT - timedelta(days=1), NEXT_NIGHT)
    for name, seconds in taken.items():
        table.add_row(f"by hand: {name}, seconds", f"{seconds:.2f}")
    both = sum(taken.values())
    table.add_row("by hand in all, seconds", f"{both:.1f}")
    table.add_row("the night / by hand", f"{night.seconds / both:.1f}", f"<= {GOAL_RATIO}")


def _pages(address: str, table: Table) -> None:
    os.environ |= {"TEND_DATABASE_URL": address, "TEND_HOST": "127.0.0.1"}
    goal = f"< {GOAL_PAGE * 1000:.0f} ms"
    for path in (*CHAPTERS, *EXPORTS):
        found = [asyncio.run(_asked(path, days)) for days in RANGES]
        table.add_row(f"/reports{path}", ", ".join(found), goal)
    table.add_row("", f"(first time / median of {ASKED}, of {', '.join(map(str, RANGES))} days)")


async def _asked(path: str, days: int) -> str:
    """`first / median`, in milliseconds until the first byte of the answer is there; or what else was answered."""
    # The pages read the address of the database when they are imported.
    from web.app import app

    first, last = (NEXT_NIGHT - timedelta(days=days - 1)).date(), NEXT_NIGHT.date()
    name, _, query = path.partition("?")
    taken = []
    for _ in range(1 if path in EXPORTS else ASKED):
        status, seconds = await _first_byte(app, f"/reports{name}", f"{query}&from={first}&to={last}".lstrip("&"))
        if status != httpx.codes.OK:
            return f"answered {status}"
        taken.append(seconds)
    return f"{taken[0] * 1000:.0f} / {median(taken) * 1000:.0f}"


async def _first_byte(app: FastAPI, path: str, query: str) -> tuple[int, float]:
    """(status, seconds until the first byte). Whoever asked goes away then."""
    started, found = time.perf_counter(), asyncio.Event()
    status, seconds = 0, 0.0

    async def receive() -> dict[str, object]:
        await found.wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status, seconds
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message.get("body") and not found.is_set():
            seconds = time.perf_counter() - started
            found.set()

    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "root_path": ""},
        **{"query_string": query.encode(), "raw_path": path.encode(), "client": ("127.0.0.1", 1)},
        **{"server": ("127.0.0.1", 8000), "headers": [(b"host", b"127.0.0.1:8000"), (b"accept", b"text/html")]},
    }
    await app(scope, receive, send)  # type: ignore[arg-type]  # as httpx's own transport calls it
    return status, seconds


if __name__ == "__main__":
    main()
