"""What time it is where a lead is, beside the button that calls them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.database import id_list
from models.geo.time_zone import LocationHints, possible_time_zones
from models.playbook import NoPlaybook, current_playbook
from models.wording import clock_time

CALLABLE = (time(8), time(20))
"""When most people mind no call."""
MOST_CLOCKS = 2
"""Where a lead may be in more time zones than that, the earliest and the latest are said."""
LONGEST_RANGE = timedelta(hours=8)
"""Of zones that are further apart nobody is helped by a range."""

HINTS = text("""
SELECT id, time_zone, latitude, longitude, postal_code, coalesce(phone, mobile_phone) AS phone, state, city, country
FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))
""")


@dataclass(frozen=True)
class LeadClock:
    """The time of day there."""

    text: str
    """Such as `16:05 EST`; `13:05 PST or 16:05 EST` where nobody can tell which; `between 10:05 and 16:05` where it may
    be one of several.
    """
    is_unusual: bool
    """It is early, late or a Sunday there."""
    why: str = ""


def lead_clocks(connection: Connection, contacts: Collection[int], now: datetime) -> dict[int, LeadClock | None]:
    """Contact -> what a clock shows where they are, by the same hints as the hours of mails: the zone that they named,
    place, postal code, number, state, country. None where nothing is known.
    """
    try:
        country = current_playbook(connection).company.country
    except NoPlaybook:
        country = "US"
    rows = connection.execute(HINTS, {"contacts": id_list(contacts)})
    return {row.id: lead_clock(possible_time_zones(LocationHints(*row[1:]), country, ""), now) for row in rows}


def lead_clock(zones: Sequence[str], now: datetime) -> LeadClock | None:
    """What clocks in these zones show; None for no zone, and where they are too far apart."""
    shown: dict[timedelta, tuple[str, str]] = {}
    for zone in filter(None, zones):
        local = now.astimezone(ZoneInfo(zone))
        shown.setdefault(local.utcoffset() or timedelta(0), (clock_time(now, zone), _why(local)))
    if not shown or max(shown) - min(shown) > LONGEST_RANGE:
        return None
    in_order = [shown[offset] for offset in sorted(shown)]
    why = next((reason for _, reason in in_order if reason), "")
    if len(shown) <= MOST_CLOCKS:
        return LeadClock(" or ".join(clock for clock, _ in in_order), bool(why), why)
    first, last = (f"{now.astimezone(timezone(offset)):%H:%M}" for offset in (min(shown), max(shown)))
    # Where it is early for some of them only, that is what the words say.
    is_everywhere = all(reason for _, reason in in_order)
    return LeadClock(f"between {first} and {last}", bool(why), why if is_everywhere or not why else f"perhaps {why}")


def _why(local: datetime) -> str:
    if local.time() < CALLABLE[0]:
        return "early there"
    if local.time() >= CALLABLE[1]:
        return "late there"
    return "Sunday there" if local.isoweekday() == 7 else ""
