"""Work outside the database that a journey may ask for: marked here, found by name on any worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class RetryPolicy:
    """How often a failed activity is tried again, and how long to wait before each try."""

    max_retries: int
    delay: timedelta


def activity(*, retries: int = 3, pause: timedelta = timedelta(seconds=10)) -> Callable[[Function], Function]:
    """Mark a function, sync or async, that journeys may await by `j.call(function, ...)`.

    It runs as a Prefect task outside the turn, at least once: a crash while it works makes it run again, so it must be
    safe to repeat. Arguments and result are what JSON can hold.
    """

    def mark(function: Function) -> Function:
        function.retries = RetryPolicy(retries, pause)  # type: ignore[attr-defined]
        return function

    return mark


def activity_name(function: Callable[..., Any]) -> str:
    """`module:function`. Raises TypeError when the function is not marked as an activity."""
    if not hasattr(function, "retries"):
        raise TypeError(f"{function!r} is not an activity. Mark it with @activity().")
    return f"{function.__module__}:{function.__qualname__}"


def load_activity(name: str) -> Any:
    """The function of that name, imported where it is needed."""
    module, _, qualname = name.partition(":")
    found: Any = import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found
