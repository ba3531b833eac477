"""Turns: lock the due runs of a journey, replay them, execute their steps round by round until all wait or end, and
write the result.

A turn is one database transaction and touches nothing outside it. If the process dies anywhere in it, all of it is
rolled back and the runs are due again; rows that another process has locked are skipped.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from flows.runtime import statements
from flows.runtime.contract.ask import Answered, Ask, Asked, HandOver, Paused, StepResult, Stuck, Turn
from flows.runtime.contract.driver import describe_error, is_transient, is_value_error
from flows.runtime.contract.errors import TooManySteps, TurnNotStorable, UnknownJourney
from flows.runtime.contract.rows import NewRun
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.definitions.run import CoroutineMaker, Run
from flows.runtime.kept_versions import by_version, moves_for, settle_version
from flows.runtime.maps.request_places import mails_after
from flows.runtime.repeated_requests import ask_for_held_out
from models import RunStatus
from models.playbook import current_playbook
from models.splits import HELD_OUT

BATCH = 1000
"""Runs per turn: large enough that a statement's cost is shared, small enough that locks last for a moment."""

MAX_STEPS = 1_000
"""The most steps of one run in one turn: with a loop that never waits, the turn would not end."""


@dataclass
class TurnReport:
    """How many runs have been advanced and have ended, and which got stuck."""

    advanced: int = 0
    ended: int = 0
    stuck: dict[int, str] = field(default_factory=dict)
    """Run -> why."""

    def __add__(self, other: "TurnReport") -> "TurnReport":
        return TurnReport(self.advanced + other.advanced, self.ended + other.ended, self.stuck | other.stuck)


def take_turn(
    connection: Connection, definition: Definition, definitions: Definitions, now: datetime, limit: int = BATCH
) -> TurnReport:
    """Advance up to `limit` due runs of one journey to their next wait or their end. The caller commits.

    `definitions` are all journeys by name, this one among them: a run may start another one.
    """
    with _without_garbage_collection():
        runs = statements.claim_runs(connection, definition.name, now, limit)
        if not runs:
            return TurnReport()
        turn = Turn(connection, definition.name, definitions.keys(), now)
        turn.mails_after = lambda task: _mails_after(turn, definitions, task)
        report = TurnReport()
        for by, group in by_version(connection, definition, runs):
            report += _advance_runs(turn, group, {**definitions, definition.name: by})
            turn = replace(turn, new_messages=[], new_runs=[])
        return report


def _advance_runs(turn: Turn, runs: Sequence[Run], definitions: Definitions) -> TurnReport:
    """Advance runs in a savepoint; if a value cannot be written, halve them until the run that causes it is alone, and
    mark that one stuck.
    """
    try:
        with turn.connection.begin_nested():
            return _advance_and_write(turn, runs, definitions)
    except Exception as error:
        if not is_value_error(error) and not isinstance(error, TypeError | ValueError):
            raise
        if len(runs) == 1:
            return _mark_stuck(turn, runs, str(TurnNotStorable(describe_error(error))), definitions)
        half = len(runs) // 2
        first = _advance_reloaded(turn, runs[:half], definitions)
        return first + _advance_reloaded(turn, runs[half:], definitions)


def _advance_reloaded(turn: Turn, runs: Sequence[Run], definitions: Definitions) -> TurnReport:
    """Advance runs again from what is stored, without anything that a failed attempt has collected."""
    runs = statements.reload_runs(turn.connection, runs)
    return _advance_runs(replace(turn, new_messages=[], new_runs=[]), runs, definitions)


def _mark_stuck(turn: Turn, runs: Sequence[Run], reason: str, definitions: Definitions) -> TurnReport:
    runs = statements.reload_runs(turn.connection, runs)
    for run in runs:
        run.mark_stuck(reason)
    statements.write_turn(replace(turn, new_messages=[], new_runs=[]), runs, definitions)
    return _report(runs)


