"""Builders for tests about mails that come in: posts of Inbound Parse in both of its forms."""

import json
from email.message import EmailMessage
from typing import Any

import httpx

from models.mail.reply_address import reply_address
from tests.support.database import rows
from tests.support.web_pages import browser

DOMAIN = "reply.brightwater.example.com"
PATH = "/sendgrid/inbound"
AUTHENTICATED = {"SPF": "pass", "dkim": "{@example.com : pass}"}


def post_parts(**fields: str | bytes) -> dict[str, Any]:
    """A multipart form, as httpx takes it."""
    return {"files": {name: (None, value) for name, value in fields.items()}}


def a_parsed_mail(text: str, *, to: str, sender: str = "ana@example.com", **more: Any) -> dict[str, Any]:
    """A mail in the default form."""
    headers = {"From": f"Ana <{sender}>", "To": to, "Subject": "Re: Hello", "Message-ID": "<1@x>"}
    headers |= more.pop("headers", {})
    fields: dict[str, Any] = {
        "headers": "\n".join(f"{name}: {value}" for name, value in headers.items()),
        "from": headers["From"],
        "to": to,
        "subject": headers["Subject"],
        "text": text,
        "envelope": json.dumps({"to": [to], "from": more.pop("return_path", sender)}),
        "charsets": json.dumps({"text": "UTF-8"}),
    }
    return post_parts(**fields | more)


def a_raw_mail(mail: EmailMessage, *, to: str, return_path: str = "ana@example.com") -> dict[str, Any]:
    """A mail in the raw form."""
    return post_parts(email=mail.as_bytes(), envelope=json.dumps({"to": [to], "from": return_path}))


def reply_to(message: int) -> str:
    """Where somebody answers a message of ours."""
    return reply_address(message, DOMAIN)


def receive(post: dict[str, Any]) -> httpx.Response:
    """SendGrid posts a mail to us, from this machine."""
    return browser().post(PATH, **post)


def stored_mails() -> list[tuple[str, int | None, str | None, str]]:
    """All mails that came in: kind, contact, by what they are known, text."""
    return rows("SELECT kind, contact_id, matched_by, body FROM inbound_mail ORDER BY id")
