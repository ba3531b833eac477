"""How fast leads are taken in: rows of a file that are read, stored and imported, and leads that are posted one by one.

    .venv/bin/python -m bench.imports [--rows 50000] [--posts 500]

The rows have what lists of leads have: two of a hundred are about somebody who stands further up, numbers are written
in several ways and some have an extension, and some cells are empty. Reading and storing are measured in parts of a
thousand rows, each stored in a transaction of its own.
"""

import argparse
import csv
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.server import drop_database, fresh_database
from models.access.token import read_secret
from models.database import engine
from models.leads.capture import capture
from models.leads.imported_lead import make_row_key, read_imported_lead
from models.leads.reading.lead import Lead
from models.playbook import current_playbook

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PART = 1_000
SOURCE = "csv"
READ_ALONE = 10_000
"""Rows that are read and stored outside an import."""

FIRST_NAMES = (
    *("Ann", "Bob", "Carla", "Dwayne", "Eva", "Félix", "Grace", "Hiro", "Imani", "Jean-Luc", "Kim", "Lena", "MARCO"),
    *("nora", "Olu", "Priya"),
)
LAST_NAMES = (
    *("Smith", "O'Brien", "van der Berg", "García López", "Müller", "NGUYEN", "Okafor", "de Souza", "Lee", "McDonald"),
    *("Kowalski", "Ito"),
)
TITLES = ("Owner", "CEO", "Head of Sales", "Founder & CEO", "Operations Manager", "VP Marketing", "")
SIZES = ("1-10", "11-50", "51-200", "201-500", "1,000+", "35", "")
PLACES = (
    ("Portland", "ME", "04101", "United States"),
    ("Austin", "Texas", "73301", "USA"),
    ("San Francisco", "Calif.", "94103", "US"),
    ("Toronto", "ON", "M5V 2T6", "Canada"),
    ("Boston", "massachusetts", "02108-1234", ""),
)
PHONES = (
    "({area}) {exchange}-{line}",
    "{area}-{exchange}-{line}",
    "+1 {area} {exchange} {line}",
    "{area}{exchange}{line}",
)
AREAS = (207, 415, 512, 617, 212, 303)
CHALLENGES = ("Generating new leads", "Hiring enough qualified people", "customer loyalty", "Select", "")
REQUESTS = ("", "", "Please call me about the programme, mornings are best.", "What does it cost for a team of twelve?")

console = Console()


def main() -> None:
    """All parts, in one table."""
    options = _options()
    table = Table("", "seconds", "CPU of this process", "a second")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        _write_file(path, options.rows)
        if options.rows:
            _reading_and_storing(min(READ_ALONE, options.rows), table)
            _importing(path, options.rows, table)
    if options.posts:
        _posting(options.posts, table)
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory of this process: {peak:.0f} MB", highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the file; 0 leaves reading and importing out")
    parser.add_argument("--posts", type=int, default=500, help="leads posted one by one; 0 leaves them out")
    return parser.parse_args()


def _rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of a list of leads, the same ones each time."""
    random = Random(1)
    for number in range(count):
        city, state, code, country = random.choice(PLACES)
        person = number if number % 50 else number // 2
        phone = {
            "area": random.choice(AREAS),
            "exchange": f"{200 + person // 10_000 % 700}",
            "line": f"{person % 10_000:04}",
        }
        yield {
            "Record ID": f"r{number}",
            "First Name": random.choice(FIRST_NAMES),
            "Last Name": random.choice(LAST_NAMES),
            "Email Address": f"Lead{person}@Example.com",
            "Phone": random.choice(PHONES).format(**phone) + (" x12" if number % 20 == 0 else ""),
            "Company Name": f"Firm {person % 20_000} LLC",
            "Job Title": random.choice(TITLES),
            "Company Size": random.choice(SIZES),
            "City": city,
            "State": state,
            "Zip": code,
            "Country": country,
            "Biggest Challenge": random.choice(CHALLENGES),
            "Annual Revenue": random.choice(("$1,200,000", "250000", "")),
            "Message": random.choice(REQUESTS),
            "Newsletter": random.choice(("yes", "no", "")),
        }


def _write_file(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = _rows(max(count, 1))
        first = next(rows)
        writer = csv.DictWriter(file, fieldnames=list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _reading_and_storing(count: int, table: Table) -> None:
    address = fresh_database("bench_imports")
    with engine(address).connect() as connection:
        playbook = current_playbook(connection)
    rows = list(_rows(count))
    leads: list[Lead] = []

    def read() -> None:
        for row in rows:
            leads.append(read_imported_lead(SOURCE, playbook, row, NOON, row_key=make_row_key(SOURCE, row)))

    _measure(table, f"{count:,} rows read", count, read)
    _measure(table, f"{count:,} leads stored, all new", count, lambda: _store(address, leads))
    known = [_with_key(lead, number) for number, lead in enumerate(leads)]
    _measure(table, f"{count:,} more of the same people", count, lambda: _store(address, known))
    drop_database("bench_imports")


def _with_key(lead: Lead, number: int) -> Lead:
    return replace(lead, event_key=f"{SOURCE}:again {number}")


def _store(address: str, leads: Sequence[Lead]) -> None:
    for first in range(0, len(leads), PART):
        with engine(address).begin() as connection:
            capture(connection, leads[first : first + PART], NOON)


def _importing(path: Path, count: int, table: Table) -> None:
    from models.leads.imports.lead_import import import_file

    os.environ["TEND_DATABASE_URL"] = fresh_database("bench_imports")

    def import_all() -> None:
        for _ in import_file(path, SOURCE):
            pass

    _measure(table, f"file of {count:,} rows imported", count, import_all)
    _measure(table, "the same file again", count, import_all)
    drop_database("bench_imports")


def _posting(count: int, table: Table) -> None:
    from fastapi.testclient import TestClient

    address = os.environ["TEND_DATABASE_URL"] = fresh_database("bench_posts")
    from web.app import app

    with engine(address).begin() as connection:
        key = read_secret(connection, "api key")
    rows = [_posted(row) for row in _rows(count + 1)]
    client = TestClient(app, headers={"authorization": f"Bearer {key}"})

    def post(row: dict[str, Any]) -> None:
        answer = client.post("/leads/website", json=row)
        if answer.status_code not in (200, 201):
            raise SystemExit(f"A lead was answered with {answer.status_code}: {answer.text}")

    post(rows[0])

    def post_all() -> None:
        for row in rows[1:]:
            post(row)

    _measure(table, f"{count:,} leads posted, one by one", count, post_all)
    drop_database("bench_posts")


def _posted(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value and name != "Record ID"}


def _measure(table: Table, name: str, count: int, work: Callable[[], None]) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, busy = time.perf_counter() - begin, time.process_time() - cpu
    console.print(f"{name}: {seconds:.1f} s", style="dim", highlight=False)
    table.add_row(name, f"{seconds:.2f}", f"{busy:.2f}", f"{count / seconds:,.0f}")


if __name__ == "__main__":
    main()
