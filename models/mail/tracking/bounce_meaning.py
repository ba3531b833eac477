"""What a refused delivery means: whether nobody has the address, or the mailbox, the message or the sender was refused.

Pure. It reads delivery reports, events of providers and answers of SMTP servers alike. Mail servers use the same codes
for very different things, so what they say in words goes before them, and an address counts as dead only when that is
said plainly: a dead address that is missed costs one more mail, a living one that is suppressed costs a customer.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from models.mail.tracking.bounce_phrases import (
    DEAD_ADDRESS,
    LOOKS_DEAD,
    MESSAGE_REFUSED,
    PLAINLY_DEAD,
    SENDER_REFUSED,
    UNAVAILABLE,
)

LONGEST_TEXT = 4_000
"""Characters of a reason that are read."""


class BounceMeaning(StrEnum):
    """Why a mail was not delivered."""

    DEAD_ADDRESS = "dead address"
    """Nobody has this address, or its domain is no more."""
    UNAVAILABLE = "unavailable"
    """The mailbox is full or closed for now, or its server was not reached or had an error."""
    MESSAGE_REFUSED = "message refused"
    """This message: its content, its size, or a rule of its recipient."""
    SENDER_REFUSED = "sender refused"
    """Us: SPF, DKIM, DMARC, a blocklist, a reputation, too much mail at once, an account or a relay."""
    UNKNOWN = "unknown"
    """It is not said plainly enough."""


# As in "550-5.1.1 The email account" or "(#5.1.1)", and not a part of a network address.
STATUS_IN_TEXT = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.]\d)")
CODE_IN_TEXT = re.compile(r"(?:^|[\s:;>(])([245]\d\d)(?=[\s\-#(]|$)")
# What repeats at the beginning of each line of an answer, and what breaks words apart.
LINE_PREFIX = re.compile(r"[\r\n]+\s*(?:\d{3}-)?")
# Longer than any word of a server; patterns would be slow on one without an end.
LONG_WORD = re.compile(r"(\S{100})\S+")
# IronPort puts a status and a text of its own before what the other server said.
WRAPPER = re.compile(r"\b5\.1\.0 - unknown address error\b", re.IGNORECASE)
# Names that somebody chose say nothing: spam@example.com, mail.dead-letters.example. Web addresses do, such as those of
# blocklists.
ADDRESS = re.compile(r"<[^<>\s]{1,254}@[^<>\s]{1,254}>|[^\s<>@,;:()\[\]\"']{1,64}@[\w.\-]{1,253}")
HOST_SAID = re.compile(
    r"\b(?:host|server|from|by|to|mx|server for the recipient domain) [\w\-]{1,63}(?:\.[\w\-]{1,63}){1,6}\.?"
)

DEAD_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox, no such domain, no address at all, moved, nobody of M365's or a domain without mail (RFC 7505),
disabled."""
SENDER_STATUSES = frozenset({"5.1.7", "5.1.8", "5.7.0", "5.7.8", "5.7.9", "5.7.14", "5.7.57", "5.7.60", "5.7.64"})
MESSAGE_STATUSES = ("5.2.3", "5.3.4", "5.6.", "5.7.")
UNAVAILABLE_STATUSES = ("4.", "5.2.2", "5.3.1", "5.3.2", "5.4.3", "5.4.5", "5.4.6", "5.4.7", "5.4.14")
# RFC 7372, and those of Google's and Microsoft's beside it: SPF, DKIM, DMARC, reverse DNS, rate, reputation, bans.
SENDER_STATUS = re.compile(r"[45]\.7\.(?:2\d|3[0-2]|4\d|5[01]\d|6\d\d|7\d\d|8\d\d)")


@dataclass(frozen=True)
class _Said:
    """What a server answered, made comparable."""

    text: str
    status: str
    code: int | None


def bounce_meaning(status: str | None, text: str | None, *, code: int | None = None) -> BounceMeaning:
    """What a refusal means.

    `status` is the enhanced status (RFC 3463) such as 5.1.1, where it was reported apart; `text` the answer of the
    server, with or without its codes; `code` the reply code of SMTP such as 550.
    """
    said = _said(status or "", (text or "")[:LONGEST_TEXT], code)
    if SENDER_REFUSED.search(said.text):
        return BounceMeaning.SENDER_REFUSED
    if _is_temporary(said):
        return BounceMeaning.UNAVAILABLE
    if said.status in DEAD_STATUSES and PLAINLY_DEAD.search(said.text):
        return BounceMeaning.DEAD_ADDRESS
    if UNAVAILABLE.search(said.text):
        return BounceMeaning.UNAVAILABLE
    if MESSAGE_REFUSED.search(said.text):
        return BounceMeaning.MESSAGE_REFUSED
    if DEAD_ADDRESS.search(said.text) or _is_dead_by_code(said):
        return BounceMeaning.DEAD_ADDRESS
    return _by_status(said.status)


def _said(status: str, text: str, code: int | None) -> _Said:
    in_text = STATUS_IN_TEXT.findall(WRAPPER.sub(" ", text))
    specific = [one for one in (status, *in_text) if one and not one.startswith(("5.0.", "4.0."))]
    codes = CODE_IN_TEXT.findall(text)
    plain = HOST_SAID.sub(" ", ADDRESS.sub(" <> ", WRAPPER.sub(" ", LINE_PREFIX.sub(" ", text))))
    return _Said(
        text=" ".join(LONG_WORD.sub(r"\1", plain).lower().replace("_", " ").split()),
        status=next(iter(specific), status),
        code=code if code is not None else int(codes[0]) if codes else None,
    )


def _is_temporary(said: _Said) -> bool:
    return said.status.startswith("4.") or (
        not said.status.startswith("5.") and said.code is not None and said.code < 500
    )


def _is_dead_by_code(said: _Said) -> bool:
    """By its code alone, or by words that leave it open together with its code."""
    if said.status in DEAD_STATUSES:
        return True
    is_about_the_address = said.status.startswith(("5.1.", "5.4.1", "5.0.")) or not said.status
    return is_about_the_address and bool(LOOKS_DEAD.search(said.text))


def _by_status(status: str) -> BounceMeaning:
    if status in SENDER_STATUSES or SENDER_STATUS.fullmatch(status):
        return BounceMeaning.SENDER_REFUSED
    if status.startswith(UNAVAILABLE_STATUSES):
        return BounceMeaning.UNAVAILABLE
    if status.startswith(MESSAGE_STATUSES):
        return BounceMeaning.MESSAGE_REFUSED
    return BounceMeaning.UNKNOWN
