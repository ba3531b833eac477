"""How many marketing mails a journey sends within the time of a cap, on its quickest path."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flows.runtime.checks.rule import Checked, Found
from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import Run, SourceLine, source_line
from flows.runtime.maps.journey_map import ANY_MOMENT, Path, label
from flows.runtime.maps.position import position_of
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep, WaitUntilFieldStep
from models import MessageKind
from models.playbook.mail import Cap

MOST_STATES = 5_000
"""A journey with more is looked at as far as that."""
SPACING = timedelta(days=1)
"""A cap over no more than this only keeps mails apart: what is too much goes out some hours later."""


class _Trip(NamedTuple):
    """Where a path has come to, and when which mails went out on it."""

    answers: tuple[tuple[Any, datetime], ...]
    """Answer and the moment at which it is given."""
    path: Path
    sent: tuple[tuple[datetime, str], ...]
    """Moment and template of the marketing mails."""
    now: datetime


def find_too_many_mails(checked: Checked) -> Iterator[Found]:
    """The first mail of each journey that goes beyond a cap of the playbook."""
    caps = [cap for cap in checked.playbook.mail.caps if cap.per > SPACING] if checked.playbook is not None else []
    for name in checked.maps:
        if caps and sum(1 for ask in checked.maps[name].steps.values() if _is_marketing(ask)):
            yield from _beyond(checked.definitions[name], caps, checked)


def _is_marketing(ask: Ask) -> bool:
    return isinstance(ask, SendStep) and ask.kind is MessageKind.MARKETING


def _beyond(definition: Definition, caps: list[Cap], checked: Checked) -> Iterator[Found]:
    longest = max(cap.per for cap in caps)
    pending = deque([_Trip((), (), (), ANY_MOMENT)])
    seen: set[Any] = set()
    while pending and len(seen) < MOST_STATES:
        trip = pending.popleft()
        run, ask = _replay(definition, trip)
        if ask is None:
            continue
        ask = ask.defined(checked.kinds) if isinstance(ask, TaskStep) else ask
        key = _key(run, trip, longest)
        made_at = source_line(run.made_at)
        run.close()
        if key in seen:
            continue
        seen.add(key)
        if _is_marketing(ask):
            trip = trip._replace(sent=(*trip.sent, (trip.now, ask.name)))
            cap = next((cap for cap in caps if _within(trip, cap) > cap.mails), None)
            if cap is not None:
                yield _found(definition.name, trip, cap, made_at)
                return
        pending.extend(_continued(trip, ask))


def _replay(definition: Definition, trip: _Trip) -> tuple[Run, Ask | None]:
    run = Run(0, 0, ANY_MOMENT, "", None, "")
    ask = run.advance(definition.make_coroutine, ANY_MOMENT)
    for answer, at in trip.answers:
        run.pass_time(at)
        ask = run.advance(definition.make_coroutine, at, answer)
    return run, ask


def _key(run: Run, trip: _Trip, longest: timedelta) -> Any:
    """What the path's rest depends on: where it stands, and how long ago which mails went out."""
    recent = tuple(trip.now - at for at, _ in trip.sent if at > trip.now - longest)
    return position_of(run.coroutine, trip.now), recent


def _within(trip: _Trip, cap: Cap) -> int:
    return sum(1 for at, _ in trip.sent if at > trip.now - cap.per)


def _continued(trip: _Trip, ask: Ask) -> Iterator[_Trip]:
    answers = ask.possible_answers()
    for answer in answers:
        if isinstance(ask, SendStep) and answer != "queued":
            continue
        at = trip.now + _least_wait(ask, answer, trip.now)
        step = (f"{ask.verb} {ask.name}: {label(answer)}",) if len(answers) > 1 else ()
        yield _Trip((*trip.answers, (answer, at)), (*trip.path, *step), trip.sent, at)


def _least_wait(ask: Ask, answer: Any, now: datetime) -> timedelta:
    """How soon this answer can come. People and contacts may answer at once."""
    nothing = timedelta(0)
    if isinstance(ask, WaitStep):
        return max(ask.length if ask.until is None else ask.until - now, nothing)
    if isinstance(ask, WaitForStep) and answer is None:
        return max(ask.within or (ask.until - now if ask.until is not None else nothing), nothing)
    if isinstance(ask, TaskStep) and answer is None:
        return ask.within or nothing
    if isinstance(ask, WaitUntilFieldStep) and answer is None:
        # The date may be tomorrow.
        return min(ask.otherwise, SPACING)
    return nothing


def _found(journey: str, trip: _Trip, cap: Cap, made_at: SourceLine | None) -> Found:
    recent = [(at, name) for at, name in trip.sent if at > trip.now - cap.per]
    first = recent[0][0]
    mails = ", ".join(f"{name} on day {(at - first).days + 1}" for at, name in recent)
    message = (
        f"{len(recent)} marketing mails go out within {_days(cap.per)}, and the playbook allows {cap.text}: {mails}. "
        "What is too much goes out later, or not at all. Wait longer between them."
    )
    return Found(message, journey, made_at, trip.path)


def _days(length: timedelta) -> str:
    return "a week" if length == timedelta(weeks=1) else f"{length.total_seconds() / 86400:g} days"
