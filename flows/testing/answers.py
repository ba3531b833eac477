"""What contacts and salespeople answer on a trip, and when."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from flows.runtime.contract.ask import Ask
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitUntilFieldStep
from flows.testing.suggestion import one_of

SILENT = "silent"
"""The answer of whoever does not answer."""


class NotGiven:
    """Stands for an answer that nobody has given."""

    def __bool__(self) -> bool:
        return False


NOT_GIVEN = NotGiven()


@dataclass(frozen=True)
class Later:
    """An answer that comes after a while."""

    length: timedelta
    value: Any


def after(length: timedelta, value: Any) -> Later:
    """An answer that comes so long after it was asked for, such as `after(timedelta(days=2), "Talked: Not Now")`."""
    return Later(length, value)


@dataclass(frozen=True)
class Happening:
    """An event of the contact at a moment."""

    at: datetime
    name: str
    topic: str | None

    @property
    def pattern(self) -> str:
        """`name`, or `name:topic`."""
        return self.name if self.topic is None else f"{self.name}:{self.topic}"


class Answers(Protocol):
    """Where a trip finds its answers."""

    def to(self, journey: str, step: Ask) -> Any:
        """The answer to a step, or NOT_GIVEN."""

    def happenings(self, begin: datetime) -> Iterable[Happening]:
        """Events of the contact that answer no step of their own accord."""


GivenAnswers = Mapping[str, Any] | Callable[[Ask], Any]
DAY = re.compile(r"day (?P<day>\d+)(?: (?P<hour>\d\d):(?P<minute>\d\d))?$")


@dataclass
class AnswersByName:
    """Answers as a test writes them: step -> answer, and `day 3` -> events. A step that is asked several times may have
    a list, one answer after the other; the last one stays.
    """

    given: Mapping[str, Any]
    asked: dict[str, int] = field(default_factory=dict)
    """Step -> how often it was asked."""

    def to(self, journey: str, step: Ask) -> Any:
        """The answer under `journey/step`, or under the name of the step."""
        for name in (f"{journey}/{step.name}", step.name):
            if name in self.given:
                number = self.asked[name] = self.asked.get(name, 0) + 1
                found = self.given[name]
                return found[min(number, len(found)) - 1] if isinstance(found, list) else found
        return NOT_GIVEN

    def happenings(self, begin: datetime) -> Iterator[Happening]:
        """The events of the days, in the order in which they are written."""
        for name, events in self.given.items():
            if (found := DAY.match(name)) is None:
                continue
            # Without an hour: a day has passed, and an hour more, so that the day's own steps come first.
            hour = timedelta(hours=int(found["hour"]), minutes=int(found["minute"] or 0)) if found["hour"] else None
            moment = begin + timedelta(days=int(found["day"]), hours=1)
            if hour is not None:
                moment = moment.replace(hour=0, minute=0) + hour
            for event in [events] if isinstance(events, str) else events:
                event_name, _, topic = event.partition(":")
                yield Happening(moment, event_name, topic or None)

    def unasked(self) -> list[str]:
        """The names that no step has asked for."""
        return [name for name in self.given if name not in self.asked and DAY.match(name) is None]

    def check_names(self, known: Iterable[str]) -> None:
        """Raises ValueError for a name that no step has, with the one that may have been meant."""
        steps = list(known)
        for name in self.unasked():
            if name.partition("/")[2] not in steps:
                one_of("step", name, steps)


@dataclass
class AnswersByFunction:
    """Answers from a function, which gets the step."""

    answer: Callable[[Ask], Any]

    def to(self, journey: str, step: Ask) -> Any:
        """What the function says; None is silence."""
        return self.answer(step)

    def happenings(self, begin: datetime) -> Iterable[Happening]:
        """None: they only answer."""
        return ()


@dataclass(frozen=True)
class Planned:
    """What will answer a waiting step: an outcome or a pattern of an event, and when."""

    at: datetime
    value: str


USUAL_TIME_OF_TASK = timedelta(hours=1)
USUAL_TIME_OF_EVENT = timedelta(days=1)


def plan(step: Ask, answer: Any, now: datetime, resume_at: datetime | None) -> Planned | None:
    """When and by what a waiting step is answered; None for silence.

    Tasks are reported on after an hour, events come the day after, or when half of the time is over. Raises ValueError
    for an answer that the step does not have.
    """
    later = answer if isinstance(answer, Later) else None
    value = later.value if later is not None else answer
    if value is None or value is NOT_GIVEN or value == SILENT:
        return None
    if isinstance(step, TaskStep):
        one_of(f"outcome of the task '{step.name}'", value, step.outcomes)
        usual = USUAL_TIME_OF_TASK
    elif isinstance(step, WaitForStep | WaitUntilFieldStep):
        one_of(f"event that '{step.name}' waits for", value, step.events)
        usual = USUAL_TIME_OF_EVENT
    else:
        raise ValueError(f"{step.title} takes no answer, and {value!r} was given. Leave it out.")
    if later is not None:
        return Planned(now + later.length, value)
    return Planned(now + usual if resume_at is None else min(now + usual, now + (resume_at - now) / 2), value)
