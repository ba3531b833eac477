"""How fast contacts are merged while everything else goes on, and how long the search for duplicates takes.

    .venv/bin/python -m bench.merging [--pairs 10000] [--contacts 1000000]

Each contact has ten events, two score entries, a mail, a consent, two identifiers and an open run. Beside the merging,
in threads of their own and without a pause, leads of the same people are captured and reacted to, and runs take turns
that give points; every few seconds all scores are brought to the next day. Nothing of anybody may be lost, and nothing
may deadlock.
"""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bench.server import drop_database, fresh_database
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.react import react
from flows.runtime.turn import take_turn
from models.database import engine
from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.merging import MergeReport, Pair, merge_all
from models.merging.duplicates import find_duplicates
from models.playbook import current_playbook
from models.scoring.nightly import decay_all_scores

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECONDS_BETWEEN_NIGHTS = 5

CONTACTS = text("""
INSERT INTO contact (email, phone, first_name, last_name, company, source)
SELECT 'lead' || n || '@example.com', '+1207' || 2000000 + n % (:count / 2), 'First' || n % 5000, 'Last' || n % 7001,
       'Company ' || n % 997, 'bench'
FROM generate_series(1, :count) AS n
""")

IDENTIFIERS = text("""
INSERT INTO identifier (contact_id, kind, value, source, first_seen_at, last_seen_at)
SELECT id, kind, value, 'bench', :now, :now
FROM contact, LATERAL (VALUES ('email', email), ('phone', phone)) AS given (kind, value)
""")

BELONGINGS = (
    "INSERT INTO event (name, topic, contact_id, source, at, received_at, reacted_at) "
    "SELECT 'page_visited', 'pricing', c.id, 'bench', :now, :now, :now FROM contact c, generate_series(1, 10)",
    "INSERT INTO score_entry (contact_id, points, reason, run_id, at, day) "
    "SELECT c.id, 5, 'a journey', NULL, :now, date '2026-02-20' FROM contact c, generate_series(1, 2)",
    "INSERT INTO message (key, contact_id, kind, template, state, queued_at) "
    "SELECT 'bench ' || id, id, 'marketing', 'bench/first', 'sent', :now FROM contact",
    "INSERT INTO consent (contact_id, is_given, at, received_at) SELECT id, true, :now, :now FROM contact",
    "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at) "
    "SELECT 'rounds', id, 'bench', true, :now, :now FROM contact",
)

COUNTS = text("""
SELECT (SELECT count(*) FROM event WHERE name = 'page_visited' AND source = 'bench') AS events,
       (SELECT count(*) FROM score_entry WHERE reason = 'a journey') AS entries,
       (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM consent WHERE source IS NULL) AS consents,
       (SELECT count(*) FROM journey_run) AS runs
""")

DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
OPEN_TWICE = text("""
SELECT count(*) FROM (
    SELECT FROM journey_run WHERE ended_at IS NULL GROUP BY contact_id, journey HAVING count(*) > 1) AS twice
""")

console = Console()


async def rounds(j: Journey) -> str:
    """Goes on every hour, with a point each time."""
    for _ in range(1_000):
        await j.wait(timedelta(hours=1))
        await j.add_points(1, "a round")
    return "over"


ROUNDS: Mapping[str, Definition] = {"rounds": Definition("rounds", rounds)}


