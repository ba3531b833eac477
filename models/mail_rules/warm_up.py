"""How many marketing mails a new sending address may send on a day. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.playbook.mail import WarmUp


def allowed_on(warm_up: WarmUp, day: date) -> int | None:
    """The number of that day; None before the warm-up and after it, when nothing is limited."""
    days = (day - warm_up.starts).days
    # Past a year the power of a large growth would not be a number any more, and no warm-up takes that long.
    if not 0 <= days <= 365:
        return None
    allowed = int(warm_up.first_day * (1 + warm_up.grows) ** days)
    return allowed if allowed < warm_up.until else None


def begin_of_day(at: datetime, zone: str) -> datetime:
    """The midnight before."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))


def next_day(at: datetime, zone: str) -> datetime:
    """The midnight after."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), ZoneInfo(zone))
