"""Answers of the fake, in the form and words of SendGrid's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson

from deployments.sendgrid_double.schema import RequestError


@dataclass(frozen=True)
class FakeResponse:
    """An answer, with the mail that was accepted, if any."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: Any = None


def refuse(status: int, message: str, field: str | None = None) -> FakeResponse:
    """A refusal for one reason."""
    return refuse_all(status, [RequestError(message, field)])


def refuse_all(status: int, found: Sequence[RequestError]) -> FakeResponse:
    """A refusal for several reasons."""
    errors = [{"message": one.message, "field": one.field, "help": None} for one in found]
    return FakeResponse(status, orjson.dumps({"errors": errors}), {"Content-Type": "application/json"})


def rate_limit_response(reset_seconds: float, now: datetime, limit: int) -> FakeResponse:
    """HTTP 429, with the second from which on requests are accepted again."""
    refusal = refuse(429, "too many requests")
    reset = math.ceil((now + timedelta(seconds=reset_seconds)).timestamp()) if reset_seconds else int(now.timestamp())
    # The reset is read against this date, so both are of one clock.
    date = {"Date": format_datetime(now, usegmt=True)}
    rate = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return FakeResponse(refusal.status, refusal.body, {**refusal.headers, **rate, **date})
