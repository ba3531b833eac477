"""Lets the weeks of lead_nurture pass on a virtual clock, and adds up what the turns cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bench import crowd
from bench.clocks import Crew, crew
from bench.server import drop_database, fresh_database

WEEK = timedelta(weeks=1)
TWO_DAYS = timedelta(days=2)
TURNS_OF_THE_SILENT = 6
"""Five mails and the split."""

Say = Callable[[str], None]


@dataclass
class Tally:
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


class Wrong(RuntimeError):
    """The journeys did not end as they must; the figures mean nothing."""


def tend(contacts: int, processes: int, percent: int, say: Say = lambda _: None) -> Tally:
    """Everyone through the journey to its end, `percent` of them clicking on each mail. Raises Wrong if steps lack."""
    address = fresh_database("bench_tend")
    crowd.gather(address, contacts)
    with crew("tend", address, processes) as clocks:
        tally = _live_through(clocks, address, percent, say)
        tally.megabytes = clocks.peak_memory()
    say("checking every step, mail and ending ...")
    if found := crowd.check(address):
        raise Wrong("; ".join(found))
    drop_database("bench_tend")
    return tally


def _live_through(clocks: Crew, address: str, percent: int, say: Say) -> Tally:
    tally, now, week, began = Tally(), crowd.BEGINNING, 0, time.perf_counter()
    while left := crowd.waiting(address):
        week += 1
        before = (tally.turns, tally.seconds)
        tally.took_turns(*clocks.take(now))
        if percent:
            crowd.click(address, percent, now + TWO_DAYS)
            tally.reacted(*clocks.react(now + TWO_DAYS))
            tally.took_turns(*clocks.take(now + TWO_DAYS))
            tally.reacted(*clocks.react(now + TWO_DAYS))
        rate = (tally.turns - before[0]) / (tally.seconds - before[1])
        say(f"week {week}: {left:,} on the way, {rate:,.0f} turns/s, {time.perf_counter() - began:.0f} s so far")
        now += WEEK
    return tally


def limit(contacts: int, processes: int) -> Tally:
    """The same number of turns by the statement that decides nothing."""
    address = fresh_database("bench_limit")
    crowd.gather(address, contacts)
    tally = Tally()
    with crew("limit", address, processes) as statements:
        for week in range(TURNS_OF_THE_SILENT):
            tally.took_turns(*statements.take(crowd.BEGINNING + week * WEEK))
    drop_database("bench_limit")
    if tally.turns != contacts * TURNS_OF_THE_SILENT:
        raise Wrong(f"The limit moved {tally.turns:,} runs, expected {contacts * TURNS_OF_THE_SILENT:,}.")
    return tally
