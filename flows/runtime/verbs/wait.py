"""Steps that wait: for a length of time, a moment, the date in a field, or an event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flows.runtime.contract.arguments import too_far
from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Stuck, Turn
from flows.runtime.contract.errors import UnexpectedEvent
from models.contacts.field_date import date_field_problem, morning_of
from models.database import psycopg_connection
from models.geo.time_zone import LocationHints, likely_time_zone
from models.playbook import Playbook, current_playbook
from models.values.furthest_date import FURTHEST_AHEAD, FURTHEST_TEXT

DATES = """
SELECT id, custom, time_zone, latitude, longitude, postal_code, coalesce(phone, mobile_phone), state, city, country
FROM contact WHERE id = ANY(%s)
"""


@dataclass(slots=True)
class WaitStep(Ask):
    """Goes on at a moment, or after a length of time from now."""

    until: datetime | None = None
    length: timedelta = timedelta(0)

    verb: ClassVar[str] = "wait"

    def resume(self, event: ResumingEvent | None) -> Answered:
        """No value: the time has come."""
        return Answered()

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """The moment at which each goes on."""
        return [_pause(one.step, one.step.until or turn.now + one.step.length, turn.now) for one in asked]


def _pause(ask: Ask, until: datetime | None, now: datetime, events: tuple[str, ...] = ()) -> StepResult:
    """The wait until a moment; Stuck for one that is so far ahead that its contact would be forgotten."""
    if until is not None and (reason := too_far(ask.verb, until, now)):
        return Stuck(reason)
    return Paused(until, events)


@dataclass(slots=True)
class WaitUntilFieldStep(Ask):
    """Goes on in the morning of the date in a field, or earlier by an event: answers its pattern, or None.

    Where the date has passed, or there is none, it goes on after `otherwise`.
    """

    field: str = ""
    otherwise: timedelta = timedelta(0)
    events: tuple[str, ...] = ()

    verb: ClassVar[str] = "wait_until"

    def possible_answers(self) -> tuple[str | None, ...]:
        """The patterns, and None for the date."""
        return (*self.events, None)

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A field that is unknown or is no date."""
        return date_field_problem(self.field, playbook)

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The pattern of the event; None when the date has come."""
        return Answered() if event is None else answer_by_event(self.events, event)

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Read the dates of all contacts at once."""
        playbook = current_playbook(turn.connection)
        rows = psycopg_connection(turn.connection).execute(DATES, ([one.contact_id for one in asked],))
        contacts = {contact: (custom, LocationHints(*where)) for contact, custom, *where in rows}
        return [pause_until_date(one.step, *contacts[one.contact_id], playbook, turn.now) for one in asked]


def pause_until_date(
    ask: WaitUntilFieldStep, custom: Mapping[str, Any], where: LocationHints, playbook: Playbook, now: datetime
) -> StepResult:
    """The wait until the date in a field of the contact, whose custom fields and place these are. Pure."""
    if reason := ask.playbook_problem(playbook):
        return Stuck(reason)
    company = playbook.company
    zone = likely_time_zone(where, company.country, company.time_zone)
    moment = morning_of(custom.get(ask.field), ZoneInfo(zone))
    if moment is not None and moment > now + FURTHEST_AHEAD:
        return Stuck(
            f"{ask.field} is {moment:%Y-%m-%d}, which is more than {FURTHEST_TEXT} ahead, so nobody would be reminded. "
            "Correct it on the contact's page and move the run on."
        )
    return Paused(moment if moment is not None and moment > now else now + ask.otherwise, ask.events)


@dataclass(slots=True)
class WaitForStep(Ask):
    """Answers the pattern of the event that came first, or None when the time ran out."""

    events: tuple[str, ...] = ()
    within: timedelta | None = None
    until: datetime | None = None

    verb: ClassVar[str] = "wait_for"

    def possible_answers(self) -> tuple[str | None, ...]:
        """The patterns, and None if there is a deadline."""
        has_deadline = self.within is not None or self.until is not None
        return self.events if not has_deadline else (*self.events, None)

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The pattern of the event; None when the time is up."""
        return Answered(None, {"silence": True}) if event is None else answer_by_event(self.events, event)

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """The events that each waits for, and until when."""
        ends = [deadline(one.step.within, one.step.until, turn.now) for one in asked]
        return [_pause(one.step, end, turn.now, one.step.events) for one, end in zip(asked, ends, strict=True)]


def answer_by_event(patterns: Sequence[str], event: ResumingEvent) -> Answered:
    """The answer of a wait: the pattern that the event matches. Raises UnexpectedEvent when none does."""
    pattern = next((one for one in patterns if one in (event.name, f"{event.name}:{event.topic}")), None)
    if pattern is None:
        raise UnexpectedEvent(event.name, " or ".join(patterns))
    return Answered(pattern, {"event": event.id})


def deadline(within: timedelta | None, until: datetime | None, now: datetime) -> datetime | None:
    """The moment when waiting ends; None for never."""
    return now + within if within is not None else until
