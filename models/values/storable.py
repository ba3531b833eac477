"""Makes any payload one that Postgres can store, with nothing of it lost. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

from models.values.sanitize import DEEPEST, LARGEST, MOST_VALUES, escape_unstorable

REST = "further values"
"""The name under which a payload of too many values keeps the rest, as JSON."""


def storable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with what cannot be stored written out as text.

    Null bytes and halves of surrogate pairs are escaped as in Python (`\\x00`, `\\ud800`), numbers that are not finite
    or too large become text, and what is nested too deeply becomes JSON. Beyond MOST_VALUES values the fields that are
    left stand together as JSON under REST. A payload that can be stored comes back as it is.
    """
    kept: dict[str, Any] = {}
    room = MOST_VALUES
    fields = iter(payload.items())
    for name, value in fields:
        room -= 1 if isinstance(value, str) else _count(value, room)
        if room < 0:
            kept[REST] = as_json({name: value, **dict(fields)})
            break
        kept[escape_unstorable(str(name))] = storable_value(value)
    return kept


def as_text(value: Any) -> str:
    """A value as text that can be stored: text as it is, nothing as no text, anything else as JSON."""
    if value is None:
        return ""
    return escape_unstorable(value) if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """JSON in readable letters, of what can be stored."""
    return escape_unstorable(json.dumps(value, ensure_ascii=False, default=str))


def _count(value: Any, most: int) -> int:
    """How many values a value holds; counts no further than just beyond `most`."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        inner = waiting.pop()
        count += 1
        if isinstance(inner, Mapping):
            waiting += inner.values()
        elif isinstance(inner, list | tuple):
            waiting += inner
    return count


def storable_value(value: Any, depth: int = 0) -> Any:
    """One value of a payload, `depth` containers deep; equal to what was given where that can be stored."""
    if isinstance(value, str):
        return escape_unstorable(value)
    match value:
        case bool() | None:
            return value
        case float() if not math.isfinite(value):
            return str(value)
        case int() if abs(value) > LARGEST:
            return str(value)
        case Mapping() | list() | tuple() if depth >= DEEPEST:
            return as_json(value)
        case Mapping():
            return {escape_unstorable(str(name)): storable_value(inner, depth + 1) for name, inner in value.items()}
        case list() | tuple():
            return [storable_value(inner, depth + 1) for inner in value]
    return value
