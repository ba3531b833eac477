"""Reads moments as forms, shops and spreadsheets write them: a date, a time of day, perhaps a zone. Pure."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.values.readers.bad_value import BadValue
from models.values.readers.day import read_date
from models.values.readers.number import plain

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AFTER_NOW = timedelta(days=366)
"""Clocks run ahead; what lies further in the future is no slip of a clock."""
EXPECTED = f"a moment between {EARLIEST.year} and now, such as 2026-03-31T14:30:00Z"

NOON = time(12)
"""Of a day without a time of day: the same day in most zones."""
NO_MOMENT = re.compile(r"(0000-00-00|0001-01-01|1899-12-3[01]|1900-01-0[01]|1970-01-01)(?:[ T].*)?")
"""What databases and spreadsheets write for no date at all."""
SINCE_1970 = re.compile(r"(\d{10})(?:\.\d+)?|(\d{10})\d{3}(?:\.\d+)?")
"""Seconds, or thousandths of them."""

ZONES = {
    **{"z": 0, "utc": 0, "gmt": 0, "ut": 0},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
    **{"cet": 1, "cest": 2},
}
"""Letters behind a time, as RFC 2822 and the forms of one continent have them, in hours."""
LARGEST_OFFSET = 14
"""Hours; no place is further from UTC."""
TIME = re.compile(
    r"""[\sT,]\s*(?:at\s+|um\s+|à\s+)?
    (?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?
    (?:\s*(?P<half>[ap])\.?m\.?|\s*(?:uhr|hrs?|h))?
    \s*(?P<zone>z|utc|gmt|ut|[ecmp][sd]t|cest|cet)?
    \s*(?P<offset>[+-]\d{2}(?::?\d{2})?)?
    \s*(?:\([^()]*\))?$""",
    re.IGNORECASE | re.VERBOSE,
)


def read_moment(value: Any, country: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment that somebody wrote, never later than now; None for what programs write when there is none.

    Without a zone it is meant in `zone`, a day alone is its noon. `country` decides between days and months. Raises
    BadValue for what is not clear, or lies before EARLIEST or far in the future.
    """
    at = _moment(value, country, zone)
    if at is None:
        return None
    if not EARLIEST <= at <= now + LATEST_AFTER_NOW:
        raise BadValue(value, EXPECTED)
    return min(at, now)


def _moment(value: Any, country: str, zone: ZoneInfo) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadValue(value, EXPECTED)
    text = " ".join(plain(value).split())
    if NO_MOMENT.fullmatch(text):
        return None
    if counted := SINCE_1970.fullmatch(text):
        return datetime.fromtimestamp(int(counted[1] or counted[2]), UTC)
    found = TIME.search(text)
    try:
        day = read_date(text[: found.start()] if found else text, country)
        ahead = _ahead_of_utc(found) if found else None
        at = datetime.combine(day, _time(found) if found else NOON, zone if ahead is None else UTC)
        return at.astimezone(UTC) - (ahead or timedelta())
    except (BadValue, ValueError, OverflowError):
        raise BadValue(value, EXPECTED) from None


def _time(found: re.Match[str]) -> time:
    hour, half = int(found["hour"]), (found["half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        raise ValueError
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    microsecond = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    return time(hour, int(found["minute"]), min(int(found["second"] or 0), 59), microsecond)


def _ahead_of_utc(found: re.Match[str]) -> timedelta | None:
    """How far ahead of UTC the written zone is; None without one."""
    if offset := found["offset"]:
        hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
        if hours > LARGEST_OFFSET:
            raise ValueError
        return timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    return timedelta(hours=ZONES[found["zone"].casefold()]) if found["zone"] else None
