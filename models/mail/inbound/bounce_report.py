"""Parses bounce reports (RFC 3464): which message of ours bounced, and whether for good.

Pure, but for the signing key.
"""

import re
from dataclasses import dataclass

from models.mail.inbound.mime import ParsedMail
from models.mail.reply_address import read_reply_address
from models.tables.mail_event import MailEventKind

STATUS = re.compile(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})", re.MULTILINE | re.IGNORECASE)
FAILED = re.compile(r"^Action:\s*failed", re.MULTILINE | re.IGNORECASE)
REPLY_ADDRESS = re.compile(r"\br-\d{1,19}-[0-9a-f]{20}@", re.IGNORECASE)

# For good, but not because nobody has this address: full, too large, a loop, its content, its sender.
NOT_THE_ADDRESS = ("5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.6.", "5.7.")


@dataclass(frozen=True)
class BounceReport:
    """What a mail server reports about a message of ours that was not delivered."""

    message_id: int | None
    """By the signed reply address of the message; None when the report does not contain it."""
    status: str | None
    """`5.1.1` and the like (RFC 3463)."""
    kind: MailEventKind
    """Bounced: the address does not take mail. Blocked: not this mail. Deferred: the server tries again."""


def parse_bounce_report(mail: ParsedMail) -> BounceReport:
    """The report in a mail. It returns headers of our message, with the reply address that nobody can forge."""
    status = STATUS.search(mail.report)
    code = status[1] if status else None
    return BounceReport(_message(mail), code, _kind(code or "", has_failed=bool(FAILED.search(mail.report))))


def _kind(code: str, *, has_failed: bool) -> MailEventKind:
    if not has_failed:
        return MailEventKind.DEFERRED
    is_the_address = code.startswith("5.") and not code.startswith(NOT_THE_ADDRESS)
    return MailEventKind.BOUNCED if is_the_address else MailEventKind.BLOCKED


def _message(mail: ParsedMail) -> int | None:
    addresses = (*mail.to_addresses, *REPLY_ADDRESS.findall(mail.report))
    return next((found for address in addresses if (found := read_reply_address(address)) is not None), None)
