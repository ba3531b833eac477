"""`tend decay-rate`: proposes how fast scores decay, from the time that leads take to buy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

if TYPE_CHECKING:
    from models.orders.kaplan_meier import TimeEstimate
    from models.orders.time_to_buy import MedianOfBuyers, TimeToBuy, TimeToBuyOfAll

ENOUGH = 20
"""Below this many buyers a time says little."""
SLOWEST, FASTEST = Decimal("0.001"), Decimal("0.9")
"""The rates that a playbook may name."""
AFTER = (7, 30, 90)

NO_BUYERS = (
    "Nobody has bought after being a lead for a while, so there is no time to buy to measure. "
    "Orders come in by POST /events (order_placed); until there are some, keep the rate that you have."
)


@dataclass(frozen=True)
class Measured:
    """What the rate is proposed by."""

    times: "TimeToBuy"
    leads: "TimeToBuyOfAll"
    alone: "MedianOfBuyers"
    present: Decimal
    """The rate in force."""


def decay_rate(console: Console) -> None:
    """Measure the time to buy and propose the rate at which half a score is gone after it."""
    measured = _measure()
    for sentence in (_about_all(measured.leads), _about_buyers(measured.alone) + _at_once(measured.times)):
        _say(console, sentence)
    if measured.leads.buyers < ENOUGH:
        return _show_range(console, measured.times, measured.present)
    half_life = measured.leads.half_life
    proposed, alone = rate_of(half_life.time), rate_of(measured.alone.estimate.time)
    console.print(_decay_table({"now": measured.present, "proposed": proposed, "by buyers alone": alone}))
    slow = format_percent(rate_of(half_life.high)) if half_life.high is not None else "less than can be told"
    _say(
        console,
        f"Proposed is the rate at which half of a score is gone after that time: 1 - 0.5 ** (1 / {half_life.time:.1f} "
        f"days), between {slow} and {format_percent(rate_of(half_life.low))} a day by its interval.",
    )
    _say(console, "To use it, write this under scoring in deployments/playbook.yaml and apply the playbook:")
    console.print(f"\n  decay: {format_percent(proposed)}\n", highlight=False)
    _say(console, LIMITS)


LIMITS = (
    "Leads who will never buy are among those who wait, as nobody knows who they are. `./tend back-test` shows what a "
    "changed playbook would have done."
)


def _about_all(found: "TimeToBuyOfAll") -> str:
    share, low, high = found.bought
    half_of_all = (
        f"Half of all leads buy within {_estimate(found.half_of_leads)}."
        if found.half_of_leads
        else f"Half of all do not buy within {found.horizon:,.0f} days, so there is no time by which half of all buy; "
        f"of those who do, half buy within {_estimate(found.half_of_buyers)}."
    )
    return (
        f"{_counted(found.leads, 'lead')}, those who have not bought yet counted (Kaplan-Meier, 95% confidence): "
        f"{share:.1%} buy within {found.horizon:,.0f} days ({low:.1%} to {high:.1%}). {half_of_all}"
    )


def _about_buyers(found: "MedianOfBuyers") -> str:
    return (
        f"{_counted(found.buyers, 'buyer')} alone took a median of {_estimate(found.estimate)}. That is too short: who "
        "takes longer has not bought yet and is not among them."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _estimate(found: "TimeEstimate") -> str:
    """`23.0 days (20.1 to 27.4)`."""
    end = f"to {found.high:,.1f}" if found.high is not None else "or more: the data end before"
    return f"{found.time:,.1f} days ({found.low:,.1f} {end})"


def rate_of(days: float) -> Decimal:
    """As `rate_for`, of a time in days."""
    return rate_for(timedelta(days=days))


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


def _measure() -> Measured:
    """The time to buy of leads and of buyers, and the rate in force."""
    from models.database import engine
    from models.orders.time_to_buy import time_to_buy, time_to_buy_of_all
    from models.playbook import NoPlaybook, current_playbook

    use_database()
    with engine().connect() as connection:
        try:
            present = current_playbook(connection).scoring.decay
        except NoPlaybook as error:
            raise CommandError(str(error)) from None
        times, found = time_to_buy(connection), time_to_buy_of_all(connection, datetime.now(UTC))
    if found is None:
        raise CommandError(NO_BUYERS + _at_once(times))
    return Measured(times, *found, present)


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


def _say(console: Console, sentence: str) -> None:
    console.print(escape(sentence), highlight=False)
