"""One run during a turn: its history, its coroutine, and what the turn will write about it."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType
from typing import Any

import orjson

from flows.runtime.authoring.forgotten_coroutines import WATCH
from flows.runtime.contract.ask import Answered, Ask, Paused, ResumingEvent
from flows.runtime.contract.errors import (
    AwaitedNoStep,
    ChangedJourney,
    HelperNotAwaited,
    NoEnding,
    StepAwaitedTwice,
    StepNotAwaited,
    UnexpectedEvent,
)
from flows.runtime.definitions.open_runs import REMOVED, Entry, Move
from models import RunStatus
from models.database import to_json
from models.values.sanitize import escape_unstorable

HistoryEntry = Entry

CoroutineMaker = Callable[["Run"], Coroutine[Ask, Any, str]]
"""Makes the coroutine of a journey for a run, not yet started."""


CodePlace = tuple[CodeType, int]
"""A function's code, and the index of the instruction in it that was performed last."""

SourceLine = tuple[str, int]
"""File, as Python knows it, and line."""

RUNTIME = f"{Path(__file__).parents[1]}/"


class Run:
    """A run that this turn has locked. `advance` replays or continues it up to its next unanswered step."""

    __slots__ = (
        "_last_answer_at",
        "asked_at",
        "contact_id",
        "coroutine",
        "ending",
        "event",
        "forgotten",
        "history",
        "id",
        "is_changed",
        "made",
        "made_at",
        "moved",
        "moves",
        "new_steps",
        "number",
        "passed_by",
        "pause",
        "status",
        "stuck_reason",
        "version",
        "waiting_for",
    )

    def __init__(
        self,
        id: int,
        contact_id: int,
        started_at: datetime,
        waiting_for: str,
        asked_at: datetime | None,
        history: str,
        version: str | None = None,
    ) -> None:
        self.id = id
        self.contact_id = contact_id
        self._last_answer_at: datetime | float = started_at
        self.waiting_for = waiting_for
        self.asked_at = asked_at
        self.event: ResumingEvent | None = None
        self.history: list[HistoryEntry] = orjson.loads(f"[{history[:-1]}]")
        self.version = version
        self.is_changed = False
        self.moves: Move | None = None
        self.moved: list[HistoryEntry] | None = None
        self.passed_by: list[str] = []
        self.number = 0
        self.new_steps: list[tuple[str, str, Answered, datetime]] = []
        self.coroutine: Coroutine[Ask, Any, str] | None = None
        self.made: Ask | None = None
        self.made_at: CodePlace | None = None
        self.forgotten: list[str] = WATCH.names
        self.status = RunStatus.WAITING
        self.pause: Paused | None = None
        self.ending: str | None = None
        self.stuck_reason: str | None = None

    @property
    def now(self) -> datetime:
        """The moment of the last answered step."""
        return (
            self._last_answer_at
            if isinstance(self._last_answer_at, datetime)
            else datetime.fromtimestamp(self._last_answer_at, UTC)
        )

    def pass_time(self, moment: datetime) -> None:
        """Let the next answer be given at this moment, for a run that is only tried."""
        self._last_answer_at = moment

    def advance(self, make_coroutine: CoroutineMaker, now: datetime, answer: Any = None) -> Ask | None:
        """Drive the journey to its next unanswered step; None when it has ended or is stuck.

        Whatever the journey's code raises makes this run stuck and leaves the others alone.
        """
        self.forgotten = WATCH.names
        self.forgotten.clear()
        WATCH.is_on = True
        try:
            if self.coroutine is None:
                return self._replay(make_coroutine, now)
            return self._next_ask(answer)
        except StopIteration as stop:
            self._end(stop.value)
        except Exception as error:
            self.is_changed = isinstance(error, ChangedJourney)
            self.mark_stuck(_last_line(error))
        finally:
            WATCH.is_on = False
        return None

    def not_awaited(self, step: Ask) -> StepNotAwaited:
        """The error about a step that the journey made and did not await before it went on."""
        return StepNotAwaited(step.title, _place(self.made_at))

    def _replay(self, make_coroutine: CoroutineMaker, now: datetime) -> Ask:
        """Run the coroutine from the top with the recorded answers, then answer the step that it waited at."""
        self.coroutine = make_coroutine(self)
        ask = self._next_ask(None)
        if self.moves is not None:
            ask = self._replay_moved(ask, self.moves)
        else:
            for verb, name, answer, at in self.history:
                if verb == REMOVED:
                    self.number += 1
                    continue
                if ask.name != name or ask.verb != verb:
                    ask = self._skip_new_steps(ask, name, verb)
                self._last_answer_at = at
                ask = self._next_ask(answer)
        if self.asked_at is not None:
            if ask.name != self.waiting_for:
                ask = self._skip_new_steps(ask, self.waiting_for)
            if self.moved is not None:
                self.history = self.moved
            ask = self._next_ask(self.record(ask, self._resume(ask), now))
        elif self.moved is not None:
            self.history = self.moved
        self._last_answer_at = now
        return ask

    def _replay_moved(self, ask: Ask, moves: Move) -> Ask:
        """Replay with each recorded step as the new code calls it; `moved` is what the history would be by then."""
        self.moved = []
        if self.asked_at is not None:
            self.waiting_for = moves.move_waiting(self.waiting_for)
        for verb, name, answer, at in map(moves.move, self.history):
            if verb == REMOVED:
                self.number += 1
            else:
                if ask.name != name or ask.verb != verb:
                    ask = self._skip_new_steps(ask, name, verb)
                self._last_answer_at = at
                ask = self._next_ask(answer)
            self.moved.append((verb, name, answer, at))
        return ask

    def _resume(self, ask: Ask) -> Answered:
        """The answer of the waiting step. Raises ChangedJourney when it does not wait for this event any more."""
        try:
            return ask.resume(self.event)
        except UnexpectedEvent as error:
            expected = f"{ask.verb} {error.expected}"
            raise ChangedJourney(self.id, self.number, f"answered by {error.event}", expected) from error

    def _next_ask(self, answer: Any) -> Ask:
        ask = self.coroutine.send(answer)  # type: ignore[union-attr]
        if not isinstance(ask, Ask):
            raise AwaitedNoStep(ask)
        if ask is not self.made:
            raise StepAwaitedTwice(ask.title) if self.made is None else self.not_awaited(self.made)
        if self.forgotten:
            raise HelperNotAwaited(self.forgotten[0])
        self.made = None
        self.number += 1
        return ask

    def _skip_new_steps(self, ask: Ask, name: str, verb: str | None = None) -> Ask:
        """Answer steps that were added after this run had passed them, up to the recorded one.

        Raises ChangedJourney.
        """
        while ask.name != name or verb not in (None, ask.verb):
            title = f"{ask.verb} {ask.name}"
            answered = self.answer_in_passing(ask)
            if answered is None:
                raise ChangedJourney(self.id, self.number, f"{verb} {name}" if verb else name, title)
            self.passed_by.append(title)
            if self.moved is not None and self.moves is not None and title in self.moves.added:
                # From now on it is a step of this run like any other.
                self.moved.append((ask.verb, ask.name, answered.value, self.now.timestamp()))
            else:
                # It is no step of this run, so it gets no number.
                self.number -= 1
            ask = self._next_ask(answered.value)
        return ask

    def answer_in_passing(self, ask: Ask) -> Answered | None:
        """The answer to a step that was put in before the place where this run stands; None when nobody has said it."""
        title = f"{ask.verb} {ask.name}"
        if self.moves is not None and title in self.moves.added:
            return Answered(self.moves.added[title])
        answer = ask.answer_for_older_runs()
        return None if answer is None else Answered(answer)

    def record(self, ask: Ask, answered: Answered, now: datetime) -> Any:
        """Record the answer as a step to write; returns the value that the journey gets."""
        self.new_steps.append((ask.verb, ask.name, answered, now))
        self.asked_at = None
        self._last_answer_at = now
        return answered.value

    def moved_history(self) -> str | None:
        """The history as the new code would have recorded it; None for a run that was not moved."""
        if self.moved is None or self.history is not self.moved:
            return None
        return "".join(to_json(entry) + "," for entry in self.moved)

    def new_history(self) -> str:
        """The new steps as they are appended to the history."""
        return "".join(
            to_json((verb, name, answered.value, at.timestamp())) + "," for verb, name, answered, at in self.new_steps
        )

    def wait(self, ask: Ask, pause: Paused, now: datetime) -> None:
        """Suspend at this step."""
        self.pause, self.waiting_for, self.asked_at = pause, ask.name, now

    def mark_stuck(self, reason: str) -> None:
        """Stop here until a person moves the run on; what it has done so far stays done."""
        self.status, self.stuck_reason = RunStatus.STUCK, escape_unstorable(reason)

    def _end(self, ending: str | None) -> None:
        if self.made is not None:
            return self.mark_stuck(_described(self.not_awaited(self.made)))
        if self.forgotten:
            return self.mark_stuck(_described(HelperNotAwaited(self.forgotten[0])))
        recorded = len(self.history) + (self.asked_at is not None)
        if self.number < recorded:
            self.is_changed = True
            return self.mark_stuck(str(ChangedJourney(self.id, self.number + 1, self._recorded_name(), "the end")))
        if not ending or not isinstance(ending, str):
            return self.mark_stuck(str(NoEnding(ending)))
        self.end(ending)

    def _recorded_name(self) -> str:
        """The name of the first recorded step that the journey did not come to."""
        if self.number < len(self.history):
            return " ".join(self.history[self.number][:2])
        return self.waiting_for

    def end(self, ending: str) -> None:
        """End the run."""
        self.status, self.ending = RunStatus.ENDED, ending

    def close(self) -> None:
        """Close the coroutine, even if the journey's code raises while it is closed."""
        if self.coroutine is not None:
            try:
                self.coroutine.close()
            except Exception as error:
                self._mark_stuck_on_close(error)

    def _mark_stuck_on_close(self, error: Exception) -> None:
        """Mark the run stuck for an error on closing, unless it is stuck already: the first reason is kept."""
        if self.status is RunStatus.WAITING:
            self.mark_stuck(f"{_last_line(error)}. A journey must neither raise nor await while it is being closed.")

    @property
    def keeps_event(self) -> bool:
        """Whether the run got stuck before it used the event that resumed it, so the next try needs that event
        again.
        """
        return self.status is RunStatus.STUCK and self.asked_at is not None and self.pause is None


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def source_line(at: CodePlace | None) -> SourceLine | None:
    """File and line; they are looked up only for errors and maps, as a replay makes many steps."""
    if at is None:
        return None
    code, instruction = at
    line = next((line for begin, end, line in code.co_lines() if begin <= instruction < end), None)
    return code.co_filename, line or code.co_firstlineno


def _place(at: CodePlace | None) -> str:
    line = source_line(at)
    return f"{line[0].rpartition('/')[2]}, line {line[1]}" if line is not None else ""


def _last_line(error: Exception) -> str:
    """The traceback's last line, and where in the journey it was raised: what the runtime does for it is left out."""
    traceback, place = error.__traceback__, ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(RUNTIME):
            place = f" ({code.co_filename.rpartition('/')[2]}, line {traceback.tb_lineno})"
        elif place:
            break
        traceback = traceback.tb_next
    return f"{_described(error)}{place}"
