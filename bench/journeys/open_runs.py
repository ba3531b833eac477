"""How long the check of all open runs takes, before a changed journey goes live.

    .venv/bin/python -m bench.journeys.open_runs [--runs 100000]

A crowd takes lead_nurture; a third of it stands after the first mail, a third after the second, a third after the
third. Then every run is replayed, as `./tend check` does it: by the code as it is, and by a version of another name for
the first mail, once without an answer and once with `move`.
"""

import argparse
import time
from dataclasses import replace
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from bench import population
from bench.server import drop_database, fresh_database
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.open_runs import move
from flows.runtime.kept_versions import load_version
from flows.runtime.prefect_flow import discover
from flows.runtime.replay_check import ReplayResult, replay_open_runs
from flows.runtime.turn import BATCH, take_turn
from models.database import engine

NAME, GOAL = "bench_open_runs", 30.0
JOURNEY = "lead_nurture"


def main() -> None:
    """A table of seconds, each the time and the CPU of this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    runs = parser.parse_args().runs
    address = fresh_database(NAME)
    population.create_contacts(address, runs)
    _spread(address, runs)
    table = Table("", "fit", "get stuck", "seconds", "CPU of this process", "goal", title=f"{runs:,} open runs")
    for name, definition in _codes().items():
        wall, cpu = time.perf_counter(), time.process_time()
        result = _check(address, definition)
        seconds, worked = time.perf_counter() - wall, time.process_time() - cpu
        stuck = sum(result.mismatches.values())
        table.add_row(name, f"{result.matching:,}", f"{stuck:,}", f"{seconds:.1f}", f"{worked:.1f}", f"{GOAL:.0f}")
    Console().print(table)
    drop_database(NAME)


def _spread(address: str, runs: int) -> None:
    """All of them take the first mail, two thirds the second, one third the third."""
    definitions = discover()
    for week, share in enumerate((1.0, 2 / 3, 1 / 3)):
        now = population.BEGINNING + timedelta(weeks=week)
        left = int(runs * share)
        while left > 0:
            with engine(address).begin() as connection:
                report = take_turn(connection, definitions[JOURNEY], definitions, now, min(BATCH, left))
            if not report.advanced:
                break
            left -= report.advanced


def _codes() -> dict[str, Definition]:
    now = discover()[JOURNEY]
    renamed = load_version(JOURNEY, "renamed", now.source.replace("article_1", "first_article"))
    steps = ("send {}", "wait_for link_clicked:lead_nurture/{}", "wait_until a week after {}")
    names = {step.format("article_1"): step.format("first_article") for step in steps}
    moved = replace(renamed, open_runs=move(renamed=names))
    return {"the code as it is": now, "another name of the first mail": renamed, "the same with move": moved}


def _check(address: str, definition: Definition) -> ReplayResult:
    with engine(address).connect() as connection:
        return next(iter(replay_open_runs(connection, {JOURNEY: definition})))


if __name__ == "__main__":
    main()
