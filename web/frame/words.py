"""How values read on a page: yes and no, names in code as words; moments are web.frame.moments, the rest is
models.wording.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from models.titles import in_words
from models.wording import full_date, number
from web.frame.moments import MOMENT, moment_text, read_moment

# Money and points come out of JSON as text.
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,4}")


def label(name: str) -> str:
    """A name in code as words: `first_name` becomes `First name`."""
    return in_words(name)


def plain(value: Any, zone: str | None = None) -> str:
    """What JSON can hold, as a person writes it; moments by the clock of a time zone, without one by the company's."""
    match value:
        case None | "":
            return "none"
        case datetime():
            return moment_text(value, zone)
        case bool():
            return "yes" if value else "no"
        case Decimal() | float():
            return number(value)
        case str() if DECIMAL.fullmatch(value):
            return number(Decimal(value))
        case str() if MOMENT.fullmatch(value):
            return read_moment(value, zone)
        case dict():
            return ", ".join(f"{label(name).lower()} {plain(held, zone)}" for name, held in value.items())
        case list() | tuple():
            return ", ".join(plain(item, zone) for item in value)
    return str(value)


def as_day(value: Any) -> str:
    """A stored date, YYYY-MM-DD, as `12 Mar 2026`; anything else as `plain` has it."""
    try:
        return full_date(date.fromisoformat(value))
    except (TypeError, ValueError):
        return plain(value)


def pairs(document: dict[str, Any], within: str = "", zone: str | None = None) -> list[tuple[str, str]]:
    """A document as lines of label and value; what lies deeper is named by its whole path."""
    lines: list[tuple[str, str]] = []
    for name, held in document.items():
        path = f"{within}, {label(name).lower()}" if within else label(name)
        lines += pairs(held, path, zone) if isinstance(held, dict) else [(path, plain(held, zone))]
    return lines
