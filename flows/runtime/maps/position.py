"""Where in its code a journey stands: two paths with the same position go on alike."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def position_of(coroutine: Any, now: datetime | None = None) -> tuple[Any, ...]:
    """Point of the code and local variables, of the journey's coroutine and of those that it awaits.

    With `now`, moments are taken by how far they are from it.
    """
    position = []
    while getattr(coroutine, "cr_frame", None) is not None:
        frame = coroutine.cr_frame
        variables = {name: written(value, now) for name, value in frame.f_locals.items() if name != "j"}
        position.append((frame.f_code.co_name, frame.f_lasti, tuple(sorted(variables.items()))))
        coroutine = coroutine.cr_await
    return tuple(position)


def written(value: Any, now: datetime | None = None) -> str:
    """A value as text that is the same in each replay: where it lies in memory is not."""
    if isinstance(value, ColumnElement):
        return f"{value} {value.compile().params}"
    if isinstance(value, datetime) and now is not None:
        return str(value - now)
    return ADDRESS.sub("", repr(value))
