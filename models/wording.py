"""How moments, days, lengths of time, numbers, shares and money read: in mails, on pages and in the terminal alike.

By Babel's data for English. Days come before months, and the clock has 24 hours.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

LOCALE = Locale("en")
DASH = "\N{EN DASH}"
"""For what has not happened or is not known."""

OFFSET = re.compile(r"[+-][0-9]{2,4}")
"""What stands for the name of a zone that has none: Dubai's is `+04`."""

UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}

RELATIVE_UNITS = (timedelta(days=365), timedelta(days=30), *UNITS.values())
"""Units of a distance in time, the largest first; a year and a month as long as Babel takes them."""


def day_of(at: datetime, zone: str) -> date:
    """The day on which a moment falls in a time zone, such as America/New_York."""
    return at.astimezone(clock_zone(zone)).date()


def moment(at: datetime, zone: str) -> str:
    """`Monday 2 March, 18:03 EST`, by the clock of a time zone."""
    return f"{day(day_of(at, zone))}, {clock_time(at, zone)}"


def short_moment(at: datetime, zone: str) -> str:
    """`Mon 2 Mar, 18:03 EST`, for tables."""
    return f"{short_day(day_of(at, zone))}, {clock_time(at, zone)}"


def clock_time(at: datetime, zone: str) -> str:
    """`18:03 EST`, by the clock of a time zone."""
    local = at.astimezone(clock_zone(zone))
    return f"{local:%H:%M} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """`EST`, or `UTC+05:30` where a zone has no letters of its own: what stands behind a time of day."""
    # By Python: Babel's English has names for North America's zones only.
    name = local.tzname() or ""
    if not OFFSET.fullmatch(name):
        return name
    return f"UTC{name[:3]}:{name[3:]}" if name[3:] not in ("", "00") else f"UTC{name[:3]}"


def clock_zone(*names: str | None) -> ZoneInfo:
    """The first of these time zones that exists; UTC if none does. What stands in a column may be older than the
    rules for it, or name a zone that this machine does not know."""
    for name in filter(None, names):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(name)
    return ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def day(of: date) -> str:
    """`Monday 2 March`."""
    return format_date(of, "EEEE d MMMM", locale=LOCALE)


def day_and_year(of: date) -> str:
    """`Monday 2 March 2026`, for what is of another year."""
    return f"{day(of)} {of.year}"


@lru_cache(maxsize=1024)
def short_day(of: date) -> str:
    """`Mon 2 Mar`, for tables."""
    return format_date(of, "EEE d MMM", locale=LOCALE)


def full_date(of: date) -> str:
    """`2 Mar 2026`, for what may be of another year."""
    return format_date(of, "d MMM y", locale=LOCALE)


def month(of: date) -> str:
    """`March 2026`."""
    return format_date(of, "MMMM y", locale=LOCALE)


def date_and_time(local: datetime) -> str:
    """`2 Mar 2026, 18:03`, by the clock of the moment's own time zone."""
    return format_datetime(local, "d MMM y, HH:mm", tzinfo=local.tzinfo, locale=LOCALE)


def duration(length: timedelta | None) -> str:
    """`1 hour 20 minutes`, `2 days 3 hours`, `2 weeks`: two units at the most, what is smaller is left out.

    A dash for what has not happened.
    """
    return _spelled(length, "long") or "less than a minute"


def short(length: timedelta | None) -> str:
    """`1h 20m`, `2d 3h`, `2w`, for the columns of tables; a dash for what has not happened."""
    return _spelled(length, "narrow") or "<1m"


def relative(at: datetime, now: datetime | None = None) -> str:
    """`3 hours ago`, `in 2 days`: in whole units of the largest kind that fits, up to years."""
    away = at - (now or datetime.now(UTC))
    unit = next((unit for unit in RELATIVE_UNITS if abs(away) >= unit), RELATIVE_UNITS[-1])
    whole = abs(away) // unit * unit or unit
    return format_timedelta(whole if away > timedelta(0) else -whole, "minute", 1, add_direction=True, locale=LOCALE)


@lru_cache(maxsize=4096)
def number(value: float | Decimal) -> str:
    """`12,345`, `0.25`: with two decimals at the most."""
    # Minus zero is zero, also for the cache.
    return format_decimal(value + 0, "#,##0.##", locale=LOCALE)


@lru_cache(maxsize=4096)
def percent(share: float | Decimal, decimals: int = 0) -> str:
    """0.456 as `46%`, or `45.6%` with one decimal."""
    return format_percent(share + 0, f"0.{'0' * decimals}%" if decimals else "0%", locale=LOCALE)


def money(amount: float | Decimal, currency: str) -> str:
    """`$1,234.50`, `€9`: whole amounts go without cents, as one writes them in a sentence."""
    return format_currency(amount, currency, locale=LOCALE).removesuffix(".00")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ " Did you mean 'inbound'?", to be put behind a sentence about an unknown name; nothing where none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f" Did you mean '{near[0]}'?" if near else ""


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 lead`, `2,000 leads`; `more` where the plural does more than take an s."""
    form = one if LOCALE.plural_form(count) == "one" else more or f"{one}s"
    return f"{number(count)} {form}"


def _spelled(length: timedelta | None, width: Literal["long", "narrow"]) -> str:
    if length is None:
        return DASH
    return " ".join(format_unit(count, f"duration-{unit}", width, locale=LOCALE) for count, unit in _parts(length))


def _parts(length: timedelta) -> Iterator[tuple[int, str]]:
    """The largest unit that is in a length, and the next one; weeks only where they are whole."""
    units = [unit for unit in UNITS if unit != "week" or not length % UNITS["week"]]
    first = next((place for place, unit in enumerate(units) if length >= UNITS[unit]), len(units))
    for unit in units[first : first + 2]:
        count, length = divmod(length, UNITS[unit])
        if count:
            yield count, unit
