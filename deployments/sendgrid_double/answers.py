"""What the double answers, in SendGrid's words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson

from deployments.sendgrid_double.shapes import Complaint


@dataclass(frozen=True)
class Answer:
    """An answer, and the mail that was taken if one was."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: Any = None


def complaint(status: int, message: str, field: str | None = None) -> Answer:
    """A refusal for one reason."""
    return complaints(status, [Complaint(message, field)])


def complaints(status: int, found: Sequence[Complaint]) -> Answer:
    """A refusal for several reasons."""
    errors = [{"message": one.message, "field": one.field, "help": None} for one in found]
    return Answer(status, orjson.dumps({"errors": errors}), {"Content-Type": "application/json"})


def too_many(reset_seconds: float, now: datetime, limit: int) -> Answer:
    """429, with the second in which to come again."""
    refusal = complaint(429, "too many requests")
    reset = math.ceil((now + timedelta(seconds=reset_seconds)).timestamp()) if reset_seconds else int(now.timestamp())
    # Which second it is now is told by the same clock.
    date = {"Date": format_datetime(now, usegmt=True)}
    rate = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return Answer(refusal.status, refusal.body, {**refusal.headers, **rate, **date})
