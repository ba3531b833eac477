"""`tend split-plan`: how many contacts a split test takes, and how many weeks that is."""

from collections.abc import Iterator
from math import ceil

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.stack.command_error import CommandError
from models.playbook.scoring import read_percent
from models.splits.statistics.comparison import error_of_each
from models.splits.statistics.sample_size import LARGEST_LIFT, contacts_for_one_look, contacts_when_looked_at_daily
from models.splits.statistics.winner_rule import LARGEST_DEFAULT_LIFT, lift_at
from models.splits.statistics.wording import percent, points

MOST_VARIANTS = 20

EXPLAINED = (
    "One look: everybody waits until all contacts are there and then looks once. Looked at daily: as the page /splits "
    "and the rule do it, which may end sooner and takes up to so many. Weeks are for the contacts to come; the last of "
    "them then still have their time."
)


def split_plan(rate: str, lift: str | None, variants: int, power: str, per_week: int | None, console: Console) -> None:
    """Print the plan for this lift, half of it and twice as much; without one it is chosen by the rate. Raises
    CommandError for what cannot be planned.
    """
    usual, sure = _percent(rate, "--rate"), _percent(power, "--power")
    found = _percent(lift, "--lift") if lift else lift_at(usual)
    if not 0 < sure < 1:
        raise CommandError(f"--power {power} was found; a percentage between 0% and 100% was expected, such as 80%.")
    if not 2 <= variants <= MOST_VARIANTS:
        raise CommandError(f"--variants {variants} was found; 2 to {MOST_VARIANTS} were expected.")
    table = _table(variants, per_week)
    for size in (found / 2, found, min(2 * found, LARGEST_LIFT)):
        table.add_row(*_row(usual, size, variants, sure, per_week), style="bold" if size == found else None)
    console.print(table)
    console.print(escape(_about(usual, variants, sure)), highlight=False)
    for sentence in (*_about_the_lift(usual, found, is_chosen=not lift), EXPLAINED):
        console.print(escape(sentence), highlight=False)


def _table(variants: int, per_week: int | None) -> Table:
    table = Table(title=f"Contacts per variant, of {variants}", title_justify="left")
    for heading in ("to find", "one look", "looked at daily", "in all", *(("weeks",) if per_week else ())):
        table.add_column(heading, justify="right")
    return table


def _row(rate: float, lift: float, variants: int, power: float, per_week: int | None) -> list[str]:
    error = error_of_each(variants)
    try:
        once = contacts_for_one_look(rate, lift, error=error, power=power)
        watched = contacts_when_looked_at_daily(rate, lift, error=error, power=power)
    except ValueError as problem:
        raise CommandError(f"{problem}.") from None
    numbers = [f"{once:,}", f"{watched:,}", f"{variants * watched:,}"]
    weeks = [f"{ceil(variants * once / per_week):,} to {ceil(variants * watched / per_week):,}"] if per_week else []
    return [points(lift), *numbers, *weeks]


def _about(rate: float, variants: int, power: float) -> str:
    several = "" if variants == 2 else f", shared by the {variants * (variants - 1) // 2} comparisons between them"
    return (
        f"Where {percent(rate)} are usual: a difference of this size is found in {percent(power)} of the tests in "
        f"which it is there, and one is claimed in at most 5 % of those in which there is none{several}."
    )


def _about_the_lift(rate: float, lift: float, *, is_chosen: bool) -> Iterator[str]:
    if is_chosen:
        yield (
            f"No --lift was given, so {points(lift)} were taken: a quarter of the usual rate, at most "
            f"{points(LARGEST_DEFAULT_LIFT)}."
        )
    elif 0 < min(rate, 1 - rate) < lift:
        yield (
            f"{points(lift)} are more than the whole of what is usual: hardly a variant does that. Without --lift a "
            f"quarter of it is looked for, {points(lift_at(rate))}."
        )


def _percent(text: str, option: str) -> float:
    try:
        return float(read_percent(text))
    except ValueError as problem:
        raise CommandError(f"{option} {text} was found; {problem}.") from None
