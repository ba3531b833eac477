"""`tend decay-rate`: proposes how fast scores decay, from the time that buyers took to buy."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

if TYPE_CHECKING:
    from models.orders.time_to_buy import TimeToBuy

ENOUGH = 20
"""Below this many buyers the median says little."""
SLOWEST, FASTEST = Decimal("0.001"), Decimal("0.9")
"""The rates that a playbook may name."""
AFTER = (7, 30, 90)

NO_BUYERS = (
    "Nobody has bought after being a lead for a while, so there is no time to buy to measure. "
    "Orders come in by POST /events (order_placed); until there are some, keep the rate that you have."
)


def decay_rate(console: Console) -> None:
    """Measure the time to buy and propose the rate at which half a score is gone after it."""
    measured, present = _measure()
    if not measured.buyers:
        raise CommandError(NO_BUYERS + _at_once(measured))
    _show_times(console, measured)
    if measured.buyers < ENOUGH:
        return _show_range(console, measured, present)
    proposed = rate_for(measured.median)
    console.print(_decay_table({"now": present, "proposed": proposed}))
    how = f"1 - 0.5 ** (1 / {measured.median / timedelta(days=1):.1f} days)"
    _say(console, f"Proposed is the rate at which half of a score is gone after the median time to buy: {how}.")
    _say(console, "To use it, write this under scoring in deployments/playbook.yaml and apply the playbook:")
    console.print(f"\n  decay: {format_percent(proposed)}\n", highlight=False)
    _say(console, LIMITS)


LIMITS = (
    "Only those who bought are counted. Leads who will still buy take longer than they do, so the true time is rather "
    "longer and the right rate rather lower. `./tend back-test` shows what a changed playbook would have done."
)


def rate_for(half_life: timedelta) -> Decimal:
    """The part of a score to lose each day so that half of it is gone after `half_life`, to 0.1 %.

    (1 - rate) ** days = 1/2. It stays within what a playbook may say: 0.1 % to 90 %.
    """
    days = max(half_life / timedelta(days=1), 0.01)
    rate = Decimal(1 - 0.5 ** (1 / days)).quantize(SLOWEST)
    return min(max(rate, SLOWEST), FASTEST)


def format_percent(rate: Decimal) -> str:
    """0.030 as `3%`, as the playbook writes it."""
    from models.playbook.scoring import write_percent

    return write_percent(rate)


def _measure() -> tuple["TimeToBuy", Decimal]:
    """The time to buy, and the rate in force."""
    from models.database import engine
    from models.orders.time_to_buy import time_to_buy
    from models.playbook import NoPlaybook, current_playbook

    use_database()
    with engine().connect() as connection:
        try:
            return time_to_buy(connection), current_playbook(connection).scoring.decay
        except NoPlaybook as error:
            raise CommandError(str(error)) from None


def _show_times(console: Console, measured: "TimeToBuy") -> None:
    half = f"half of them within {format_days(measured.lower)} to {format_days(measured.upper)}"
    _say(
        console,
        f"{measured.buyers:,} {'buyer' if measured.buyers == 1 else 'buyers'}: from the first event to the first order "
        f"a median of {format_days(measured.median)}, {half}, {format_days(measured.mean)} on average."
        + _at_once(measured),
    )


def _at_once(measured: "TimeToBuy") -> str:
    if not measured.unknown_before:
        return ""
    return f" ({measured.unknown_before:,} more ordered at their first contact and are left out.)"


def _show_range(console: Console, measured: "TimeToBuy", present: Decimal) -> None:
    slow, fast = rate_for(measured.upper), rate_for(measured.lower)
    _say(
        console,
        f"That is too few to propose a rate: {ENOUGH} buyers are needed. The middle half of these would put it anywhere"
        f" between {format_percent(slow)} and {format_percent(fast)} a day; {format_percent(present)} is in force."
        " Ask again later.",
    )


def _decay_table(rates: dict[str, Decimal]) -> Table:
    table = Table(title="What is left of 100 points", title_justify="left")
    for heading in ("", "a day", *(f"after {day} days" for day in AFTER)):
        table.add_column(heading, justify="right" if heading else "left")
    for name, rate in rates.items():
        table.add_row(name, format_percent(rate), *_left(rate))
    return table


def _left(rate: Decimal) -> Iterator[str]:
    from models.scoring.decay import factors, worth

    return (f"{worth(Decimal(100), day, factors(rate)):.0f}" for day in AFTER)


def format_days(length: timedelta) -> str:
    """`12.3 days`; below a day in hours."""
    if length < timedelta(days=1):
        return f"{length / timedelta(hours=1):.1f} hours"
    return f"{length / timedelta(days=1):.1f} days"


def _say(console: Console, sentence: str) -> None:
    console.print(escape(sentence), highlight=False)
