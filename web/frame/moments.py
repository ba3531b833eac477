"""Moments on pages are by the clock of who reads them, with the name of its zone: the company's on pages for ops, a
salesperson's own on theirs. No page writes one otherwise.
"""

import re
import time
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy.exc import DBAPIError

from models.access.work_link import company_zone
from models.database import NoDatabase, engine
from models.wording import clock_zone, date_and_time, day, full_date, zone_name

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]+)?(?:Z|[+-][0-9:]{4,6})")
"""A moment as JSON has it."""


class _CompanyZone:
    """The company's time zone as it was read last. One thread reads it anew, so that pages that hold a connection
    already do not all ask for a second one."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._zone = "UTC"
        self._read_at = float("-inf")
        self._lock = Lock()

    def read(self) -> str:
        """As it was at most a second ago; UTC before there is a playbook."""
        with self._lock:
            if time.monotonic() - self._read_at > self.SECONDS:
                self._zone = self._read_anew()
                self._read_at = time.monotonic()
            return self._zone

    def _read_anew(self) -> str:
        try:
            with engine().connect() as connection:
                return company_zone(connection)
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


def local_date(at: datetime, zone: str | None = None) -> str:
    """`2 Mar 2026`: the day of a moment by the clock of a time zone, without one by the company's."""
    return full_date(at.astimezone(clock_zone(zone) if zone else company_clock()).date())


def read_moment(text: str, zone: str | None = None) -> str:
    """A moment that JSON has as text, by the clock of its reader; what is none stays as it is."""
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
