"""Texts as they come in: without blanks around them, of a length that can be kept. Pure."""

import re
from typing import Any

from models.values.readers.bad_value import BadValue

LONGEST_TEXT = 10_000
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""What copying from web pages and address books leaves in a text: soft hyphens, joiners, marks of direction."""


def clean_text(value: Any) -> str:
    """Text without blanks around it; numbers are taken as text, true and false are not."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(value, "text")
    text = str(value).strip()
    if len(text) > LONGEST_TEXT:
        raise BadValue(text, f"text of at most {LONGEST_TEXT:,} characters (this one has {len(text):,})")
    return text


def without_invisible(text: str) -> str:
    """A text without the characters that nobody sees and nobody typed."""
    return INVISIBLE.sub("", text)
