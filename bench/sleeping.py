"""Whether sleeping runs cost anything: taking the 500 due among 1,000,000 sleeping, and among 10,000.

    .venv/bin/python -m bench.sleeping [--many 1000000] [--few 10000] [--repeats 15]

Both crowds lie in databases of their own on one server and are taken from in turn.
"""

import argparse
import time
from datetime import timedelta
from statistics import median

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench import population
from bench.server import drop_database, fresh_database
from flows.journeys.lead_nurture import lead_nurture
from flows.runtime.prefect_flow import discover
from flows.runtime.turn import take_turn
from models.database import engine

DUE = 500
GOAL = 1.5
WARM_UP_TURNS = 3

# Sent the first article, and waiting for a click on it until some moment of the coming weeks, a minute or more ahead.
RUNS = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at, waiting_for, waiting_events,
                         asked_at, steps, history)
SELECT 'lead_nurture', id, 'bench', true, :now, CAST(:now AS timestamptz) + interval '1 hour' + id * interval '1 s',
       'link_clicked:lead_nurture/article_1', ARRAY['link_clicked:lead_nurture/article_1'], :now, 1,
       '["send","article_1","queued",' || extract(epoch FROM CAST(:now AS timestamptz)) || '],'
FROM contact ORDER BY hashint8(id)
""")
STEPS = text("""
INSERT INTO step (run_id, number, verb, name, answer, at)
SELECT id, 1, 'send', 'article_1', '"queued"', started_at FROM journey_run
""")

# One run of every so many: spread over the whole table, so that each lies on a page of its own.
MAKE_DUE = text("""
UPDATE journey_run SET resume_at = :now WHERE id % :stride = :start AND steps = 1
""")

console = Console()


def main() -> None:
    """Lay both crowds to sleep, take from them in turn, compare the medians."""
    options = _options()
    counts = (options.few, options.many)
    addresses = {count: _waiting_runs(count) for count in counts}
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    for number in range(WARM_UP_TURNS + options.repeats):
        for count in counts:
            took = _time_turn(addresses[count], count, number)
            if number >= WARM_UP_TURNS:
                seconds[count].append(took)
    console.print(_table(seconds, options))
    for count in counts:
        drop_database(f"bench_sleeping_{count}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    # Each repeat uses up 500 of the few.
    parser.add_argument("--repeats", type=int, default=15)
    return parser.parse_args()


def _waiting_runs(count: int) -> str:
    console.print(f"laying {count:,} runs to sleep ...", style="dim")
    address = fresh_database(f"bench_sleeping_{count}")
    with engine(address).begin() as connection:
        connection.execute(population.CONTACTS, {"count": count})
        connection.execute(RUNS, {"now": population.BEGINNING})
        connection.execute(STEPS)
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    return address


def _time_turn(address: str, count: int, number: int) -> float:
    """Make 500 due, spread over the whole table, and take one turn with them; its seconds."""
    now = population.BEGINNING + timedelta(minutes=number + 1)
    stride = count // DUE
    with engine(address).begin() as connection:
        chosen = {"now": now, "stride": stride, "start": number % stride}
        connection.execute(MAKE_DUE, chosen)
    began = time.perf_counter()
    with engine(address).begin() as connection:
        report = take_turn(connection, lead_nurture.definition, discover(), now)
    took = time.perf_counter() - began
    if report.advanced != DUE or report.stuck:
        raise SystemExit(f"The turn moved {report.advanced} runs ({len(report.stuck)} stuck), expected {DUE} moved.")
    return took


def _table(seconds: dict[int, list[float]], options: argparse.Namespace) -> Table:
    table = Table("sleeping runs", "median ms", "lowest", "highest", title=f"taking {DUE} due runs")
    for count, found in seconds.items():
        times = (median(found), min(found), max(found))
        table.add_row(f"{count:,}", *(f"{value * 1000:.1f}" for value in times))
    ratio = median(seconds[options.many]) / median(seconds[options.few])
    table.add_section()
    table.add_row("ratio of the medians", f"{ratio:.2f}", "", f"goal <= {GOAL}")
    return table


if __name__ == "__main__":
    main()