def _advance_and_write(turn: Turn, runs: Sequence[Run], definitions: Definitions) -> TurnReport:
    definition = definitions[turn.journey]
    # Events that are stored but not yet reacted to count, too: an order ends the run before any new step.
    statements.attach_events(turn.connection, runs, definition.ends_on or {})
    waiting = [run for run in runs if run.status is RunStatus.WAITING]
    for run in waiting:
        run.moves = moves_for(definition, run)
    _advance_until_waiting(turn, waiting, definition.make_coroutine)
    for run in runs:
        run.close()
        settle_version(definition, run)
        if isinstance(run.ending, HandOver):
            _hand_over(turn, run, run.ending)
    statements.write_turn(turn, runs, definitions)
    if held_out := [run.id for run in runs if run.ending == HELD_OUT]:
        ask_for_held_out(turn.connection, definitions, held_out, turn.now)
    return _report(runs)


def _mails_after(turn: Turn, definitions: Definitions, task: str) -> Mapping[str, list[str]]:
    return mails_after(definitions, current_playbook(turn.connection).tasks.all_kinds, turn.journey, task)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A turn makes many thousands of small objects and no cycles; the search for cycles costs a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _advance_until_waiting(turn: Turn, runs: Sequence[Run], make_coroutine: CoroutineMaker) -> None:
    """Round by round: advance every run to its next step, execute the steps of each verb together, until all runs wait,
    have ended or are stuck.
    """
    by_id = {run.id: run for run in runs}
    asked = _advance_all(turn, ((run, None) for run in runs), make_coroutine)
    for _ in range(MAX_STEPS):
        if not asked:
            return
        asked = _advance_all(turn, _execute_all(turn, asked, by_id), make_coroutine)
    for one in asked:
        by_id[one.run_id].mark_stuck(str(TooManySteps(MAX_STEPS)))


def _execute_all(turn: Turn, asked: Iterable[Asked], runs: Mapping[int, Run]) -> list[tuple[Run, object]]:
    """Execute one round; gives the runs that go on, with their answers. The others wait or are stuck."""
    answered: list[tuple[Run, object]] = []
    for group in _by_verb(asked):
        for one, result in zip(group, _execute(turn, group), strict=True):
            run = runs[one.run_id]
            match result:
                case Answered():
                    answered.append((run, run.record(one.step, result, turn.now)))
                case Paused():
                    run.wait(one.step, result, turn.now)
                case Stuck():
                    run.mark_stuck(result.reason)
    return answered


def _advance_all(turn: Turn, answers: Iterable[tuple[Run, object]], make_coroutine: CoroutineMaker) -> list[Asked]:
    """Give each run its answer, and collect the steps that they ask for next."""
    asked = []
    for run, answer in answers:
        ask = run.advance(make_coroutine, turn.now, answer)
        if ask is not None:
            asked.append(Asked(run.id, run.number, run.contact_id, ask))
    return asked


def _by_verb(asked: Iterable[Asked]) -> Iterable[list[Asked]]:
    groups: defaultdict[type[Ask], list[Asked]] = defaultdict(list)
    for one in asked:
        groups[type(one.step)].append(one)
    return groups.values()


def _execute(turn: Turn, group: Sequence[Asked]) -> Sequence[StepResult]:
    """Execute a group in a savepoint; if that fails, halve it until the step that cannot be executed stands alone."""
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
    if target.journey not in turn.journeys:
        return run.mark_stuck(str(UnknownJourney(target.journey, sorted(turn.journeys))))
    turn.new_runs.append(NewRun(target.journey, run.contact_id, f"run:{run.id}"))


def _report(runs: Sequence[Run]) -> TurnReport:
    stuck = {run.id: run.stuck_reason or "" for run in runs if run.status is RunStatus.STUCK}
    return TurnReport(len(runs), sum(run.status is RunStatus.ENDED for run in runs), stuck)
