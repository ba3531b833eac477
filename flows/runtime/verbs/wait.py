"""wait, wait_until, wait_until_field, wait_for: let time pass, or something happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Paused, Refused, Settled
from flows.runtime.errors import ChangedJourney
from flows.runtime.rows import driver
from models.contacts.field_date import morning_of, no_date, zone_of
from models.playbook import current

if TYPE_CHECKING:
    from flows.runtime.run import Run
    from flows.runtime.turn import Turn
    from models.playbook import Playbook

DATES = "SELECT id, custom, time_zone FROM contact WHERE id = ANY(%s)"


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
class WaitUntilField(Ask):
    """Goes on in the morning of the date that a field holds, or earlier with an event: answers its pattern, or None.

    Where the date is not ahead, or there is none, it goes on after `otherwise`.
    """

    field: str = ""
    otherwise: timedelta = timedelta(0)
    events: tuple[str, ...] = ()

    verb: ClassVar[str] = "wait_until"

    def answers(self) -> tuple[str | None, ...]:
        """The events that may come first, and the date."""
        return (*self.events, None)

    def unknown(self, playbook: "Playbook") -> str | None:
        """A field that holds no date."""
        return no_date(self.field, playbook)

    def woken(self, run: "Run") -> Answered:
        """Whether the date has come, or what came before it."""
        return Answered() if run.event is None else told_by(self, self.events, run)

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One look at all contacts."""
        playbook = current(turn.connection)
        rows = driver(turn.connection).execute(DATES, ([one.run.contact_id for one in asked],))
        contacts = {contact: (custom, zone) for contact, custom, zone in rows}
        return [_until(one.ask, *contacts[one.run.contact_id], playbook, turn.now) for one in asked]


def _until(
    ask: WaitUntilField, custom: Mapping[str, Any], zone: str | None, playbook: "Playbook", now: datetime
) -> Settled:
    if because := ask.unknown(playbook):
        return Refused(because)
    moment = morning_of(custom.get(ask.field), zone_of(zone, playbook.company.time_zone))
    return Paused(moment if moment is not None and moment > now else now + ask.otherwise, ask.events)


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
        return Answered(None, {"silence": True}) if run.event is None else told_by(self, self.events, run)

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """Nothing to write but what is waited for, and how long."""
        return [Paused(deadline(one.ask.within, one.ask.until, turn.now), one.ask.events) for one in asked]


def told_by(ask: Ask, events: Sequence[str], run: "Run") -> Answered:
    """Which of the patterns the event is that woke the run."""
    assert run.event is not None
    name, topic = run.event["name"], run.event["topic"]
    pattern = next((one for one in events if one in (name, f"{name}:{topic}")), None)
    if pattern is None:
        raise ChangedJourney(run.id, run.number, f"answered by {name}", f"{ask.verb} {' or '.join(events)}")
    return Answered(pattern, {"event": run.event["id"]})


def deadline(within: timedelta | None, until: datetime | None, now: datetime) -> datetime | None:
    """The moment when waiting ends; None for never."""
    return now + within if within is not None else until
