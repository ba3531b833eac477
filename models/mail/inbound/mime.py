"""Parses an inbound mail from its raw MIME form, however broken it is. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from hashlib import sha256

from models.mail.inbound.html_text import text_of_html


@dataclass(frozen=True, kw_only=True)
class ParsedMail:
    """An inbound mail in whichever form it was received. Texts are neither shortened nor escaped."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case; the first of each."""
    from_address: str = ""
    """The author by its From header, which anybody can write; lower case, empty when there is none."""
    to_addresses: tuple[str, ...] = ()
    """All recipients; the address at which we received it comes first."""
    return_path: str | None = None
    """Where bounces of it go; empty for what programs send, None when it is not known."""
    is_authenticated: bool = False
    """The sender's domain authenticates the address, by SPF or DKIM."""
    subject: str = ""
    text: str = ""
    attachments: tuple[str, ...] = ()
    """Names of files, without the pictures of signatures."""
    calendar: str = ""
    """The calendar object in it, such as an answer to an invitation."""
    report: str = ""
    """What a mail server reports, with what it returns of the mail that it is about."""

    @property
    def key(self) -> str:
        """A digest, equal when a mail is posted again. A Message-ID alone would not do: senders may use one twice.

        A mail without one is told from others of the same words by when it was written and by which server took it in.
        """
        sign = self.headers.get("message-id", "") or f"{self.headers.get('date', '')}{self.headers.get('received', '')}"
        content = "\n".join((sign, self.from_address, self.subject, self.text))
        return sha256(content.encode(errors="surrogatepass")).hexdigest()

    @property
    def is_dated(self) -> bool:
        """Whether its key tells it from another mail of the same words."""
        return any(self.headers.get(name) for name in ("message-id", "date", "received"))

    @property
    def references(self) -> tuple[str, ...]:
        """The Message-IDs of what it answers, the mail itself before those that led to it."""
        answered = self.headers.get("in-reply-to", "").split()
        return tuple(dict.fromkeys([*answered, *reversed(self.headers.get("references", "").split())]))


MOST_PARTS = 200
REPORTS = ("message/delivery-status", "message/rfc822", "text/rfc822-headers", "message/global-headers")
LONGEST_REPORT = 100_000
LONGEST_HEADER = 100_000
MOST_ADDRESSES = 200
PICTURE_OF_SIGNATURE = re.compile(r"(image\d{3}|outlook-[\w-]+)\.(png|gif|jpe?g|bmp|wmz|emz)", re.IGNORECASE)

# What Python's own parser raises for mails that no standard allows.
PARSE_ERRORS = (
    *(ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError),
    MessageError,
)


def parse(raw: bytes) -> Message:
    """The mail; what cannot be read of it is left out, and nothing is raised for it."""
    return message_from_bytes(raw)


def headers_of(mail: Message) -> dict[str, str]:
    """The first of each header, decoded, in one line."""
    found: dict[str, str] = {}
    # Not items(): it gives raw bytes in a header as question marks.
    for name, value in mail.raw_items():
        if name.lower() not in found:
            found[name.lower()] = " ".join(decoded_header(_as_sent(str(value))[:LONGEST_HEADER]).split())
    return found


def _as_sent(value: str) -> str:
    """A header with bytes beyond ASCII, which no standard allows and many programs send, as what they mean."""
    return value if value.isascii() else decoded(value.encode("utf-8", "surrogateescape"), None)


def decoded_header(value: str) -> str:
    """`=?utf-8?b?...?=` as text; unchanged where it cannot be decoded."""
    try:
        parts = decode_header(value)
    except PARSE_ERRORS:
        return value
    return "".join(part if isinstance(part, str) else decoded(part, charset) for part, charset in parts)


def decoded(raw: bytes, charset: str | None) -> str:
    """Bytes as text in the charset that the mail names, else in the most frequent ones."""
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name or "utf-8")
        except (LookupError, ValueError):
            continue
    return raw.decode("windows-1252", errors="replace")


def addresses(*values: str) -> tuple[str, ...]:
    """The bare addresses in headers such as To, in lower case, each once."""
    # Each by itself: stricter versions of Python find no address at all where one of the values is empty or broken.
    found = [address.strip().lower() for value in values for address in _addresses_in(value)]
    return tuple(dict.fromkeys(found))[:MOST_ADDRESSES]


def _addresses_in(value: str) -> list[str]:
    try:
        return [address for _, address in getaddresses([value]) if "@" in address]
    except PARSE_ERRORS:
        return []


def address(value: str) -> str:
    """The bare address of a header such as From; empty when there is none."""
    try:
        found = parseaddr(value)[1].strip().lower()
    except PARSE_ERRORS:
        return ""
    return found if "@" in found else ""


def text_of(mail: Message) -> str:
    """The text of a mail: its plain text, else the text of its HTML."""
    bodies = [part for part in parts(mail) if not _file_name(part)]
    plain = [_content(part) for part in bodies if part.get_content_type() == "text/plain"]
    if any(one.strip() for one in plain):
        return "\n\n".join(one.strip("\n") for one in plain)
    return "\n\n".join(text_of_html(_content(part)) for part in bodies if part.get_content_type() == "text/html")


def attachments_of(mail: Message) -> tuple[str, ...]:
    """The names of its files, without the pictures of signatures."""
    names = (decoded_header(_as_sent(name)) for part in parts(mail) if (name := _file_name(part)))
    return tuple(name for name in names if not PICTURE_OF_SIGNATURE.fullmatch(name))


def _file_name(part: Message) -> str | None:
    try:
        return part.get_filename()
    except PARSE_ERRORS:
        return None


def calendar_of(mail: Message) -> str:
    """The calendar object in a mail; empty for any other mail."""
    return next((_content(part) for part in parts(mail) if part.get_content_type() == "text/calendar"), "")


def report_of(mail: Message) -> str:
    """The delivery report in a mail, with the part of our mail that it returns; empty for any other mail."""
    if mail.get_content_type() != "multipart/report":
        return ""
    found = (_source(part) for part in _walk(mail) if part.get_content_type() in REPORTS)
    return "\n".join(found)[:LONGEST_REPORT]


def _source(part: Message) -> str:
    """A part as it came; its headers where the rest cannot be written, such as in a charset that nobody knows."""
    try:
        return decoded(part.as_bytes(), None)
    except PARSE_ERRORS:
        return "\n".join(f"{name}: {_as_sent(str(value))}" for name, value in part.raw_items())


def parts(mail: Message) -> Iterator[Message]:
    """The leaf parts of a mail, up to a limit, without what a server returns of our own mail."""
    return (part for part in _walk(mail) if not part.is_multipart())


def _walk(mail: Message) -> Iterator[Message]:
    """Every part, up to a limit. With a list instead of recursion, because the sender decides how deep it is nested."""
    waiting, count = [mail], 0
    while waiting and count < MOST_PARTS:
        part = waiting.pop(0)
        count += 1
        yield part
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [one for one in part.get_payload() if isinstance(one, Message)] + waiting


def _content(part: Message) -> str:
    try:
        raw, charset = part.get_payload(decode=True), part.get_param("charset")
    except PARSE_ERRORS:
        return ""
    return decoded(raw, charset if isinstance(charset, str) else None) if isinstance(raw, bytes) else ""
