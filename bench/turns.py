"""How many turns per second: lead_nurture for a crowd, beside DBOS, Absurd and what Postgres itself can do.

    .venv/bin/python -m bench.turns [--contacts 100000] [--clicks 20] [--processes 1] [--repeats 5]

First the whole crowd to its end, then small crowds on each tool in turn, several times: on a machine that others use
too, only ratios of neighbours in time mean something.
"""

import argparse
from collections.abc import Callable
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import alternatives, weeks
from bench.weeks import Measurement

GOAL_RATE, GOAL_MEGABYTES = 10_000, 400

SMALL_CROWD = 10_000
MEASURED: dict[str, Callable[[], Measurement]] = {
    "Tend, one clock": lambda: weeks.measure_tend(SMALL_CROWD, 1, 0),
    "limit, one process": lambda: weeks.measure_limit(SMALL_CROWD, 1),
    "Tend, two clocks": lambda: weeks.measure_tend(SMALL_CROWD, 2, 0),
    "limit, two processes": lambda: weeks.measure_limit(SMALL_CROWD, 2),
    "Absurd, two processes": lambda: alternatives.measure_absurd(400),
    "DBOS, one process": lambda: alternatives.measure_dbos(150),
}
# What is divided by what, and the goal.
RATIOS = (
    ("Tend, one clock", "DBOS, one process", 50.0),
    ("Tend, one clock", "Absurd, two processes", 20.0),
    ("Tend, two clocks", "Absurd, two processes", 20.0),
    ("Tend, one clock", "limit, one process", 1 / 3),
    ("Tend, two clocks", "limit, two processes", None),
    ("Tend, two clocks", "Tend, one clock", None),
)

Rounds = list[dict[str, float]]
"""For each repeat, name -> turns per second."""

console = Console()


def main() -> None:
    """Both parts, with a table each."""
    options = _options()
    if options.contacts:
        tally = weeks.measure_tend(options.contacts, options.processes, options.clicks, _say)
        console.print(_crowd_table(options, tally))
    if options.repeats:
        rounds = [_round(number, options.repeats) for number in range(1, options.repeats + 1)]
        console.print(_rate_table(rounds), _ratio_table(rounds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=100_000, help="the large crowd; 0 leaves it out")
    parser.add_argument("--clicks", type=int, default=20, help="how many of a hundred click on each mail")
    parser.add_argument("--processes", type=int, choices=(1, 2), default=1, help="clocks for the large crowd")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of the comparison; 0 leaves it out")
    return parser.parse_args()


def _round(number: int, repeats: int) -> dict[str, float]:
    rates = {}
    for name, measure in MEASURED.items():
        _say(f"round {number} of {repeats}: {name} ...")
        rates[name] = measure().rate
        _say(f"round {number} of {repeats}: {name}: {rates[name]:,.0f} turns/s")
    return rates


def _crowd_table(options: argparse.Namespace, tally: Measurement) -> Table:
    title = f"{options.contacts:,} contacts, {options.processes} clock(s), {options.clicks} % click on each mail"
    table = Table("", "found", "goal", title=title)
    table.add_row("turns per second", f"{tally.rate:,.0f}", f"{GOAL_RATE:,}")
    table.add_row("turns", f"{tally.turns:,}", "")
    table.add_row("seconds in turns", f"{tally.seconds:.1f}", "")
    table.add_row("events reacted to", f"{tally.events:,}", "")
    table.add_row("seconds reacting", f"{tally.reacting:.1f}", "")
    table.add_row("turns per second, reacting included", f"{tally.rate_with_reacting:,.0f}", "")
    table.add_row("peak memory of a clock", f"{tally.megabytes:.0f} MB", f"< {GOAL_MEGABYTES} MB")
    table.add_row("every step, mail and ending exactly once", "yes", "yes")
    return table


def _rate_table(rounds: Rounds) -> Table:
    table = Table("turns per second", "median", "lowest", "highest")
    for name in MEASURED:
        rates = [found[name] for found in rounds]
        table.add_row(name, *(f"{value:,.0f}" for value in (median(rates), min(rates), max(rates))))
    return table


def _ratio_table(rounds: Rounds) -> Table:
    table = Table("ratio within a round", "median", "lowest", "highest", "goal")
    for above, below, goal in RATIOS:
        ratios = [found[above] / found[below] for found in rounds]
        found = [f"{value:.2f}" for value in (median(ratios), min(ratios), max(ratios))]
        table.add_row(f"{above} / {below}", *found, f"{goal:.2f}" if goal else "")
    return table


def _say(sentence: str) -> None:
    console.print(sentence, style="dim", highlight=False)


if __name__ == "__main__":
    main()
