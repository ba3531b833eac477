"""Parses SendGrid's webhook events into ours: the one place that knows their names and fields. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from models.mail.tracking.bounce_meaning import BounceMeaning, bounce_meaning
from models.mail.tracking.loose_json import parse_lenient
from models.mail.tracking.raw_events import ParsedMailEvent
from models.tables.contact import Suppression
from models.tables.mail_event import MailEventKind
from models.values.payload import UnreadablePayload
from models.values.readers.bad_value import quote_value

PROVIDER = "sendgrid"

KINDS = {
    "processed": MailEventKind.PROCESSED,
    "deferred": MailEventKind.DEFERRED,
    "delivered": MailEventKind.DELIVERED,
    "open": MailEventKind.OPENED,
    "click": MailEventKind.CLICKED,
    "bounce": MailEventKind.BOUNCED,
    "blocked": MailEventKind.BLOCKED,
    "dropped": MailEventKind.DROPPED,
    "spamreport": MailEventKind.COMPLAINED,
    "unsubscribe": MailEventKind.UNSUBSCRIBED,
    "group_unsubscribe": MailEventKind.UNSUBSCRIBED,
    "resubscribe": MailEventKind.RESUBSCRIBED,
    "group_resubscribe": MailEventKind.RESUBSCRIBED,
}

DROP_SUPPRESSIONS = {
    "bounced address": Suppression.BOUNCED,
    "invalid": Suppression.BOUNCED,
    "spam reporting address": Suppression.COMPLAINED,
    "unsubscribed address": Suppression.UNSUBSCRIBED,
}
"""Reasons for dropping an email that concern its recipient, to whom SendGrid will then drop all email."""

INVALID_ADDRESS = "invalid address"
"""How SendGrid classifies a bounce that it takes for one of a dead address."""

# The fields in which SendGrid gives a reason, by kind; a block is a bounce of another type.
REASONS = ("reason", "response")
REFUSED = (MailEventKind.BOUNCED, MailEventKind.BLOCKED, MailEventKind.DROPPED, MailEventKind.DEFERRED)
OUR_ID = re.compile("[0-9]{1,18}")
LONGEST_KEY = 200
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
PREFETCHED = "Apple's mail program loads the pictures of every mail, read or not"


def parse_events(raw: bytes, now: datetime) -> list[ParsedMailEvent]:
    """The events in a webhook request. Raises UnreadablePayload for anything but an array of objects."""
    found = parse_lenient(raw)
    unexpected = [found] if not isinstance(found, list) else [one for one in found if not isinstance(one, dict)]
    if unexpected:
        raise UnreadablePayload(f"{quote_value(unexpected[0])} was found, an array of events (objects) was expected.")
    return [_parse_event(event, now) for event in found]


def _parse_event(event: Mapping[str, Any], now: datetime) -> ParsedMailEvent:
    meaning = _meaning(event)
    kind = _kind(event, meaning)
    is_bot = kind is MailEventKind.OPENED and event.get("sg_machine_open") in (True, "true")
    return ParsedMailEvent(
        key=_key(event),
        provider=PROVIDER,
        kind=kind,
        message_id=_message_id(event.get("tend_message_id")),
        at=_occurred_at(event.get("timestamp"), now),
        raw=dict(event),
        url=_text(event.get("url")),
        user_agent=_text(event.get("useragent")),
        is_machine=True if is_bot else None,
        meaning=meaning,
        reason=PREFETCHED if is_bot else _provider_reason(event) if kind in REFUSED else None,
    )


def _kind(event: Mapping[str, Any], meaning: BounceMeaning | None) -> MailEventKind:
    word = event.get("event")
    if word == "bounce" and meaning is not BounceMeaning.DEAD_ADDRESS:
        return MailEventKind.BLOCKED
    return KINDS.get(word, MailEventKind.OTHER) if isinstance(word, str) else MailEventKind.OTHER


def _meaning(event: Mapping[str, Any]) -> BounceMeaning | None:
    """What a refusal means; None for an event that is none."""
    match event.get("event"):
        case "bounce" | "blocked":
            return _bounce_meaning(event)
        case "dropped" if _drop_suppression(event) is Suppression.BOUNCED:
            return BounceMeaning.DEAD_ADDRESS
    return None


def _drop_suppression(event: Mapping[str, Any]) -> Suppression | None:
    return DROP_SUPPRESSIONS.get((_provider_reason(event) or "").lower())


def _bounce_meaning(event: Mapping[str, Any]) -> BounceMeaning:
    """What a bounce means. SendGrid calls every refusal for good a bounce, also that of a full mailbox."""
    meaning = bounce_meaning(_text(event.get("status")), _provider_reason(event))
    classified = _text(event.get("bounce_classification")) or ""
    if meaning is BounceMeaning.UNKNOWN and classified.lower().startswith(INVALID_ADDRESS):
        meaning = BounceMeaning.DEAD_ADDRESS
    # A block is what SendGrid itself does not hold against the address.
    is_blocked = meaning is BounceMeaning.DEAD_ADDRESS and event.get("type") == "blocked"
    return BounceMeaning.UNKNOWN if is_blocked else meaning


def _key(event: Mapping[str, Any]) -> str:
    """SendGrid's id of the event, else a digest of the whole event."""
    given = event.get("sg_event_id")
    if isinstance(given, str) and 0 < len(given) <= LONGEST_KEY:
        return f"{PROVIDER}:{given}"
    return f"{PROVIDER}:sha256:{sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()}"


def _message_id(given: Any) -> int | None:
    """The id of our message; None for email that was not sent from here."""
    return int(given) if isinstance(given, str | int) and OUR_ID.fullmatch(str(given)) else None


def _occurred_at(given: Any, now: datetime) -> datetime:
    """When it happened; now for a moment in the future, one long ago, or none."""
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        return now
    return datetime.fromtimestamp(seconds, UTC) if EARLIEST <= seconds < now.timestamp() else now


def _provider_reason(event: Mapping[str, Any]) -> str | None:
    return next((found for name in REASONS if (found := _text(event.get(name)))), None)


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) else None
