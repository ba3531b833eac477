"""What every reader of values raises when a value is not what its field holds."""

from typing import Any


class BadValue(ValueError):
    """A value that does not fit its field: what was found, and what was expected."""

    def __init__(self, value: Any, expected: str) -> None:
        self.found = quote_value(value)
        self.expected = expected
        super().__init__(f"{self.found} was found, {expected} was expected")

    @property
    def for_people(self) -> str:
        """As whoever typed the value reads it: one or two sentences, with what to type instead."""
        return advice(self.found, self.expected)


def advice(found: str, expected: str) -> str:
    """What was found and expected, as a person reads it who mends it: what does not fit, and what to give instead.

    Without anything expected it is what was found.
    """
    if not expected:
        return f"{found[:1].upper()}{found[1:].rstrip('.')}."
    return f"{_what(found)}: g{what_to_give(expected)[1:]}"


def what_to_give(expected: str) -> str:
    """What to give instead, as a sentence: `Give an email address such as joe@example.com.`"""
    # A reason that a library gives in brackets is a sentence of its own.
    wanted, _, reason = expected.rstrip(",").partition(" (")
    if reason and not reason[0].isupper():
        wanted, reason = f"{wanted} ({reason}", ""
    sentences = [f"Give {wanted}.", f"{reason.removesuffix(')')}." if reason else ""]
    return " ".join(filter(None, sentences))


def _what(found: str) -> str:
    if found == "nothing":
        return "Nothing was given"
    if len(found) > 1 and found[0] == found[-1] and found[0] in "'\"":
        return f"\N{LEFT DOUBLE QUOTATION MARK}{found[1:-1]}\N{RIGHT DOUBLE QUOTATION MARK} does not fit here"
    return f"{found[:1].upper()}{found[1:]}" if " " in found else f"{found} does not fit here"


def quote_value(value: Any) -> str:
    """A value as a sentence quotes it: on one line, short, and safe to print and store."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    # repr leaves unpaired surrogates of nested values alone, and they cannot be encoded.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
