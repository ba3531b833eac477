"""Turns: lock the due runs of a journey, replay them, execute their steps round by round until all wait or end, and
write the result.

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
from flows.runtime.ask import Answered, Ask, Asked, HandOver, Paused, StepResult, Stuck
from flows.runtime.definition import Definition, Definitions
from flows.runtime.errors import TooManySteps, TurnNotStorable, UnknownJourney
from flows.runtime.rows import NewMessage, NewRun, describe_error, is_transient, is_value_error
from flows.runtime.run import Run
from models import RunStatus

BATCH = 1000
"""Runs per turn: large enough that a statement's cost is shared, small enough that a lock is held for a moment."""

MAX_STEPS = 1_000
"""Of one run in one turn; a loop without a wait would hold the turn, and everybody in it, for good."""


@dataclass
class TurnReport:
    """What turns have done, in runs."""

    advanced: int = 0
    ended: int = 0
    stuck: dict[int, str] = field(default_factory=dict)
    """Run -> why."""

    def __add__(self, other: "TurnReport") -> "TurnReport":
        return TurnReport(self.advanced + other.advanced, self.ended + other.ended, self.stuck | other.stuck)


@dataclass
class Turn:
    """What a verb's execute gets: the transaction, the time, and lists to which it adds messages and runs that are
    written at the end.
    """

    connection: Connection
    definition: Definition
    definitions: Definitions
    now: datetime
    new_messages: list[NewMessage] = field(default_factory=list)
    new_runs: list[NewRun] = field(default_factory=list)


def take_turn(
    connection: Connection, definition: Definition, definitions: Definitions, now: datetime, limit: int = BATCH
) -> TurnReport:
    """Advance up to `limit` due runs of one journey to their next wait or their end. The caller commits."""
    with _without_garbage_collection():
        runs = statements.claim_runs(connection, definition.name, now, limit)
        return _advance_runs(Turn(connection, definition, definitions, now), runs) if runs else TurnReport()


def _advance_runs(turn: Turn, runs: Sequence[Run]) -> TurnReport:
    """Advance runs in a savepoint; if a value cannot be written, halve them until the run that causes it is alone, and
    mark that one stuck.
    """
    try:
        with turn.connection.begin_nested():
            return _advance_and_write(turn, runs)
    except Exception as error:
        if not is_value_error(error) and not isinstance(error, TypeError | ValueError):
            raise
        if len(runs) == 1:
            return _mark_stuck(turn, runs, str(TurnNotStorable(describe_error(error))))
        half = len(runs) // 2
        return _advance_reloaded(turn, runs[:half]) + _advance_reloaded(turn, runs[half:])


def _advance_reloaded(turn: Turn, runs: Sequence[Run]) -> TurnReport:
    return _advance_runs(replace(turn, new_messages=[], new_runs=[]), statements.reload_runs(turn.connection, runs))


def _mark_stuck(turn: Turn, runs: Sequence[Run], reason: str) -> TurnReport:
    runs = statements.reload_runs(turn.connection, runs)
    for run in runs:
        run.mark_stuck(reason)
    statements.write_turn(replace(turn, new_messages=[], new_runs=[]), runs)
    return _report(runs)


def _advance_and_write(turn: Turn, runs: Sequence[Run]) -> TurnReport:
    # An order that is stored but not yet reacted to ends the run before any new step; an answer counts as well.
    statements.attach_events(turn.connection, runs, turn.definition.ends_on or {})
    _advance_until_waiting(turn, [run for run in runs if run.status is RunStatus.WAITING])
    for run in runs:
        run.close()
        if isinstance(run.ending, HandOver):
            _hand_over(turn, run, run.ending)
    statements.write_turn(turn, runs)
    return _report(runs)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A turn makes many thousands of small objects and no cycles; looking for those costs a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _advance_until_waiting(turn: Turn, runs: Iterable[Run]) -> None:
    """Round by round: everyone to their next step, settle the steps of each verb together, until all wait or end."""
    asking = _advance_all(turn, ((run, None) for run in runs))
    for _ in range(MAX_STEPS):
        if not asking:
            return
        asking = _advance_all(turn, _execute_all(turn, asking))
    for one in asking:
        one.run.mark_stuck(str(TooManySteps(MAX_STEPS)))


def _execute_all(turn: Turn, asking: Iterable[Asked]) -> list[tuple[Run, object]]:
    """One round: the runs that go on, with their answers; the others wait or are stuck."""
    answered: list[tuple[Run, object]] = []
    for group in _by_verb(asking):
        for one, settled in zip(group, _execute(turn, group), strict=True):
            match settled:
                case Answered():
                    answered.append((one.run, one.run.record(one.step, settled, turn.now)))
                case Paused():
                    one.run.wait(one.step, settled, turn.now)
                case Stuck():
                    one.run.mark_stuck(settled.reason)
    return answered


def _advance_all(turn: Turn, answers: Iterable[tuple[Run, object]]) -> list[Asked]:
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
        groups[type(one.step)].append(one)
    return groups.values()


def _execute(turn: Turn, group: Sequence[Asked]) -> Sequence[StepResult]:
    """Settle a group in a savepoint; if that fails, halve it until the one that cannot be settled stands alone."""
    messages, starts = len(turn.new_messages), len(turn.new_runs)
    try:
        with turn.connection.begin_nested():
            return type(group[0].step).execute(turn, group)
    except Exception as error:
        if is_transient(error):
            raise  # The whole turn is tried again.
        del turn.new_messages[messages:], turn.new_runs[starts:]
        if len(group) == 1:
            return [Stuck(describe_error(error))]
        half = len(group) // 2
        return [*_execute(turn, group[:half]), *_execute(turn, group[half:])]


def _hand_over(turn: Turn, run: Run, target: HandOver) -> None:
    if target.journey not in turn.definitions:
        return run.mark_stuck(str(UnknownJourney(target.journey, sorted(turn.definitions))))
    turn.new_runs.append(NewRun(target.journey, run.contact_id, f"run:{run.id}"))


def _report(runs: Sequence[Run]) -> TurnReport:
    stuck = {run.id: run.stuck_reason or "" for run in runs if run.status is RunStatus.STUCK}
    return TurnReport(len(runs), sum(run.status is RunStatus.ENDED for run in runs), stuck)
