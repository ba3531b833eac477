"""Takes a posted lead: captured, held for a look, or rejected; what an error of ours stops is kept as it was sent."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.leads.capture import CaptureResult, capture
from models.leads.held_lead import hold_lead
from models.leads.public_form import Hold, Poster, as_posted, find_hold, rules_of, split_guards
from models.leads.reading.read_lead import read_lead
from models.leads.reading.told_late import KEY_HOLDER, STRANGER
from models.leads.rejected_lead import LEAD_ERRORS, problems_of, reject
from models.playbook import current_playbook
from models.values.payload import read_values


def new_key() -> str:
    """A key for a post, which sorts by when it came."""
    return f"post:{time.time_ns()}-{secrets.token_hex(8)}"


@dataclass(frozen=True, kw_only=True)
class Post:
    """A lead as it was posted, and by whom."""

    source: str
    content_type: str
    raw: bytes
    query: str = ""
    """That of the address, without the question mark."""
    poster: Poster = field(default_factory=Poster)
    received_at: datetime
    key: str = field(default_factory=new_key)
    """By which it is stored once only, however often that is tried."""

    def values(self) -> dict[str, Any]:
        """Its fields; raises UnreadablePayload."""
        return read_values(self.content_type, self.raw, self.query)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a posted lead: it was captured, or else it is kept as rejected lead `number`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    captured: CaptureResult | None = None
    number: int = 0
    hold: Hold | None = None
    """Why it waits for a person to look."""
    error: Exception | None = None
    """Why it could not be read, one of LEAD_ERRORS."""


def receive(connection: Connection, post: Post, now: datetime) -> Receipt:
    """Capture a posted lead, or keep it for a person with the reason. The caller commits."""
    try:
        playbook = current_playbook(connection)
        rules = rules_of(post.source, playbook)
        values, guards = split_guards(post.values(), rules)
        sending = KEY_HOLDER if post.poster.has_api_key else STRANGER
        lead = read_lead(post.source, playbook, values, post.received_at, sending=sending)
        lead = as_posted(lead, rules, post.poster)
        lead = replace(lead, event_key=lead.event_key or post.key)
        if hold := find_hold(connection, lead, rules, guards, post.poster, now):
            kept = (post.source, post.content_type, post.raw)
            number = hold_lead(connection, *kept, hold, post.poster, now, post.key, query=post.query)
            return Receipt(values=values, hold=hold, number=number)
        [captured] = capture(connection, [lead], now)
    except LEAD_ERRORS as error:
        return reject_post(connection, post, error, now)
    return Receipt(values=values, captured=captured)


def reject_post(connection: Connection, post: Post, error: Exception, now: datetime) -> Receipt:
    """Keep a post that could not be taken, with the reason. The caller commits."""
    problems = problems_of(error)
    number = reject(connection, post.source, post.content_type, post.raw, problems, now, post.key, query=post.query)
    return Receipt(number=number, error=error)
