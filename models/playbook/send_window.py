"""The hours in which marketing goes out: the send window without the quiet hours, in the receiver's zone. Pure."""

from collections.abc import Iterator, Mapping
from datetime import time
from functools import lru_cache

from models.playbook.holidays import HolidayTerms
from models.values.shared_hours import share_hours
from models.values.working_hours import OpenHours, Span, Week, WorkingHours, read_week

DAY = 24 * 60 * 60
NO_HOLIDAYS = HolidayTerms()
SecondsRange = tuple[int, int]
"""Seconds of the day: from, until (not included)."""


class NoSendingHours(ValueError):
    """There is no moment at which such a mail may go out."""


@lru_cache(maxsize=10_000)
def sending_hours(
    window: tuple[tuple[str, str], ...] | None, quiet: str | None, zone: str, holidays: HolidayTerms = NO_HOLIDAYS
) -> WorkingHours | None:
    """The calendar of a mail; None when it may go out at any time. Raises NoSendingHours.

    `window` holds the items of such a mapping as the playbook has, `quiet` hours of the day such as 20:00-08:00,
    `holidays` days on which nothing goes out.
    """
    if window is None and quiet is None and not holidays:
        return None
    return WorkingHours(zone, sending_week(dict(window) if window else None, quiet), holidays=holidays)


@lru_cache(maxsize=10_000)
def sending_hours_in_all(
    window: tuple[tuple[str, str], ...] | None,
    quiet: str | None,
    zones: tuple[str, ...],
    holidays: HolidayTerms = NO_HOLIDAYS,
) -> OpenHours | None:
    """The hours of a mail that are allowed in each of these zones, as for `sending_hours`.

    Where there are none, the hours of the window are left out in the last zones first, and the quiet hours only where
    those alone leave none. Raises NoSendingHours.
    """
    in_first = sending_hours(window, quiet, zones[0], holidays)
    if in_first is None or len(zones) == 1:
        return in_first
    quiet_hours = [hours for zone in zones if (hours := sending_hours(None, quiet, zone, holidays))]
    if window is None:
        return share_hours(quiet_hours)
    days = WorkingHours(zones[0], _whole_days(_parse_window(dict(window))))
    in_window = [hours for zone in zones if (hours := sending_hours(window, None, zone, holidays))]
    return share_hours([*quiet_hours, days, *in_window])


def _whole_days(week: Week) -> Week:
    return {day: ((time(), time()),) for day, spans in week.items() if spans}


def sending_week(window: Mapping[str, str] | None, quiet: str | None) -> Week | None:
    """The hours of the week in the window and outside the quiet hours; None for all. Raises NoSendingHours."""
    week = _parse_window(window) if window is not None else None
    if quiet is None:
        return week
    loud = _outside_quiet_hours(quiet)
    left = {day: tuple(_intersect(_spans(week, day), loud)) for day in range(7)}
    if not any(left.values()):
        raise NoSendingHours(
            f"its hours {_window_text(window)} all lie in the quiet hours {quiet}: let them overlap the day"
        )
    return left


def _parse_window(window: Mapping[str, str]) -> Week:
    try:
        return read_week(window)
    except ValueError as error:
        raise NoSendingHours(f"its send window {_window_text(window)} cannot be used: {error}") from None


def _spans(week: Week | None, day: int) -> list[SecondsRange]:
    if week is None:
        return [(0, DAY)]
    return [(_second(begin), _second(end) or DAY) for begin, end in week.get(day, ())]


def _outside_quiet_hours(quiet: str) -> list[SecondsRange]:
    """The rest of the day."""
    begin, end = (_second(time.fromisoformat(part)) for part in quiet.split("-"))
    return [(end, begin)] if begin > end else [(0, begin), (end, DAY)]


def _intersect(some: list[SecondsRange], others: list[SecondsRange]) -> Iterator[Span]:
    for one in some:
        for other in others:
            begin, end = max(one[0], other[0]), min(one[1], other[1])
            if begin < end:
                yield _time(begin), _time(end)


def _second(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second


def _time(second: int) -> time:
    return time() if second == DAY else time(second // 3600, second // 60 % 60, second % 60)


def _window_text(window: Mapping[str, str] | None) -> str:
    return ", ".join(f"{day}: {hours}" for day, hours in (window or {}).items())
