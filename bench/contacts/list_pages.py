"""What the list of contacts takes over the million contacts that `bench.reports --keep` left: each filter and sort.

    .venv/bin/python -m bench.contacts.list_pages [--only journey] [--times 5]

The pages are made as the web process makes them, rendering included, one at a time. CPU is that of Postgres with all
its processes and of this one, so nobody else should use the server meanwhile.
"""

import argparse
import asyncio
import os
import re
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

import httpx
import psutil
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.server import database_address
from models.database import engine

GOAL_MS = 300
ASKED: tuple[dict[str, str], ...] = (
    {},
    {"sort": "created_at"},
    *({"sort": sort} for sort in ("-score", "score", "stage", "-stage", "company", "-company", "source", "-source")),
    *({"sort": sort} for sort in ("owner", "-owner", "who", "-who", "-probability", "email", "-job_title")),
    {"sort": "-last_activity"},
    {"sort": "last_activity"},
    {"where": 'stage == "sql"'},
    {"where": 'stage == "sql"', "sort": "-score"},
    {"where": "owner is None"},
    {"where": "owner is None", "sort": "-score"},
    {"where": 'owner == "Rep 7"'},
    {"where": 'owner == "Rep 7"', "sort": "-score"},
    {"where": 'team == "Team 2"'},
    {"where": 'team == "Team 2"', "sort": "who"},
    {"where": 'source == "source 3"'},
    {"where": 'source == "source 3"', "sort": "who"},
    {"where": 'source == "nowhere"'},
    {"where": "score >= 60", "sort": "-score"},
    {"where": "score >= 30", "sort": "-score"},
    {"where": "score >= 100"},
    {"where": 'journey == "lead_nurture"'},
    {"where": 'journey == "lead_nurture"', "sort": "-score"},
    {"where": 'journey == "lead_nurture"', "sort": "who"},
    {"where": "journey is None"},
    {"where": "journey is None", "sort": "-score"},
    {"where": "bought is not None"},
    {"where": "bought is not None", "sort": "-score"},
    {"where": "bought is None", "sort": "-score"},
    {"where": 'bought == "strategy-session"'},
    {"where": "task is not None"},
    {"where": "task is not None", "sort": "-score"},
    {"where": 'created_at >= "2026-03-01" and created_at < "2026-04-01"'},
    {"where": 'created_at >= "2026-03-01" and created_at < "2026-04-01"', "sort": "-score"},
    {"where": 'contains(job_title, "19")'},
    {"where": 'contains(email, "lead77777")'},
    {"where": "suppressed is not None"},
    {"where": 'challenge == "Other"'},
    {"where": 'last_activity >= "2026-11-20"'},
    {"where": 'last_activity >= "2026-11-20"', "sort": "-score"},
    {"where": 'last_activity >= "2026-11-29"', "sort": "-last_activity"},
    {"where": 'last_activity < "2026-01-01"'},
    {"where": 'last_activity < "2026-01-01"', "sort": "-score"},
    {"where": "last_activity is None"},
    {"where": 'stage == "customer" and last_activity < "2026-06-01"', "sort": "-score"},
    {"where": 'stage == "mql" and owner == "Rep 9" and journey == "lead_nurture"', "sort": "-score"},
    {"q": "lead777777@example.com"},
    {"q": "lead7777"},
    {"q": "2070777"},
    {"q": "nobody at all"},
)
"""Queries of the list, with what the business of `bench.reports` has."""

console = Console()


@dataclass(frozen=True)
class Measured:
    """One list, asked some times in a row."""

    first_ms: float
    median_ms: float
    longest_ms: float
    postgres_ms: float
    """CPU of one request, as that of the process."""
    process_ms: float
    says: str
    """How many were found, as the page says it; or that it answers otherwise."""


def main() -> None:
    """All lists, in one table."""
    options = _options()
    address = database_address("bench_reports")
    os.environ |= {"TEND_DATABASE_URL": address, "TEND_HOST": "127.0.0.1"}
    title = f"load {os.getloadavg()[0]:.1f}"
    table = Table(
        "asked", "first / median / longest, ms", "CPU of Postgres and of the process, ms", "says", title=title
    )
    with engine(address).connect() as connection:
        pid = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        server = psutil.Process(pid).parent()
    if server is None:
        raise SystemExit("The server has to be on this machine, for its CPU is measured.")
    slow = 0
    for asked in ASKED:
        query = urlencode(asked)
        if options.only not in f"{asked}":
            continue
        found = asyncio.run(_measure(query, server, options.times))
        slow += found.median_ms > GOAL_MS
        table.add_row(
            " ".join(f"{name}={value}" for name, value in asked.items()) or "everybody",
            f"{found.first_ms:.0f} / {found.median_ms:.0f} / {found.longest_ms:.0f}",
            f"{found.postgres_ms:.0f}, {found.process_ms:.0f}",
            found.says,
            style="bold" if found.median_ms > GOAL_MS else None,
        )
    console.print(table, f"{slow} slower than {GOAL_MS} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only lists in whose query this stands")
    parser.add_argument("--times", type=int, default=5, help="how often each is asked")
    return parser.parse_args()


async def _measure(query: str, server: psutil.Process, times: int) -> Measured:
    # The pages read the address of the database when they are imported.
    from web.app import app

    taken, before, own = [], _cpu(server), time.process_time()
    for _ in range(times):
        started = time.perf_counter()
        answer = await _get(app, query)
        taken.append((time.perf_counter() - started) * 1_000)
    postgres, process = (_cpu(server) - before) / times, (time.process_time() - own) / times
    return Measured(taken[0], median(taken), max(taken), postgres * 1_000, process * 1_000, _says(answer))


async def _get(app: FastAPI, query: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        return await client.get(f"/contacts?{query}", headers={"accept": "text/html"})


def _cpu(server: psutil.Process) -> float:
    """Seconds of the server and of all processes that it has or had."""
    own = server.cpu_times()
    seconds = own.user + own.system + own.children_user + own.children_system
    for child in server.children():
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
    return float(seconds)


def _says(answer: httpx.Response) -> str:
    found = re.search(r"<p><b>([^<]*)</b>", answer.text)
    note = re.search(r'class="note[^"]*"[^>]*>(.{0,40})', answer.text)
    shown = answer.text.count('<td class="person">')
    said = f"{found[1] if found else ''}, {shown} shown" + (f"; {note[1]}" if note else "")
    return said if answer.status_code == httpx.codes.OK else f"answered {answer.status_code}; {said}"


if __name__ == "__main__":
    main()
