"""One run while a turn holds it: its history, its coroutine, and what the turn will write about it."""

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from flows.runtime.ask import Answered, Ask, Paused
from flows.runtime.errors import ChangedJourney, ForeignAwait, NoEnding
from models import RunStatus
from models.database import to_json
from models.values.sanitize import storable

if TYPE_CHECKING:
    from flows.runtime.definition import Definition

Recorded = tuple[str, str, Any, float]
"""Verb, name, answer and moment (seconds since 1970) of an answered step."""


class Run:
    """A claimed run. `advance` drives it to its next unanswered step; the turn settles that and calls it again."""

    __slots__ = (
        "_at",
        "asked_at",
        "contact_id",
        "coroutine",
        "ending",
        "event",
        "history",
        "id",
        "new_steps",
        "number",
        "pause",
        "status",
        "stuck_because",
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
    ) -> None:
        self.id = id
        self.contact_id = contact_id
        self._at: datetime | float = started_at
        self.waiting_for = waiting_for
        self.asked_at = asked_at
        self.event: dict[str, Any] | None = None
        self.history: list[Recorded] = orjson.loads(f"[{history[:-1]}]")
        self.number = 0
        self.new_steps: list[tuple[str, str, Answered, datetime]] = []
        self.coroutine: Coroutine[Ask, Any, str] | None = None
        self.status = RunStatus.WAITING
        self.pause: Paused | None = None
        self.ending: str | None = None
        self.stuck_because: str | None = None

    @property
    def now(self) -> datetime:
        """The moment of the last answered step."""
        return self._at if isinstance(self._at, datetime) else datetime.fromtimestamp(self._at, UTC)

    def advance(self, definition: "Definition", now: datetime, answer: Any = None) -> Ask | None:
        """Drive the journey to its next unanswered step; None when it has ended or is stuck.

        Whatever the journey's code raises makes this run stuck and leaves the others alone.
        """
        try:
            if self.coroutine is None:
                return self._replay(definition, now)
            return self._ask(answer)
        except StopIteration as stop:
            self._end(stop.value)
        except Exception as error:
            self.stick(_last_line(error))
        return None

    def _replay(self, definition: "Definition", now: datetime) -> Ask:
        """Run the coroutine from the top with the recorded answers, then answer the step that woke it."""
        self.coroutine = definition.begin(self)
        ask = self._ask(None)
        for verb, name, answer, at in self.history:
            if ask.name != name or ask.verb != verb:
                ask = self._skip(ask, name, verb)
            self._at = at
            ask = self._ask(answer)
        if self.asked_at is not None:
            if ask.name != self.waiting_for:
                ask = self._skip(ask, self.waiting_for)
            ask = self._ask(self.record(ask, ask.woken(self), now))
        self._at = now
        return ask

    def _ask(self, answer: Any) -> Ask:
        ask = self.coroutine.send(answer)  # type: ignore[union-attr]
        if not isinstance(ask, Ask):
            raise ForeignAwait(ask)
        self.number += 1
        return ask

    def _skip(self, ask: Ask, name: str, verb: str | None = None) -> Ask:
        """Past steps that were not there when this run came by, to the recorded one. Raises ChangedJourney."""
        while ask.name != name or verb not in (None, ask.verb):
            answer = ask.skipped()
            if answer is None:
                recorded = f"{verb} {name}" if verb else name
                raise ChangedJourney(self.id, self.number, recorded, f"{ask.verb} {ask.name}")
            # It is no step of this run, so it takes no number.
            self.number -= 1
            ask = self._ask(answer)
        return ask

    def record(self, ask: Ask, answered: Answered, now: datetime) -> Any:
        """Keep the answer as a step to write, and give back what the journey is to get."""
        self.new_steps.append((ask.verb, ask.name, answered, now))
        self.asked_at = None
        self._at = now
        return answered.value

    def added_history(self) -> str:
        """The new steps as they are appended to the history."""
        return "".join(
            to_json((verb, name, answered.value, at.timestamp())) + "," for verb, name, answered, at in self.new_steps
        )

    def wait(self, ask: Ask, pause: Paused, now: datetime) -> None:
        """Suspend at this step."""
        self.pause, self.waiting_for, self.asked_at = pause, ask.name, now

    def stick(self, because: str) -> None:
        """Stop here until a person moves the run on; what it has done so far stays done."""
        self.status, self.stuck_because = RunStatus.STUCK, storable(because)

    def _end(self, ending: str | None) -> None:
        recorded = len(self.history) + (self.asked_at is not None)
        if self.number < recorded:
            return self.stick(str(ChangedJourney(self.id, self.number + 1, self._recorded_name(), "the end")))
        if not ending or not isinstance(ending, str):
            return self.stick(str(NoEnding(ending)))
        self.end(ending)

    def _recorded_name(self) -> str:
        """What the first step is called that the journey did not come to."""
        if self.number < len(self.history):
            return " ".join(self.history[self.number][:2])
        return self.waiting_for

    def end(self, ending: str) -> None:
        """The journey is over for this contact."""
        self.status, self.ending = RunStatus.ENDED, ending

    def close(self) -> None:
        """Drop the coroutine; a journey cannot hold it back."""
        if self.coroutine is not None:
            try:
                self.coroutine.close()
            except Exception as error:
                self._stick_in_closing(error)

    def _stick_in_closing(self, error: Exception) -> None:
        """Unless it is stuck already, whose reason comes first."""
        if self.status is RunStatus.WAITING:
            self.stick(f"{_last_line(error)}. A journey must neither raise nor await while it is being closed.")

    @property
    def keeps_its_answer(self) -> bool:
        """It got stuck before it took in the answer that it was woken for."""
        return self.status is RunStatus.STUCK and self.asked_at is not None and self.pause is None


def _last_line(error: Exception) -> str:
    """The traceback's last line, and where in the journey it was raised."""
    traceback, place = error.__traceback__, ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = f" ({code.co_filename.rpartition('/')[2]}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return f"{type(error).__name__}: {error}{place}"
