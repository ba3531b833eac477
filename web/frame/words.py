"""How values read on a page: moments as elements, yes and no, names in code as words; the rest is models.wording."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from models.wording import date_and_time, day, number

# Money and points come out of JSON as text.
AWAITED = {
    "task_done": "the task is reported on",
    "lead_placed": "somebody is assigned",
    "offer_exhausted": "nobody is left to ask",
    "activity_done": "it is done",
}
"""Events whose topic is a number of a row of ours, which says nothing to who reads it."""
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,4}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]+)?(?:Z|[+-][0-9:]{4,6})")
"""A moment as JSON has it."""


def moment(at: datetime | None, zone: str | None = None) -> Markup:
    """A moment as a <time> element; a dash when it has not come.

    By the clock of a time zone, whose name it says; without one by this machine's.
    """
    if at is None:
        return Markup('<span class="quiet">&ndash;</span>')
    local = at.astimezone(ZoneInfo(zone) if zone else None)
    shown = f"{date_and_time(local)} {local:%Z}" if zone else date_and_time(local)
    title = f"{day(local.date())} {local:%Y, %H:%M:%S %Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), title, shown)


def label(name: str) -> str:
    """A name in code as words: `first_name` becomes `First name`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def awaited(event: str) -> str:
    """What a run waits for, as people say it: `task_done:7` becomes `the task is reported on`."""
    name, _, topic = event.partition(":")
    return AWAITED.get(name) or f"{label(name)[:1].lower()}{label(name)[1:]}" + (f": {topic}" if topic else "")


def plain(value: Any) -> str:
    """What JSON can hold, as a person writes it."""
    match value:
        case None | "":
            return "none"
        case datetime():
            return date_and_time(value.astimezone())
        case bool():
            return "yes" if value else "no"
        case Decimal() | float():
            return number(value)
        case str() if DECIMAL.fullmatch(value):
            return plain(Decimal(value))
        case str() if MOMENT.fullmatch(value):
            return _date_and_time(value)
        case dict():
            return ", ".join(f"{label(name).lower()} {plain(held)}" for name, held in value.items())
        case list() | tuple():
            return ", ".join(plain(item) for item in value)
    return str(value)


def _date_and_time(text: str) -> str:
    try:
        return date_and_time(datetime.fromisoformat(text).astimezone())
    except ValueError:  # a day that no calendar has
        return text


def pairs(document: dict[str, Any], within: str = "") -> list[tuple[str, str]]:
    """A document as lines of label and value; what lies deeper is named by its whole path."""
    lines: list[tuple[str, str]] = []
    for name, held in document.items():
        path = f"{within}, {label(name).lower()}" if within else label(name)
        lines += pairs(held, path) if isinstance(held, dict) else [(path, plain(held))]
    return lines
