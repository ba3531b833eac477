"""How far ahead a date is believed: what waits for a later one would be forgotten. Pure."""

from datetime import date, datetime, timedelta

FURTHEST_AHEAD = timedelta(days=3653)
"""Ten years. A later date is a slip of the keyboard, or means never."""
FURTHEST_TEXT = "ten years"


def is_too_far(day: date, now: datetime) -> bool:
    """Whether a day is further ahead than anything waits for."""
    return day > (now + FURTHEST_AHEAD).date()
