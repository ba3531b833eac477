"""Reads what SendGrid's Inbound Parse posts, in both of its forms: parsed fields (default) or the raw mail.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email
"""

import json
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from models.mail.inbound import mime
from models.mail.inbound.html_text import text_of_html
from models.mail.inbound.mime import PARSE_ERRORS, PICTURE_OF_SIGNATURE, ParsedMail

CALENDAR = "text/calendar"
HEADER_LINE = re.compile(rb"[ \t]+\S|[!-9;-~]+[ \t]*:")


@dataclass
class InboundParseForm:
    """The posted form: its fields and files."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Name, content type, content."""

    def text(self, name: str) -> str:
        """A field in the character set that SendGrid says it is in."""
        return mime.decoded(self.fields.get(name, b""), self.charsets.get(name))

    @property
    def charsets(self) -> dict[str, str]:
        return {name: value for name, value in _document(self.fields.get("charsets")).items() if isinstance(value, str)}

    @property
    def envelope(self) -> dict[str, Any]:
        """The SMTP envelope: `to`, a list, and `from`, the return path."""
        return _document(self.fields.get("envelope"))


def parse_post(content_type: str, raw: bytes) -> ParsedMail:
    """The mail in a posted form. However broken it is, what can be read of it is kept; nothing is raised."""
    try:
        post = _parse_form(content_type, raw)
    except PARSE_ERRORS:
        post = InboundParseForm(fields={"email": raw})
    try:
        return _raw_form(post) if "email" in post.fields else _default_form(post)
    except PARSE_ERRORS:
        return _parsed_mail(post, headers={}, text=post.text("email") or post.text("text"))


def _parse_form(content_type: str, raw: bytes) -> InboundParseForm:
    form = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    if not form.is_multipart():
        raise ValueError("no multipart form was found")
    post = InboundParseForm()
    for part in form.get_payload():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)  # type: ignore[union-attr]
        if file := part.get_filename():  # type: ignore[union-attr]
            post.files.append((mime.decoded_header(file), part.get_content_type(), content or b""))  # type: ignore[union-attr, arg-type]
        elif isinstance(name, str) and isinstance(content, bytes):
            post.fields.setdefault(name, content)
    return post


def _raw_form(post: InboundParseForm) -> ParsedMail:
    mail = mime.parse(post.fields["email"])
    return _parsed_mail(
        post,
        headers=mime.headers_of(mail),
        text=mime.text_of(mail),
        attachments=mime.attachments_of(mail),
        calendar=mime.calendar_of(mail),
        report=mime.report_of(mail),
    )


def _default_form(post: InboundParseForm) -> ParsedMail:
    headers = mime.headers_of(mime.parse(_header_lines(post.fields.get("headers", b"")) + b"\n\n"))
    text = post.text("text")
    return _parsed_mail(
        post,
        headers=headers,
        text=text if text.strip() else text_of_html(post.text("html")),
        attachments=tuple(name for name, _, _ in post.files if not PICTURE_OF_SIGNATURE.fullmatch(name)),
        calendar=next((mime.decoded(content, None) for _, kind, content in post.files if kind == CALENDAR), ""),
        report="\n".join(content.decode(errors="replace") for _, kind, content in post.files if kind in mime.REPORTS),
    )


def _header_lines(headers: bytes) -> bytes:
    """The lines that are headers, or go on with one: the parser stops at the first that is neither."""
    lines = headers.replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(line for line in lines if HEADER_LINE.match(line))


def _parsed_mail(
    post: InboundParseForm,
    *,
    headers: dict[str, str],
    text: str,
    attachments: tuple[str, ...] = (),
    report: str = "",
    calendar: str = "",
) -> ParsedMail:
    envelope_to, return_path = post.envelope.get("to"), post.envelope.get("from")
    delivered_to = [one for one in envelope_to if isinstance(one, str)] if isinstance(envelope_to, list) else []
    sent_to = [headers.get(name, "") for name in ("delivered-to", "x-original-to", "to", "cc")]
    from_address = mime.address(headers.get("from") or post.text("from"))
    return ParsedMail(
        headers=headers,
        from_address=from_address,
        to_addresses=mime.addresses(*delivered_to, *sent_to, post.text("to"), post.text("cc")),
        return_path=return_path.strip().strip("<>").lower() if isinstance(return_path, str) else None,
        is_authenticated=_is_authenticated(post, from_address),
        subject=headers.get("subject") or " ".join(post.text("subject").split()),
        text=text,
        attachments=attachments,
        report=report,
        calendar=calendar,
    )


def _is_authenticated(post: InboundParseForm, from_address: str) -> bool:
    """Whether From's domain signed it (DKIM), or allows the sending server and is also the return path's (SPF)."""
    domain = from_address.rpartition("@")[2]
    return_path = post.envelope.get("from")
    if not domain:
        return False
    signed = re.findall(r"@([^\s:@]++)\s*+:\s*+pass", post.text("dkim").lower())
    if any(domain == one or domain.endswith(f".{one}") for one in signed):
        return True
    is_own = isinstance(return_path, str) and return_path.lower().rpartition("@")[2] == domain
    return is_own and post.text("SPF").strip().lower() == "pass"


def _document(raw: bytes | None) -> dict[str, Any]:
    """A field that is JSON; nothing when it is not."""
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
