"""Where in its code a journey stands: two paths with the same position go on alike."""

import re
from typing import Any

from sqlalchemy import ColumnElement

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def position_of(coroutine: Any) -> tuple[Any, ...]:
    """Point of the code and local variables, of the journey's coroutine and of those that it awaits."""
    position = []
    while getattr(coroutine, "cr_frame", None) is not None:
        frame = coroutine.cr_frame
        variables = {name: _written(value) for name, value in frame.f_locals.items() if name != "j"}
        position.append((frame.f_code.co_name, frame.f_lasti, tuple(sorted(variables.items()))))
        coroutine = coroutine.cr_await
    return tuple(position)


def _written(value: Any) -> str:
    """A value as text that is the same in each replay: where it lies in memory is not."""
    if isinstance(value, ColumnElement):
        return f"{value} {value.compile().params}"
    return ADDRESS.sub("", repr(value))
