"""Moments on pages are by the clock of who reads them, with the name of its zone: the company's on pages for ops, a
salesperson's own on theirs. No page writes one otherwise.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from models.access.work_link import company_zone
from models.wording import clock_zone, date_and_time, day, full_date, zone_name
from web.frame.installation.read_often import ReadOften

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]+)?(?:Z|[+-][0-9:]{4,6})")
"""A moment as JSON has it."""


last_company_zone = ReadOften(company_zone, "UTC")
"""The company's time zone; UTC before there is a playbook."""


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
