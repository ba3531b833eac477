"""The webhook events that the fake posts about an accepted mail.

The beginning of the recipient's address decides which events follow; opens and clicks are drawn at random.
"""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from random import Random
from typing import Any

from deployments.sendgrid_double.account import AcceptedMail
from deployments.sendgrid_double.settings import FakeSettings

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
CLIENT = {"ip": "203.0.113.7", "useragent": BROWSER}
LINK = re.compile(r'<a\b(?![^>]*clicktracking="?off)[^>]*\bhref="(https?://[^"]+)"')
NO_SUCH_USER = "550 5.1.1 The email account that you tried to reach does not exist."

EVENT_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "processed": {},
    "delivered": {"response": "250 2.0.0 OK", "ip": "203.0.113.7", "tls": 1},
    "deferred": {"response": "400 try again later", "attempt": "1", "tls": 1},
    "bounce": {"reason": NO_SUCH_USER, "status": "5.1.1", "type": "bounce", "ip": "203.0.113.7", "tls": 1},
    "blocked": {"reason": "550 5.7.1 listed", "status": "5.7.1", "type": "blocked", "ip": "203.0.113.7", "tls": 1},
    "dropped": {"reason": "Bounced Address", "status": "5.0.0"},
    "open": {**CLIENT, "sg_machine_open": False},
    "click": {**CLIENT, "url_offset": {"index": 0, "type": "html"}},
    "spamreport": {},
    "unsubscribe": {},
}
"""Kind of event -> the fields that only this kind has."""

EVENT_SEQUENCES: Mapping[str, Sequence[str]] = {
    "bounce": ("processed", "bounce"),
    "blocked": ("processed", "blocked"),
    "dropped": ("dropped",),
    "deferred": ("processed", "deferred", "delivered"),
    "spam": ("processed", "delivered", "spamreport"),
    "unsubscribe": ("processed", "delivered", "unsubscribe"),
}
"""Beginning of an address -> the events of mails to it."""
DEFAULT_SEQUENCE = ("processed", "delivered")


def schedule_events(
    one: AcceptedMail, settings: FakeSettings, random: Random
) -> Iterator[tuple[float, dict[str, Any]]]:
    """The events of an accepted mail, each with the seconds after which it happens."""
    begins = next((name for name in EVENT_SEQUENCES if one.to_address.startswith(name)), None)
    kinds = EVENT_SEQUENCES[begins] if begins else DEFAULT_SEQUENCE
    yield from ((0.0, build_event(one, kind)) for kind in kinds)
    if begins:
        return
    if is_tracked(one, "open_tracking") and random.random() < settings.opens:
        yield settings.read_after_seconds, build_event(one, "open")
    if is_tracked(one, "click_tracking") and random.random() < settings.clicks and (link := LINK.search(one.html)):
        yield 2 * settings.read_after_seconds, build_event(one, "click", url=unescape(link[1]))


def build_event(one: AcceptedMail, kind: str, **more: Any) -> dict[str, Any]:
    """One event of a mail, without its timestamp."""
    return {
        **one.custom_args,
        "email": one.to_address,
        "smtp-id": f"<{one.id}@geopod-ismtpd-1>",
        # SendGrid sends bounces and blocks under one name; `type` distinguishes them.
        "event": "bounce" if kind == "blocked" else kind,
        "category": list(one.mail.get("categories", ())),
        "sg_event_id": secrets.token_urlsafe(18),
        "sg_message_id": f"{one.id}.recvd-5d8f-1-6A1B2C3D-1.0",
        **EVENT_FIELDS[kind],
        **more,
    }


def is_tracked(one: AcceptedMail, setting: str) -> bool:
    """Whether a mail is tracked. Without the setting the account's own applies, which is on."""
    return bool(one.mail.get("tracking_settings", {}).get(setting, {}).get("enable", True))
