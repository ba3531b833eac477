"""What every reader of values raises when a value is not what its field holds."""

from typing import Any


class BadValue(ValueError):
    """A value that does not fit its field: what was found, and what was expected."""

    def __init__(self, value: Any, expected: str) -> None:
        self.found = quote_value(value)
        self.expected = expected
        super().__init__(f"{self.found} was found, {expected} was expected")


def quote_value(value: Any) -> str:
    """A value as a sentence quotes it: on one line, short, and safe to print and store."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    # repr leaves unpaired surrogates of nested values alone, and they cannot be encoded.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
