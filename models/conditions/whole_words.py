"""How a condition finds a word in a text: whole, in any case. One pattern for Python and for Postgres alike."""

import re

WORD_SEPARATORS = r"[\s-]+"
"""Between the words of a phrase: `vice president` is also found in Vice-President."""
NO_LETTER_BEFORE, NO_LETTER_BEHIND = "(?<![[:alnum:]])", "(?![[:alnum:]])"
"""As Postgres writes it; a word begins and ends where no letter or digit stands beside it, as in `co-founder`."""


def word_pattern(word: str) -> str:
    """The regular expression of Postgres that finds a word or phrase in a text, to be matched in any case."""
    parts = word.split()
    phrase = WORD_SEPARATORS.join(_escaped(part) for part in parts)
    before = NO_LETTER_BEFORE if parts[0][0].isalnum() else ""
    return f"{before}{phrase}{NO_LETTER_BEHIND if parts[-1][-1].isalnum() else ''}"


def has_word(text: str, word: str) -> bool:
    """Whether the word or phrase is in a text, as Postgres finds it by `word_pattern`."""
    pattern = word_pattern(word).replace("![[:alnum:]]", r"![^\W_]")
    return re.search(pattern, text, re.IGNORECASE) is not None


def _escaped(text: str) -> str:
    """Every sign that a regular expression of either could mean something by, taken as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
