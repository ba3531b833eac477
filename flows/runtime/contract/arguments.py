"""What a journey's code hands to its steps: each is looked at when the step is made, and refused with a sentence."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, cast

from models.playbook.send_window import sending_week
from models.playbook.tasks import AROUND_THE_CLOCK, WORKING_HOURS, DueIn
from models.values.furthest_date import FURTHEST_AHEAD, FURTHEST_TEXT

MOST_POINTS = Decimal(10) ** 9


def length_of(what: str, value: timedelta) -> timedelta:
    """A length of time, at most FURTHEST_AHEAD. Raises ValueError."""
    if not isinstance(value, timedelta):
        raise ValueError(f"{what} needs a length of time such as timedelta(days=3), found {value!r}.")
    if value > FURTHEST_AHEAD:
        raise ValueError(f"{what} of {value.days:,} days was found. Take at most {FURTHEST_TEXT}.")
    return value


def optional_length(what: str, value: timedelta | None) -> timedelta | None:
    """As length_of, or None."""
    return None if value is None else length_of(what, value)


def moment_of(what: str, value: datetime | None) -> datetime | None:
    """A moment with a time zone, or None. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ValueError(f"{what} needs a moment such as j.now + timedelta(days=3), found {value!r}.")
    if value.tzinfo is None:
        raise ValueError(f"{what} needs a moment with a time zone, found {value!r}. Write datetime(..., tzinfo=UTC).")
    return value


def too_far(what: str, moment: datetime, now: datetime) -> str | None:
    """The sentence about a moment that is further ahead than anything waits; None for a nearer one."""
    if moment <= now + FURTHEST_AHEAD:
        return None
    return f"{what} until {moment:%Y-%m-%d} was found, which is more than {FURTHEST_TEXT} ahead. Nothing waits so long."


def text_of(what: str, value: str) -> str:
    """A text that is not empty. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{what} needs a text, found {value!r}.")
    if not value:
        raise ValueError(f"{what} needs a text, and it is empty.")
    return value


def texts_of(what: str, value: Any) -> tuple[str, ...]:
    """Several texts. Raises ValueError, for a single text as well, which Python would take letter by letter."""
    if isinstance(value, str) or not isinstance(value, tuple | list):
        raise ValueError(f'{what} needs several texts such as ("Yes", "No"), found {value!r}. One alone is ("Yes",).')
    for one in value:
        text_of(what, one)
    return tuple(value)


def due_in_of(value: Any) -> DueIn | None:
    """By which clock a task is due, or None. Raises ValueError."""
    if value not in (None, WORKING_HOURS, AROUND_THE_CLOCK):
        raise ValueError(f'due_in needs "{WORKING_HOURS}" or "{AROUND_THE_CLOCK}", found {value!r}.')
    return cast("DueIn | None", value)


def points_of(value: Any) -> Decimal:
    """A number of points. Raises ValueError."""
    try:
        points = Decimal(value) if not isinstance(value, bool) else Decimal("NaN")
    except (InvalidOperation, TypeError, ValueError):
        points = Decimal("NaN")
    if not points.is_finite() or abs(points) > MOST_POINTS:
        raise ValueError(f"add_points needs a number up to {MOST_POINTS:,}, found {value!r}.")
    return points


def window_of(value: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """A send window, or None. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError(f'window needs days and hours such as {{"tue-thu": "09:00-11:00"}}, found {value!r}.')
    _read_window(tuple(value.items()))
    return value


@lru_cache(maxsize=1_000)
def _read_window(window: tuple[tuple[str, str], ...]) -> None:
    sending_week(dict(window), None)
