"""What SendGrid's answer to a mail means for the email."""

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from blocks.send_result import SendResult, accepted, refused, unavailable, unknown

# Seconds, after an answer that names no time, such as one from a proxy.
DEFAULT_PAUSE = 1.0
ABOUT_THE_EMAIL = (400, 413, 422)
SENDER = re.compile(r"verified sender|from (address|email)|sender identity|credits|unauthorized|access forbidden", re.I)


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
    if status >= 500 or (status < 300 and not answer.text.lstrip().startswith("<")):
        # Nobody knows. A web page shows that it was another host.
        return unknown(reason)
    # The key, the account, the sender or the address of the mailer block is at fault, not this email.
    if status not in ABOUT_THE_EMAIL or not _is_from_sendgrid(answer) or _is_about_the_sender(answer):
        return unavailable(reason)
    return refused(reason)


def _is_from_sendgrid(answer: httpx.Response) -> bool:
    """Whether the answer has the form of SendGrid's errors; a proxy or another website answers otherwise."""
    return bool(_errors(answer))


def _is_about_the_sender(answer: httpx.Response) -> bool:
    """The same for every email, as long as nobody changes it."""
    return any(
        str(error.get("field") or "").startswith("from") or SENDER.search(str(error.get("message") or ""))
        for error in _errors(answer)
    )


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
    errors = _errors(answer)
    if errors:
        return "; ".join(f"{error.get('message')} ({error.get('field') or 'no field named'})" for error in errors)
    return " ".join(answer.text[:200].split()) or "no reason given"


def _errors(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        errors = answer.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    is_sound = isinstance(errors, list) and all(isinstance(error, dict) and error.get("message") for error in errors)
    return errors if is_sound else []
