"""Finds values in payloads that Postgres cannot store or that exceed limits: null bytes, broken characters, too many,
too long, too deep.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

from models.values.readers.bad_value import quote_value
from models.values.readers.text import LONGEST_TEXT

DEEPEST = 5
MOST_VALUES = 1_000
LARGEST = 2**63 - 1
SURROGATE = re.compile("[\ud800-\udfff]")


class Problem(TypedDict):
    """Why a value cannot be used."""

    field: str
    found: str
    expected: str


def problems_text(problems: Iterable[Problem]) -> str:
    """Problems as one sentence."""
    return "; ".join(f"{one['field']}: {one['found']} was found, {one['expected']} was expected" for one in problems)


def payload_problems(payload: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of a payload as such: null bytes, broken characters, values too long, too many, too deep."""
    for count, (field, key, value, depth) in enumerate(_walk(payload, "", 0), start=1):
        if count > MOST_VALUES:
            yield Problem(field="lead", found="more values than that", expected=f"at most {MOST_VALUES:,} values")
            return
        if depth > DEEPEST:
            yield Problem(
                field=field, found="nesting deeper than that", expected=f"at most {DEEPEST} levels of nesting"
            )
            return
        for text in (key, value):
            if expected := _expected_instead(text):
                yield Problem(field=field, found=quote_value(text), expected=expected)


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any, Any, int]]:
    """Every value below a container with its readable path; does not go deeper than anyone will look."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in pairs:
        name = _printable(f"{path}.{key}" if path else str(key))
        yield name, key, inner, depth
        if isinstance(inner, Mapping | list) and depth <= DEEPEST:
            yield from _walk(inner, name, depth + 1)


def _printable(name: str) -> str:
    """A path that can itself be stored and sent back."""
    return (name[:100] if name.isprintable() else ascii(name[:100])[1:-1]) or "(no name)"


def _expected_instead(value: Any) -> str | None:
    """What was expected instead of a value that cannot be stored."""
    match value:
        case str() if "\0" in value:
            return "text without null bytes"
        case str() if SURROGATE.search(value):
            return "text of whole characters (this one holds half of a surrogate pair)"
        case str() if len(value) > LONGEST_TEXT:
            return f"text of at most {LONGEST_TEXT:,} characters (this one has {len(value):,})"
        case float() if not math.isfinite(value):
            return "a finite number"
        case int() if abs(value) > LARGEST:
            return f"a number of at most {LARGEST}"
    return None


def is_storable(text: str) -> bool:
    """Whether Postgres can store a text: it has no null byte and no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not SURROGATE.search(text))


def escape_unstorable(text: str) -> str:
    """A text with what Postgres cannot store written out, `\\x00` for a null byte."""
    if is_storable(text):
        return text
    return SURROGATE.sub(lambda half: ascii(half[0])[1:-1], text.replace("\0", "\\x00"))
