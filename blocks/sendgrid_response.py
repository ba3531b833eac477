"""What SendGrid's answer to a mail means for the email."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from blocks.send_result import SendResult, accepted, refused, unavailable, unknown

# Seconds, after an answer that names no time, such as one from a proxy.
DEFAULT_PAUSE = 1.0


@dataclass(frozen=True)
class TooManyRequests:
    """HTTP 429: the email was not accepted, and no request may follow for so many seconds."""

    seconds: float
    reason: str


def parse_response(answer: httpx.Response, *, sandbox: bool = False) -> SendResult | TooManyRequests:
    """Only 202 means that SendGrid has the email."""
    status = answer.status_code
    if status == 202:
        return accepted(answer.headers.get("X-Message-Id"))
    if sandbox and status == 200:
        return unavailable("SendGrid would take this mail; nothing is sent while the mailer block says `sandbox`")
    reason = f"SendGrid answered {status}: {_error_text(answer)}"
    if status == 429:
        return TooManyRequests(retry_after(answer), reason)
    if status in (401, 403):
        # The key or the account is at fault, not this email.
        return unavailable(reason)
    return refused(reason) if 400 <= status < 500 else unknown(reason)


def retry_after(answer: httpx.Response) -> float:
    """Seconds until SendGrid accepts requests again, by its own clock where the answer has a date."""
    try:
        return max(0.0, float(answer.headers["X-RateLimit-Reset"]) - _server_time(answer))
    except (KeyError, ValueError):
        return DEFAULT_PAUSE


def _server_time(answer: httpx.Response) -> float:
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def _error_text(answer: httpx.Response) -> str:
    try:
        errors = answer.json()["errors"]
        return "; ".join(f"{error['message']} ({error.get('field') or 'no field named'})" for error in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:200] or "no reason given"
