"""The heart: take the runs that are due, replay them, settle what they ask for round by round, write, suspend.

A turn is one database transaction and touches nothing outside it. If the process dies anywhere in it, all of it is
rolled back and the runs are due again; rows that another process holds are skipped.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import OperationalError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError as LostConnection

from flows.runtime import ledger
from flows.runtime.ask import Answered, Ask, Asked, HandOver, Paused, Refused, Settled
from flows.runtime.definition import Definition, Definitions
from flows.runtime.errors import UnknownJourney
from flows.runtime.rows import NewMessage, NewRun
from flows.runtime.run import Run
from models import RunStatus

BATCH = 1000
"""Runs per turn: large enough that a statement's cost is shared, small enough that a lock is held for a moment."""


@dataclass
class Report:
    """What turns have done, in runs."""

    moved: int = 0
    ended: int = 0
    stuck: dict[int, str] = field(default_factory=dict)
    """Run -> why."""

    def __add__(self, other: "Report") -> "Report":
        return Report(self.moved + other.moved, self.ended + other.ended, self.stuck | other.stuck)


@dataclass
class Turn:
    """What the verbs see: the transaction, the time, and what is to be written at the end."""

    connection: Connection
    definition: Definition
    definitions: Definitions
    now: datetime
    messages: list[NewMessage] = field(default_factory=list)
    starts: list[NewRun] = field(default_factory=list)


def take_turn(
    connection: Connection, definition: Definition, definitions: Definitions, now: datetime, limit: int = BATCH
) -> Report:
    """Advance up to `limit` due runs of one journey to their next wait or their end. The caller commits."""
    with _without_garbage_collection():
        return _turn(Turn(connection, definition, definitions, now), limit)


def _turn(turn: Turn, limit: int) -> Report:
    runs = ledger.claim(turn.connection, turn.definition.name, turn.now, limit)
    if not runs:
        return Report()
    _end_those_whose_goal_is_met(turn, runs)
    _drive(turn, [run for run in runs if run.status is RunStatus.WAITING])
    for run in runs:
        run.close()
        if isinstance(run.ending, HandOver):
            _hand_over(turn, run, run.ending)
    ledger.write(turn, runs)
    return _report(runs)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A turn makes many thousands of small objects and no cycles; looking for those costs a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _end_those_whose_goal_is_met(turn: Turn, runs: Iterable[Run]) -> None:
    """An order that is stored but not yet reacted to ends the run before any new step."""
    if not turn.definition.ends_on:
        return
    met = ledger.unreacted(turn.connection, turn.definition.ends_on)
    for run in runs:
        if run.contact_id in met:
            run.end(met[run.contact_id])


def _drive(turn: Turn, runs: Iterable[Run]) -> None:
    """Round by round: everyone to their next step, settle the steps of each verb together, until all wait or end."""
    asking = _ask_all(turn, ((run, None) for run in runs))
    while asking:
        answered: list[tuple[Run, object]] = []
        for group in _by_verb(asking):
            for one, settled in zip(group, _settle(turn, group), strict=True):
                match settled:
                    case Answered():
                        answered.append((one.run, one.run.record(one.ask, settled, turn.now)))
                    case Paused():
                        one.run.wait(one.ask, settled, turn.now)
                    case Refused():
                        one.run.stick(settled.because)
        asking = _ask_all(turn, answered)


def _ask_all(turn: Turn, answers: Iterable[tuple[Run, object]]) -> list[Asked]:
    """Hand each run its answer and collect what they ask for next."""
    asking = []
    for run, answer in answers:
        ask = run.advance(turn.definition, turn.now, answer)
        if ask is not None:
            asking.append(Asked(run, ask))
    return asking


def _by_verb(asking: Iterable[Asked]) -> Iterable[list[Asked]]:
    groups: defaultdict[type[Ask], list[Asked]] = defaultdict(list)
    for one in asking:
        groups[type(one.ask)].append(one)
    return groups.values()


def _settle(turn: Turn, group: Sequence[Asked]) -> Sequence[Settled]:
    """Settle a group in a savepoint; if that fails, halve it until the one that cannot be settled stands alone."""
    try:
        with turn.connection.begin_nested():
            return type(group[0].ask).settle(turn, group)
    except (OperationalError, LostConnection):
        raise  # No run's fault: the database is away or broke a deadlock, and the whole turn is tried again.
    except Exception as error:
        if len(group) == 1:
            return [Refused(f"{type(error).__name__}: {str(error).splitlines()[0]}")]
        half = len(group) // 2
        return [*_settle(turn, group[:half]), *_settle(turn, group[half:])]


def _hand_over(turn: Turn, run: Run, target: HandOver) -> None:
    if target.journey not in turn.definitions:
        return run.stick(str(UnknownJourney(target.journey, sorted(turn.definitions))))
    turn.starts.append(NewRun(target.journey, run.contact_id, f"run:{run.id}"))


def _report(runs: Sequence[Run]) -> Report:
    stuck = {run.id: run.stuck_because or "" for run in runs if run.status is RunStatus.STUCK}
    return Report(len(runs), sum(run.status is RunStatus.ENDED for run in runs), stuck)
