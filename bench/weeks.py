"""Lets the weeks of lead_nurture pass on a virtual clock, and adds up what the turns cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bench import population
from bench.server import drop_database, fresh_database
from bench.worker_pool import WorkerPool, start_pool

WEEK = timedelta(weeks=1)
TWO_DAYS = timedelta(days=2)
TURNS_WITHOUT_CLICKS = 6
"""Five mails and the split."""

Say = Callable[[str], None]


@dataclass
class Measurement:
    """What was done, and in how many seconds."""

    turns: int = 0
    seconds: float = 0.0
    events: int = 0
    reacting: float = 0.0
    megabytes: float = 0.0

    @property
    def rate(self) -> float:
        """Turns per second of the time spent in turns."""
        return self.turns / self.seconds

    @property
    def rate_with_reacting(self) -> float:
        """Turns per second when reacting to events counts too."""
        return self.turns / (self.seconds + self.reacting)

    def took_turns(self, moved: int, seconds: float) -> None:
        """Add what a crew did."""
        self.turns += moved
        self.seconds += seconds

    def reacted(self, events: int, seconds: float) -> None:
        """Add what reacting cost."""
        self.events += events
        self.reacting += seconds


class WrongEndings(RuntimeError):
    """The journeys did not end as they must; the figures mean nothing."""


def measure_tend(contacts: int, processes: int, percent: int, say: Say = lambda _: None) -> Measurement:
    """Everyone through the journey to its end, `percent` of them clicking on each mail.

    Raises WrongEndings when a step, an email or an ending is missing or wrong.
    """
    address = fresh_database("bench_tend")
    population.create_contacts(address, contacts)
    with start_pool("tend", address, processes) as clocks:
        tally = _run_weeks(clocks, address, percent, say)
        tally.megabytes = clocks.peak_memory()
    say("checking every step, mail and ending ...")
    if found := population.check(address):
        raise WrongEndings("; ".join(found))
    drop_database("bench_tend")
    return tally


def _run_weeks(clocks: WorkerPool, address: str, percent: int, say: Say) -> Measurement:
    tally, now, week, began = Measurement(), population.BEGINNING, 0, time.perf_counter()
    while left := population.count_waiting(address):
        week += 1
        before = (tally.turns, tally.seconds)
        tally.took_turns(*clocks.take_turns(now))
        if percent:
            population.click(address, percent, now + TWO_DAYS)
            tally.reacted(*clocks.react(now + TWO_DAYS))
            tally.took_turns(*clocks.take_turns(now + TWO_DAYS))
            tally.reacted(*clocks.react(now + TWO_DAYS))
        rate = (tally.turns - before[0]) / (tally.seconds - before[1])
        say(f"week {week}: {left:,} on the way, {rate:,.0f} turns/s, {time.perf_counter() - began:.0f} s so far")
        now += WEEK
    return tally


def measure_limit(contacts: int, processes: int) -> Measurement:
    """The same number of turns by the statement that decides nothing."""
    address = fresh_database("bench_limit")
    population.create_contacts(address, contacts)
    tally = Measurement()
    with start_pool("limit", address, processes) as statements:
        for week in range(TURNS_WITHOUT_CLICKS):
            tally.took_turns(*statements.take_turns(population.BEGINNING + week * WEEK))
    drop_database("bench_limit")
    if tally.turns != contacts * TURNS_WITHOUT_CLICKS:
        raise WrongEndings(f"The limit moved {tally.turns:,} runs, expected {contacts * TURNS_WITHOUT_CLICKS:,}.")
    return tally
