"""The heart: take the runs that are due, replay them, settle what they ask for round by round, write, suspend.

A turn is one database transaction and touches nothing outside it. If the process dies anywhere in it, all of it is
rolled back and the runs are due again; rows that another process holds are skipped.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from flows.runtime import statements
from flows.runtime.ask import Answered, Ask, Asked, HandOver, Paused, Refused, Settled
from flows.runtime.definition import Definition, Definitions
from flows.runtime.errors import Restless, UnknownJourney, Unwritable
from flows.runtime.rows import NewMessage, NewRun, blames_a_value, first_line, passes
from flows.runtime.run import Run
from models import RunStatus

BATCH = 1000
"""Runs per turn: large enough that a statement's cost is shared, small enough that a lock is held for a moment."""

MOST_STEPS = 1_000
"""Of one run in one turn; a loop without a wait would hold the turn, and everybody in it, for good."""


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
        runs = statements.claim(connection, definition.name, now, limit)
        return _move(Turn(connection, definition, definitions, now), runs) if runs else Report()


def _move(turn: Turn, runs: Sequence[Run]) -> Report:
    """Move runs in a savepoint; if what they did cannot be written, halve them until the one stands alone."""
    try:
        with turn.connection.begin_nested():
            return _turn(turn, runs)
    except Exception as error:
        if not blames_a_value(error) and not isinstance(error, TypeError | ValueError):
            raise
        if len(runs) == 1:
            return _stick(turn, runs, str(Unwritable(first_line(error))))
        half = len(runs) // 2
        return _move_again(turn, runs[:half]) + _move_again(turn, runs[half:])


def _move_again(turn: Turn, runs: Sequence[Run]) -> Report:
    return _move(replace(turn, messages=[], starts=[]), statements.claim_again(turn.connection, runs))


def _stick(turn: Turn, runs: Sequence[Run], because: str) -> Report:
    runs = statements.claim_again(turn.connection, runs)
    for run in runs:
        run.stick(because)
    statements.write(replace(turn, messages=[], starts=[]), runs)
    return _report(runs)


def _turn(turn: Turn, runs: Sequence[Run]) -> Report:
    # An order that is stored but not yet reacted to ends the run before any new step; an answer counts as well.
    statements.hand_events(turn.connection, runs, turn.definition.ends_on or {})
    _drive(turn, [run for run in runs if run.status is RunStatus.WAITING])
    for run in runs:
        run.close()
        if isinstance(run.ending, HandOver):
            _hand_over(turn, run, run.ending)
    statements.write(turn, runs)
    return _report(runs)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A turn makes many thousands of small objects and no cycles; looking for those costs a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _drive(turn: Turn, runs: Iterable[Run]) -> None:
    """Round by round: everyone to their next step, settle the steps of each verb together, until all wait or end."""
    asking = _ask_all(turn, ((run, None) for run in runs))
    for _ in range(MOST_STEPS):
        if not asking:
            return
        asking = _ask_all(turn, _answer_all(turn, asking))
    for one in asking:
        one.run.stick(str(Restless(MOST_STEPS)))


def _answer_all(turn: Turn, asking: Iterable[Asked]) -> list[tuple[Run, object]]:
    """One round: the runs that go on, with their answers; the others wait or are stuck."""
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
    return answered


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
    messages, starts = len(turn.messages), len(turn.starts)
    try:
        with turn.connection.begin_nested():
            return type(group[0].ask).settle(turn, group)
    except Exception as error:
        if passes(error):
            raise  # The whole turn is tried again.
        del turn.messages[messages:], turn.starts[starts:]
        if len(group) == 1:
            return [Refused(first_line(error))]
        half = len(group) // 2
        return [*_settle(turn, group[:half]), *_settle(turn, group[half:])]


def _hand_over(turn: Turn, run: Run, target: HandOver) -> None:
    if target.journey not in turn.definitions:
        return run.stick(str(UnknownJourney(target.journey, sorted(turn.definitions))))
    turn.starts.append(NewRun(target.journey, run.contact_id, f"run:{run.id}"))


def _report(runs: Sequence[Run]) -> Report:
    stuck = {run.id: run.stuck_because or "" for run in runs if run.status is RunStatus.STUCK}
    return Report(len(runs), sum(run.status is RunStatus.ENDED for run in runs), stuck)
