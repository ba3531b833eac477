"""How often a cause is found where nothing is behind it: whatever people met with stays, what became of it is drawn.

    .venv/bin/python -m bench.causes.noise [--contacts 10000] [--businesses 3] [--rounds 200]

All rules of a run together may name a cause in one round of twenty.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time
from random import Random

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from bench.report.business import BEGIN, LAST_NIGHT, live, make_life
from bench.server import drop_database, fresh_database
from models.database import engine
from models.kpi.diagnosis.count import find_causes
from models.kpi.diagnosis.off_target import OffTarget
from models.kpi.diagnosis.populations import make_populations, read_cycle
from models.kpi.diagnosis.rules import RULES, Population
from models.kpi.diagnosis.stratified import ERROR
from models.kpi.diagnosis.worth import read_worth
from models.kpi.interval import share_interval
from models.kpi.run import run_report
from models.kpi.window import CountingWindow
from models.playbook import current_playbook
from models.tables.kpi import KpiName
from models.wording import percent

DATABASE = "bench_noise"
LAST = LAST_NIGHT.date()

console = Console()


def main() -> None:
    """A row for each business, and one for all."""
    options = _options()
    goal = f"share (goal: at most {percent(ERROR)})"
    table = Table("business", "rounds", "with a cause", goal, "95% interval", "causes named most often")
    alarms = []
    for number in range(options.businesses):
        console.print(f"business {number + 1} of {options.businesses} ...", style="dim", highlight=False)
        found = list(_rounds(options.contacts + 1000 * number, options.rounds, Random(number)))
        _tell(table, str(number + 1), found)
        alarms += found
    _tell(table, "all", alarms)
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=10_000, help="of the first business; each other has 1,000 more")
    parser.add_argument("--businesses", type=int, default=3, help="each with seeds of its own")
    parser.add_argument("--rounds", type=int, default=200, help="draws of each business")
    return parser.parse_args()


def _rounds(contacts: int, rounds: int, chance: Random) -> Iterator[list[str]]:
    """The causes that each round finds."""
    address = fresh_database(DATABASE)
    make_life(address, contacts)
    live(address, BEGIN, LAST_NIGHT, is_first=True)
    run_report(engine(address), LAST_NIGHT, full=True)
    with engine(address).begin() as connection:
        window, cycle = _window(connection), read_cycle(connection, LAST)
        make_populations(connection, window, cycle)
        worth = read_worth(connection, LAST, window.currency)
        for _ in range(rounds):
            _draw(connection, chance)
            causes = find_causes(connection, OffTarget({0: set(KpiName)}), LAST, cycle, worth)
            yield [cause.rule.cause for cause in causes]
    drop_database(DATABASE)


def _window(connection: Connection) -> CountingWindow:
    known_at = datetime.combine(LAST, time(23, 59, 59), UTC)
    return CountingWindow(
        playbook=current_playbook(connection),
        known_at=known_at,
        known_before=None,
        first=LAST,
        last=LAST,
        is_full=True,
    )


def _draw(connection: Connection, chance: Random) -> None:
    """Whether each one came to what is hoped for, whatever they met with."""
    connection.execute(text("SELECT setseed(:seed)"), {"seed": chance.random()})
    for population in Population:
        outcomes = sorted({rule.success for rule in RULES if rule.population is population})
        drawn = ", ".join(f"{outcome} = random() < {chance.uniform(0.1, 0.6):.3f}" for outcome in outcomes)
        connection.execute(text(f"UPDATE {population} SET {drawn}"))


def _tell(table: Table, name: str, found: list[list[str]]) -> None:
    alarms = [causes for causes in found if causes]
    interval = share_interval(len(alarms), len(found))
    named = Counter(cause for causes in alarms for cause in causes).most_common(3)
    between = f"{percent(interval.low, 1)} to {percent(interval.high, 1)}" if interval else ""
    which = ", ".join(f"{cause} {count}" for cause, count in named)
    table.add_row(name, str(len(found)), str(len(alarms)), percent(len(alarms) / len(found), 1), between, which)


if __name__ == "__main__":
    main()
