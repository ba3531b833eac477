"""Parses JSON from outside, however broken, without losing any: what Postgres cannot store is escaped or cut. Pure."""

import json
import math
import re
from typing import Any

import orjson

from models.values.payload import UnreadablePayload
from models.values.sanitize import LARGEST, escape_unstorable

# Null bytes and halves of surrogate pairs; whole pairs look alike here and come through unchanged.
DOUBTFUL = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
DEEPEST = 20
TOO_DEEP = "(nested deeper than is kept)"


def parse_lenient(raw: bytes) -> Any:
    """The value of a document, as Postgres can store it. Raises UnreadablePayload for what is not JSON at all."""
    try:
        found = orjson.loads(raw)
        # orjson parses deeper nesting than it writes.
        if not DOUBTFUL.search(raw) and orjson.dumps(found):
            return found
    except ValueError:
        found = _parse_broken(raw)
    except TypeError:
        pass
    return make_storable(found)


def _parse_broken(raw: bytes) -> Any:
    """Accepts text that is not UTF-8, control characters and NaN: providers pass on whatever contacts typed."""
    try:
        return json.loads(raw.decode("utf-8-sig", errors="replace"), strict=False)
    except json.JSONDecodeError as error:
        raise UnreadablePayload(f"This is not JSON: {error}. Send it again as an array of events.") from None
    except (RecursionError, ValueError):
        raise UnreadablePayload("This JSON is nested too deeply, or holds a number too long, to be read.") from None


def make_storable(value: Any, depth: int = 0) -> Any:
    """A copy of a JSON value in which whatever Postgres refuses is escaped or cut."""
    match value:
        case str():
            return escape_unstorable(value)
        case dict() | list() if depth > DEEPEST:
            return TOO_DEEP
        case dict():
            return {escape_unstorable(name): make_storable(item, depth + 1) for name, item in value.items()}
        case list():
            return [make_storable(item, depth + 1) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case int() if abs(value) > LARGEST:
            return str(value)
    return value
