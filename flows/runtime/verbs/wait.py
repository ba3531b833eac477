"""wait, wait_until, wait_for: let time pass, or something happen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Paused, Settled
from flows.runtime.errors import ChangedJourney

if TYPE_CHECKING:
    from flows.runtime.run import Run
    from flows.runtime.turn import Turn


@dataclass(slots=True)
class Wait(Ask):
    """Goes on at a moment, or after a while from now."""

    until: datetime | None = None
    length: timedelta = timedelta(0)

    verb: ClassVar[str] = "wait"

    def woken(self, run: "Run") -> Answered:
        """The time has come."""
        return Answered()

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """Nothing to write but the moment."""
        return [Paused(one.ask.until or turn.now + one.ask.length) for one in asked]


@dataclass(slots=True)
class WaitFor(Ask):
    """Answers the pattern of the event that came first, or None when the time ran out."""

    events: tuple[str, ...] = ()
    within: timedelta | None = None
    until: datetime | None = None

    verb: ClassVar[str] = "wait_for"

    def answers(self) -> tuple[str | None, ...]:
        """Silence is an answer too, unless there is no deadline."""
        patient = self.within is None and self.until is None
        return self.events if patient else (*self.events, None)

    def woken(self, run: "Run") -> Answered:
        """Which of the patterns it was."""
        if run.event is None:
            return Answered(None, {"silence": True})
        name, topic = run.event["name"], run.event["topic"]
        pattern = next((one for one in self.events if one in (name, f"{name}:{topic}")), None)
        if pattern is None:
            raise ChangedJourney(run.id, run.number, f"answered by {name}", f"{self.verb} {' or '.join(self.events)}")
        return Answered(pattern, {"event": run.event["id"]})

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """Nothing to write but what is waited for, and how long."""
        return [Paused(deadline(one.ask.within, one.ask.until, turn.now), one.ask.events) for one in asked]


def deadline(within: timedelta | None, until: datetime | None, now: datetime) -> datetime | None:
    """The moment when waiting ends; None for never."""
    return now + within if within is not None else until
