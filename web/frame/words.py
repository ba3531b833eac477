"""How values read on a page: moments as elements, yes and no, names in code as words; the rest is models.wording.

Moments are by the clock of who reads them, with the name of its zone: the company's on pages for ops, a salesperson's
own on theirs.
"""

import re
import time
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.database import NoDatabase, engine
from models.wording import clock_zone, date_and_time, day, number, zone_name

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


COMPANY_ZONE = text("SELECT document #>> '{company,time_zone}' FROM playbook ORDER BY id DESC LIMIT 1")


class _CompanyZone:
    """The company's time zone as it was read last. One thread reads it anew, so that pages that hold a connection
    already do not all ask for a second one."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._zone: str | None = None
        self._read_at = float("-inf")
        self._lock = Lock()

    def read(self) -> str | None:
        """As it was at most a second ago; None before there is a playbook."""
        with self._lock:
            if time.monotonic() - self._read_at > self.SECONDS:
                self._zone = self._read_anew()
                self._read_at = time.monotonic()
            return self._zone

    def _read_anew(self) -> str | None:
        try:
            with engine().connect() as connection:
                return connection.execute(COMPANY_ZONE).scalar()
        except (NoDatabase, DBAPIError):
            # Pages about a database that is away say so; the zone is not what they fail by.
            return self._zone

    def forget(self) -> None:
        """Read it anew next time."""
        self._read_at = float("-inf")


last_company_zone = _CompanyZone()


def company_clock() -> ZoneInfo:
    """The clock by which ops read; UTC before there is a playbook."""
    return clock_zone(last_company_zone.read())


def moment(at: datetime | None, zone: str | None = None) -> Markup:
    """A moment as a <time> element with the name of its zone; a dash when it has not come.

    By the clock of a time zone; without one by the company's.
    """
    if at is None:
        return Markup('<span class="quiet">&ndash;</span>')
    local = at.astimezone(clock_zone(zone) if zone else company_clock())
    name = zone_name(local)
    title = f"{day(local.date())} {local:%Y, %H:%M:%S} {name}"
    return Markup('<time datetime="{}" title="{}">{} {}</time>').format(
        local.isoformat(), title, date_and_time(local), name
    )


def label(name: str) -> str:
    """A name in code as words: `first_name` becomes `First name`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def awaited(event: str) -> str:
    """What a run waits for, as people say it: `task_done:7` becomes `the task is reported on`."""
    name, _, topic = event.partition(":")
    return AWAITED.get(name) or f"{label(name)[:1].lower()}{label(name)[1:]}" + (f": {topic}" if topic else "")


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
            return _read_moment(value, zone)
        case dict():
            return ", ".join(f"{label(name).lower()} {plain(held, zone)}" for name, held in value.items())
        case list() | tuple():
            return ", ".join(plain(item, zone) for item in value)
    return str(value)


def _read_moment(text: str, zone: str | None) -> str:
    try:
        at = datetime.fromisoformat(text)
        # Who wrote it without a zone meant a clock that is not known.
        return date_and_time(at) if at.tzinfo is None else moment_text(at, zone)
    except (ValueError, OverflowError):  # a day that no calendar has
        return text


def moment_text(at: datetime, zone: str | None = None) -> str:
    """`2 Mar 2026, 18:03 EST`: a moment as the filter shows it, where no element can stand."""
    local = at.astimezone(clock_zone(zone) if zone else company_clock())
    return f"{date_and_time(local)} {zone_name(local)}"


def pairs(document: dict[str, Any], within: str = "", zone: str | None = None) -> list[tuple[str, str]]:
    """A document as lines of label and value; what lies deeper is named by its whole path."""
    lines: list[tuple[str, str]] = []
    for name, held in document.items():
        path = f"{within}, {label(name).lower()}" if within else label(name)
        lines += pairs(held, path, zone) if isinstance(held, dict) else [(path, plain(held, zone))]
    return lines
