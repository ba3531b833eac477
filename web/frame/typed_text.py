"""Text and moments that people type into our forms: what cannot be stored is refused in a sentence."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.journeys.snooze import LONGEST_SNOOZE
from models.values.sanitize import SURROGATE
from web.frame.moments import moment_text

LONGEST_SEARCH = 200
PHONE = re.compile(r"[\d\s()+./-]+")
FEWEST_DIGITS = 5
"""Digits that are looked for as part of a phone number; fewer are in too many."""


class UnreadableText(ValueError):
    """The sentence for the person who typed it."""


def validate_text(text: str, what: str, *, longest: int) -> str:
    """The text without blanks around it. Raises UnreadableText when Postgres could not store it or it is too long."""
    text = text.replace("\r\n", "\n").strip()
    if "\0" in text:
        raise UnreadableText(f"{what} contain a null byte, which no text may hold. Delete it and send again.")
    if SURROGATE.search(text):
        raise UnreadableText(f"{what} contain half a character (an unpaired surrogate). Delete it and send again.")
    if len(text) > longest:
        raise UnreadableText(f"{what} have {len(text):,} characters, at most {longest:,} fit. Shorten them.")
    return text


def searchable(text: str) -> str:
    """What is searched for, as a LIKE pattern that finds it anywhere."""
    cleaned = "".join(character for character in text.strip() if character.isprintable())[:LONGEST_SEARCH]
    for special in ("\\", "%", "_"):
        cleaned = cleaned.replace(special, f"\\{special}")
    return f"%{cleaned}%"


def phone_digits(text: str) -> str | None:
    """The digits of what looks like a phone number, `(207) 555-0188`, as every spelling of it ends in; else None."""
    # The first zeros stand for a country or are dialled within one only.
    digits = re.sub(r"\D", "", text).lstrip("0") if PHONE.fullmatch(text.strip()) else ""
    return digits if len(digits) >= FEWEST_DIGITS else None


def typed_moment(day: str, at: str, zone: str, now: datetime) -> datetime:
    """The day and the time that were chosen, by the clock of whoever chose them; nine o'clock where only a day was.

    Raises UnreadableText for what is none, is over, or is more than a year away.
    """
    try:
        chosen = datetime.combine(date.fromisoformat(day), time.fromisoformat(at or "09:00"), ZoneInfo(zone))
        moment = chosen.astimezone(UTC)
    except (ValueError, OverflowError):
        typed = f"{day[:40]} {at[:40]}".strip()
        found = f"“{typed}” is no day with a time" if typed else "No day was chosen"
        raise UnreadableText(f"{found}. Choose one from the calendar.") from None
    if moment <= now + timedelta(minutes=1):
        raise UnreadableText(f"{moment_text(chosen, zone)} is over. Choose a time that is still to come.")
    if moment >= now + LONGEST_SNOOZE:
        raise UnreadableText(f"{moment_text(chosen, zone)} is more than a year away. Choose a nearer day.")
    return moment
