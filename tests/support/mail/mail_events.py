"""Builders for tests about what is told of mails: SendGrid's requests, signed or not, and the counting of them."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.database import engine
from models.mail.tracking import process_mail_events
from models.mail.tracking.raw_events import store_events
from models.mail.tracking.sendgrid import parse_events
from models.mail.tracking.signature import SIGNATURE, TIMESTAMP
from models.playbook.mail import Bounces
from tests.support.database import rows
from tests.support.mail.outbox import NOON
from tests.support.web_pages import browser

KEY = generate_private_key(SECP256R1())
PUBLIC_KEY = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LATER = timedelta(minutes=1)


def an_event(word: str, message: int | None = None, at: datetime = NOON, **parts: Any) -> dict[str, Any]:
    """What SendGrid tells of one mail; each has an id of its own."""
    an_event.number += 1  # type: ignore[attr-defined]
    ours = {"tend_message_id": str(message)} if message is not None else {}
    told = {"event": word, "sg_event_id": f"id-{an_event.number}", "timestamp": int(at.timestamp())}  # type: ignore[attr-defined]
    is_dead = word == "bounce" and not {"type", "reason"} & parts.keys()
    refused = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 user unknown"} if is_dead else {}
    return told | {"email": "ana@acme.example.com"} | ours | refused | parts


an_event.number = 0  # type: ignore[attr-defined]


def post(body: bytes | list[Any], headers: Mapping[str, str] | None = None) -> httpx.Response:
    """SendGrid's request, as it comes in."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return browser().post("/sendgrid/events", content=raw, headers={"accept": "*/*"} | dict(headers or {}))


def signed(body: bytes, at: datetime | None = None) -> dict[str, str]:
    """The headers of a request that SendGrid has signed."""
    timestamp = str(int((at or datetime.now(UTC)).timestamp()))
    signature = KEY.sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {TIMESTAMP: timestamp, SIGNATURE: base64.b64encode(signature).decode()}


def receive_events(*events: dict[str, Any], now: datetime = NOON + DAY) -> None:
    """It came in, and is counted a minute later."""
    with engine().begin() as connection:
        store_events(connection, parse_events(orjson.dumps(events), now), now)
    process_all_events(now + LATER)


def process_all_events(now: datetime) -> int:
    """Process what has come in, and decide on the bounces in it."""
    with engine().begin() as connection:
        processed = process_mail_events(connection, now)
        process_mail_events(connection, now + Bounces().decide_after)
        return processed


def emitted_events() -> list[tuple[str, str | None]]:
    """What journeys hear, without who and when."""
    return rows("SELECT name, topic FROM event ORDER BY at, id")
