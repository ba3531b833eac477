"""How values read on a page: moments, spans of time, yes and no, names in code as words."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup

SPANS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=7), "week"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)

# Money and points come out of JSON as text.
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,4}")


def when(moment: datetime | None) -> Markup:
    """A moment in this machine's time zone, as a <time> element; a dash when it has not come."""
    if moment is None:
        return Markup('<span class="quiet">&ndash;</span>')
    local = moment.astimezone()
    reads = f"{local.day} {local:%b %Y, %H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), f"{local:%A, %c %Z}", reads)


def span(length: timedelta) -> str:
    """The largest unit that fits: `3 hours`, `1 day`."""
    for unit, name in SPANS:
        if length >= unit:
            count = length // unit
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"


def relative(moment: datetime, now: datetime | None = None) -> str:
    """`3 hours ago` or `in 3 hours`."""
    away = moment - (now or datetime.now(UTC))
    return f"in {span(away)}" if away > timedelta(0) else f"{span(-away)} ago"


def label(name: str) -> str:
    """A name in code as words: `first_name` becomes `First name`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def plain(value: Any) -> str:
    """What JSON can hold, as a person writes it."""
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case Decimal() | float():
            return f"{value:,.2f}".removesuffix(".00")
        case str() if DECIMAL.fullmatch(value):
            return plain(Decimal(value))
        case dict():
            return ", ".join(f"{label(name).lower()} {plain(held)}" for name, held in value.items())
        case list() | tuple():
            return ", ".join(plain(item) for item in value)
    return str(value)


def pairs(document: dict[str, Any], within: str = "") -> list[tuple[str, str]]:
    """A document as lines of label and value; what lies deeper is named by its whole path."""
    lines: list[tuple[str, str]] = []
    for name, held in document.items():
        path = f"{within}, {label(name).lower()}" if within else label(name)
        lines += pairs(held, path) if isinstance(held, dict) else [(path, plain(held))]
    return lines
