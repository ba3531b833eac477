"""Takes addresses out of a text that goes where nobody can erase it, such as Prefect's history and logs."""

import re

BORDER = r"\s\"'<>()\[\]{}\\,;:=|"
# From a border on, so that a long text without any is read once, not once for each of its letters.
ADDRESS = re.compile(rf"(?<![^{BORDER}])[^{BORDER}]+@[^{BORDER}@]*[\w\-]")
# Eight digits and more, as numbers of phones are written; a day with a time is none.
PHONE = re.compile(r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[\s().\-/]{0,2}\d){7,}(?![\w:])")
HIDDEN = "(hidden)"


def redact(text: str) -> str:
    """The text without email addresses and phone numbers."""
    return PHONE.sub(HIDDEN, without_addresses(text))


def without_addresses(text: str) -> str:
    """The text without email addresses. Its numbers stay, such as the network addresses in a mail server's answer."""
    return ADDRESS.sub(HIDDEN, text)
