"""Text that people type into our forms: what cannot be stored is refused in a sentence."""

import re

from models.values.sanitize import SURROGATE

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
