"""Parses bounce reports: which message of ours was not delivered, and what that means.

Reports have a form (RFC 3464); some servers, such as qmail and older ones, only write a text. Pure, but for the signing
key.
"""

import re
from dataclasses import dataclass

from models.mail.inbound.mime import ParsedMail
from models.mail.reply_address import read_reply_address
from models.mail.tracking.bounce_meaning import BounceMeaning, bounce_meaning
from models.tables.mail_event import MailEventKind


def _field(name: str) -> re.Pattern[str]:
    """A field of a report, with the lines that it is folded into."""
    return re.compile(rf"^{name}:[ \t]*(.*(?:\r?\n[ \t]+\S.*)*)", re.MULTILINE | re.IGNORECASE)


STATUS = re.compile(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})", re.MULTILINE | re.IGNORECASE)
ACTION = re.compile(r"^Action:\s*([a-z]+)", re.MULTILINE | re.IGNORECASE)
DIAGNOSTIC = _field("Diagnostic-Code")
REPLY_ADDRESS = re.compile(r"\br-\d{1,19}-[0-9a-f]{20}@", re.IGNORECASE)

ACTION_KINDS = {
    "delayed": MailEventKind.DEFERRED,
    "delivered": MailEventKind.DELIVERED,
    "relayed": MailEventKind.OTHER,
    "expanded": MailEventKind.OTHER,
}
"""What a report tells that is no failure; everything else is one."""

# Where a report without a form begins to return our own mail.
RETURNED = re.compile(
    r"^(?:[-\t\r >\xa0]*+(?:below this line is a copy|this is a copy of|original message|returned message"
    r"|message header|original"
    r" mail|unsent message|.{0,30}message follows|.{0,30}header fields)|(?:return-path|received|message-id):\s)",
    re.MULTILINE | re.IGNORECASE,
)
# What the other server said: from its code on, up to an empty line.
ANSWER = re.compile(
    r"(?:^|said:|was:|response:|<<<|\n|(?<!\s)\s|[:\[(\"'])[^\S\n]*+((?:#?[45]\d\d[ \-#](?!\d)"
    r"|\(#5\.)[^\n]*(?:\n(?![ \t]*\n)[^\n]*){0,6})",
    re.IGNORECASE,
)
STILL_TRYING = re.compile(
    r"will (?:continue to (?:be )?(?:re)?tr|keep trying|be retried|retry)|no action is required on your part"
    r"|warning message"
    r"|has not yet been delivered|not been delivered yet|you do not need to resend",
    re.IGNORECASE,
)
LONGEST_TEXT = 20_000
LONGEST_REASON = 1_000


@dataclass(frozen=True)
class BounceReport:
    """What a mail server reports about a message of ours that was not delivered."""

    message_id: int | None
    """By the signed reply address of the message; None when the report does not contain it."""
    status: str | None
    """`5.1.1` and the like (RFC 3463)."""
    reason: str | None
    """What the server said, with its status."""
    kind: MailEventKind
    """Bounced: the address does not take mail. Blocked: not this mail. Deferred: the server tries again."""
    meaning: BounceMeaning | None
    """None unless it has failed."""


def parse_bounce_report(mail: ParsedMail) -> BounceReport:
    """The report in a mail. It returns headers of our message, with the reply address that nobody can forge."""
    status = found[1] if (found := STATUS.search(mail.report)) else None
    said = "\n".join(DIAGNOSTIC.findall(mail.report))
    kind, meaning = _kind(mail, said), None
    if kind is None:
        meaning = _meaning(mail, status)
        kind = MailEventKind.BOUNCED if meaning is BounceMeaning.DEAD_ADDRESS else MailEventKind.BLOCKED
    reason = " ".join((said or _written_answer(mail.text)).split())
    reason = reason if status is None or status in reason else f"{status} {reason}"
    return BounceReport(_message(mail), status, reason.strip()[:LONGEST_REASON] or None, kind, meaning)


def _kind(mail: ParsedMail, said: str) -> MailEventKind | None:
    """What the report tells; None for a failure."""
    if action := ACTION.search(mail.report):
        return ACTION_KINDS.get(action[1].lower())
    is_delayed = not said and STILL_TRYING.search(mail.text[:LONGEST_TEXT])
    return MailEventKind.DEFERRED if is_delayed else None


def _meaning(mail: ParsedMail, status: str | None) -> BounceMeaning:
    """By what the server said; where that leaves it open, by what the report tells its reader of it."""
    # Of several recipients, such as those that a mailbox forwards to, one that may be reached is enough.
    answers = DIAGNOSTIC.findall(mail.report) or [""]
    meanings = [bounce_meaning(status, answer) for answer in answers]
    meaning = next((one for one in meanings if one is not BounceMeaning.DEAD_ADDRESS), meanings[0])
    if meaning is BounceMeaning.UNKNOWN:
        return bounce_meaning(status, _written_answer(mail.text))
    return meaning


def _written_answer(text: str) -> str:
    """The other server's answer in a text for people; the whole text where it has none."""
    returned = RETURNED.search(text[:LONGEST_TEXT])
    written = text[: returned.start() if returned else LONGEST_TEXT]
    answers = ANSWER.findall(written)
    return "\n".join(answers) if answers else written


def _message(mail: ParsedMail) -> int | None:
    addresses = (*mail.to_addresses, *REPLY_ADDRESS.findall(mail.report))
    return next((found for address in addresses if (found := read_reply_address(address)) is not None), None)
