"""What time it is where a lead is, beside the button that calls them."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from models.wording import clock_time

CALLABLE = (time(8), time(20))
"""When most people mind no call."""


@dataclass(frozen=True)
class LeadClock:
    """The time of day there."""

    text: str
    """Such as `16:05 EST`."""
    is_unusual: bool
    """It is early, late or a Sunday there."""
    why: str = ""


def lead_clock(zone: str | None, now: datetime) -> LeadClock | None:
    """What a clock in this zone shows; None where the zone is not known, or is none that there is."""
    try:
        local = now.astimezone(ZoneInfo(zone)) if zone else None
    except (OSError, ValueError, LookupError):
        return None
    if local is None or zone is None:
        return None
    why = _why(local)
    return LeadClock(clock_time(now, zone), bool(why), why)


def _why(local: datetime) -> str:
    if local.time() < CALLABLE[0]:
        return "early there"
    if local.time() >= CALLABLE[1]:
        return "late there"
    return "Sunday there" if local.isoweekday() == 7 else ""
