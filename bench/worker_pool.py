"""Worker processes for benchmarks: each takes turns at a given moment and reports how many runs and how long."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from typing import Any, Protocol

from bench.limit import PostgresLimit

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing is due then: for warming up."""


class Worker(Protocol):
    """What a process does with the runs that are due."""

    def take_turns(self, now: datetime) -> int:
        """Move every due run, each batch committed; gives how many were moved."""

    def react(self, now: datetime) -> int:
        """React to every event that waits; gives how many there were."""


class ClockWorker:
    """Tend's own: the code that the clock of the stack runs."""

    def __init__(self, address: str) -> None:
        os.environ["TEND_DATABASE_URL"] = address

    def take_turns(self, now: datetime) -> int:
        """As the flow of the journey does, without Prefect around it."""
        from flows.runtime.prefect_flow import advance_due_runs, discover

        return advance_due_runs(discover()["lead_nurture"], now).advanced

    def react(self, now: datetime) -> int:
        """As the clock does, batch by batch."""
        from flows.runtime.prefect_flow import discover
        from flows.runtime.react import react
        from models.database import engine
        from models.playbook import current_playbook

        total = 0
        while True:
            with engine().begin() as connection:
                reacted = react(connection, discover(), current_playbook(connection), now)
            total += reacted
            if not reacted:
                return total


class RoutingWorker(ClockWorker):
    """The same for a journey that asks for an owner and nothing else."""

    def take_turns(self, now: datetime) -> int:
        """Every run that is due, a turn at a time."""
        from bench.routing_journey import DEFINITIONS
        from flows.runtime.prefect_flow import advance_due_runs

        return advance_due_runs(DEFINITIONS["routed"], now, DEFINITIONS).advanced


KINDS: dict[str, Callable[[str], Worker]] = {"tend": ClockWorker, "limit": PostgresLimit, "routing": RoutingWorker}


@dataclass(frozen=True)
class WorkerPool:
    """Processes that work at the same time."""

    pipes: Sequence[Pipe]

    def take_turns(self, now: datetime) -> tuple[int, float]:
        """All of them take what is due; runs moved, and seconds until the last one found nothing more."""
        began = time.perf_counter()
        return sum(_call_all(self.pipes, "take_turns", now)), time.perf_counter() - began

    def react(self, now: datetime) -> tuple[int, float]:
        """One of them reacts: reacting is one process at a time anyway."""
        began = time.perf_counter()
        return sum(_call_all(self.pipes[:1], "react", now)), time.perf_counter() - began

    def peak_memory(self) -> float:
        """Megabytes that the largest of them has held at once."""
        return max(_call_all(self.pipes, "peak", None)) / 1024


@contextmanager
def start_pool(kind: str, address: str, processes: int) -> Iterator[WorkerPool]:
    """Processes of one kind, warmed up; they end with the block."""
    context = get_context("spawn")
    pairs = [context.Pipe() for _ in range(processes)]
    members = [context.Process(target=_serve, args=(theirs, kind, address), daemon=True) for _, theirs in pairs]
    for member in members:
        member.start()
    pipes = [ours for ours, _ in pairs]
    _call_all(pipes, "take_turns", LONG_AGO)
    try:
        yield WorkerPool(pipes)
    finally:
        for pipe, member in zip(pipes, members, strict=True):
            pipe.send(None)
            member.join()


def _call_all(pipes: Sequence[Pipe], what: str, now: datetime | None) -> list[Any]:
    for pipe in pipes:
        pipe.send((what, now))
    answers = [pipe.recv() for pipe in pipes]
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _serve(pipe: Pipe, kind: str, address: str) -> None:
    worker = KINDS[kind](address)
    while (order := pipe.recv()) is not None:
        what, now = order
        try:
            pipe.send(_peak_kilobytes() if what == "peak" else getattr(worker, what)(now))
        except Exception as error:
            pipe.send(RuntimeError(f"{kind} could not {what}: {type(error).__name__}: {error}"))


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