def main() -> None:
    """Both measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.pairs:
        _measure_merging(options.pairs)
    if options.contacts:
        _measure_search(options.contacts)


def _measure_merging(pairs: int) -> None:
    address = fresh_database("bench_merging")
    with engine(address).begin() as connection:
        _fill(connection, 2 * pairs)
        connection.execute(text("ANALYZE"))
    for beside in ({}, _beside(address, pairs)):
        first = 1 if not beside else pairs + 1
        asked = [Pair(n, n + pairs // 2, "bench") for n in range(first, first + pairs // 2)]
        _merge_beside(address, asked, beside)
    drop_database("bench_merging")


def _fill(connection: Connection, contacts: int) -> None:
    connection.execute(CONTACTS, {"count": contacts})
    for statement in (IDENTIFIERS, *map(text, BELONGINGS)):
        connection.execute(statement, {"now": NOON})


def _merge_beside(address: str, pairs: list[Pair], beside: Mapping[str, Callable[[int], None]]) -> None:
    with engine(address).connect() as connection:
        before, deadlocks = connection.execute(COUNTS).one(), connection.execute(DEADLOCKS).scalar_one()
    done, errors, over = Counter[str](), Counter[str](), threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(name, act, done, errors, over), daemon=True)
        for name, act in beside.items()
    ]
    for thread in threads:
        thread.start()
    report, began, longest = MergeReport(), time.perf_counter(), 0.0
    last = began
    for one in merge_all(engine(address), pairs, "bench", NOON):
        report += one
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    took = time.perf_counter() - began
    over.set()
    for thread in threads:
        thread.join()
    with engine(address).connect() as connection:
        after, new = connection.execute(COUNTS).one(), connection.execute(DEADLOCKS).scalar_one() - deadlocks
        twice = connection.execute(OPEN_TWICE).scalar_one()
    table = Table("", "")
    for name, value in (
        ("merged", f"{len(report.merged):,} of {len(pairs):,}, {len(report.busy)} left busy"),
        ("merges a second", f"{len(report.merged) / took:,.0f}"),
        ("longest batch", f"{longest:.2f} s"),
        ("meanwhile", ", ".join(f"{name} {times}" for name, times in done.items()) or "nothing"),
        ("errors meanwhile", ", ".join(f"{name} {times}" for name, times in errors.items()) or "none"),
        ("deadlocks", str(new)),
        ("lost rows", str({name: getattr(before, name) - getattr(after, name) for name in before._fields})),
        ("contacts on a journey twice", str(twice)),
    ):
        table.add_row(name, value)
    console.print(table)


def _repeat(
    name: str, act: Callable[[int], None], done: Counter[str], errors: Counter[str], over: threading.Event
) -> None:
    for number in count():
        if over.is_set():
            return
        try:
            act(number)
            done[name] += 1
        except DBAPIError as error:
            errors[f"{name} {getattr(error.orig, 'sqlstate', '?')}"] += 1


def _beside(address: str, pairs: int) -> dict[str, Callable[[int], None]]:
    """What the clock and the pages do meanwhile, about the contacts that are being merged."""

    def capturing(number: int) -> None:
        people = [pairs + 1 + (number * 37 + n * 101) % pairs for n in range(20)]
        leads = [
            Lead(
                source="bench",
                name="form_submitted",
                topic="ebook",
                email=f"lead{person}@example.com",
                at=NOON,
                event_key=f"bench:{number}:{person}",
            )
            for person in people
        ]
        with engine(address).begin() as connection:
            capture(connection, leads, NOON)

    def reacting(_: int) -> None:
        with engine(address).begin() as connection:
            react(connection, ROUNDS, current_playbook(connection), NOON)

    def turning(number: int) -> None:
        with engine(address).begin() as connection:
            take_turn(connection, ROUNDS["rounds"], ROUNDS, NOON + timedelta(hours=number), limit=200)

    def decaying(number: int) -> None:
        for _ in decay_all_scores(engine(address), NOON + timedelta(days=1 + number)):
            pass
        time.sleep(SECONDS_BETWEEN_NIGHTS)

    return {"captures of 20": capturing, "reactions": reacting, "turns of 200": turning, "nights": decaying}


def _measure_search(contacts: int) -> None:
    address = fresh_database("bench_duplicates")
    with engine(address).begin() as connection:
        connection.execute(CONTACTS, {"count": contacts})
        connection.execute(IDENTIFIERS, {"now": NOON})
        connection.execute(text("ANALYZE"))
    for attempt in ("first", "second"):
        began = time.perf_counter()
        found = find_duplicates(engine(address), NOON)
        took = time.perf_counter() - began
        console.print(f"{attempt} search of {contacts:,} contacts: {found:,} pairs in {took:.1f} s")
    drop_database("bench_duplicates")


if __name__ == "__main__":
    main()
