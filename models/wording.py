"""How lengths and moments read in reports and alarms."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def short_duration(span: timedelta | None) -> str:
    """`4 min`, `1 h 20 min`, `2 d 3 h`; a dash for what has not happened."""
    if span is None:
        return "\N{EN DASH}"
    if span < MINUTE:
        return "< 1 min"
    if span < HOUR:
        return f"{span // MINUTE} min"
    larger, smaller, names = (HOUR, MINUTE, ("h", "min")) if span < DAY else (DAY, HOUR, ("d", "h"))
    rest = span % larger // smaller
    return f"{span // larger} {names[0]}" + (f" {rest} {names[1]}" if rest else "")


def short_moment(at: datetime, zone: str) -> str:
    """`Mon 2 Mar, 12:05 EST`, in the reader's time zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M %Z}"


def day_of(moment: datetime, zone: str) -> date:
    """The day on which a moment falls in a time zone, such as America/New_York."""
    return moment.astimezone(ZoneInfo(zone)).date()
