"""The hours in which marketing goes out: the send window without the quiet hours, in the receiver's zone. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import lru_cache

from models.values.working_hours import Span, Week, WorkingHours, read_week

DAY = 24 * 60 * 60
Stretch = tuple[int, int]
"""Seconds of the day: from, until (not included)."""


class NoHours(ValueError):
    """There is no moment at which such a mail may go out."""


@lru_cache(maxsize=10_000)
def sending_hours(
    window: tuple[tuple[str, str], ...] | None, quiet: str | None, zone: str, away: tuple[date, ...] = ()
) -> WorkingHours | None:
    """The calendar of a mail; None when it may go out at any time. Raises NoHours.

    `window` holds the items of such a mapping as the playbook has, `quiet` hours of the day such as 20:00-08:00, `away`
    days on which nothing goes out.
    """
    if window is None and quiet is None and not away:
        return None
    return WorkingHours(zone, sending_week(dict(window) if window else None, quiet), tuple((day, day) for day in away))


def sending_week(window: Mapping[str, str] | None, quiet: str | None) -> Week | None:
    """The hours of the week that lie in the window and outside of the quiet hours; None for all. Raises NoHours."""
    week = _read(window) if window is not None else None
    if quiet is None:
        return week
    loud = _loud(quiet)
    left = {day: tuple(_common(_spans(week, day), loud)) for day in range(7)}
    if not any(left.values()):
        raise NoHours(f"its hours {_written(window)} all lie in the quiet hours {quiet}: let them overlap the day")
    return left


def _read(window: Mapping[str, str]) -> Week:
    try:
        return read_week(window)
    except ValueError as error:
        raise NoHours(f"its send window {_written(window)} cannot be used: {error}") from None


def _spans(week: Week | None, day: int) -> list[Stretch]:
    if week is None:
        return [(0, DAY)]
    return [(_second(begin), _second(end) or DAY) for begin, end in week.get(day, ())]


def _loud(quiet: str) -> list[Stretch]:
    """The rest of the day."""
    begin, end = (_second(time.fromisoformat(part)) for part in quiet.split("-"))
    return [(end, begin)] if begin > end else [(0, begin), (end, DAY)]


def _common(some: list[Stretch], others: list[Stretch]) -> Iterator[Span]:
    for one in some:
        for other in others:
            begin, end = max(one[0], other[0]), min(one[1], other[1])
            if begin < end:
                yield _time(begin), _time(end)


def _second(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second


def _time(second: int) -> time:
    return time() if second == DAY else time(second // 3600, second // 60 % 60, second % 60)


def _written(window: Mapping[str, str] | None) -> str:
    return ", ".join(f"{day}: {hours}" for day, hours in (window or {}).items())
