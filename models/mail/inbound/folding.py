"""Texts as they are compared: without case, accents and punctuation. Pure."""

import re
import unicodedata
from collections.abc import Iterable

# A full stop behind a figure may be that of a date.
SENTENCE_ENDS = re.compile(r"(?:(?<!\d)\.|[!?;\u2026\u3002\uff01\uff1f\u061f\u061b])+(?=\s|$|[^\x00-\u02ff])|\n{2,}")


def fold(text: str) -> str:
    """A text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(one for one in plain if unicodedata.category(one) != "Mn"))


def plain_words(text: str) -> str:
    """A text without case, accents and punctuation, its words one space apart."""
    return " ".join(re.sub(r"[^\w\s]|_", " ", fold(text)).split())


def pattern(*alternatives: str) -> re.Pattern[str]:
    """One pattern for texts of `plain_words`, of alternatives that are written as people write."""
    return re.compile(fold("|".join(f"(?:{one})" for one in alternatives)))


def sentences(text: str) -> Iterable[str]:
    """The sentences of a text, each without its mark; a full stop within a number or a name ends none."""
    return (one.strip() for one in SENTENCE_ENDS.split(text) if one.strip())
