"""One account of the fake SendGrid: accepts or refuses requests to send, and keeps the accepted mails."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from deployments.sendgrid_double.mail_send_rules import validation_errors
from deployments.sendgrid_double.responses import FakeResponse, rate_limit_response, refuse, refuse_all
from deployments.sendgrid_double.settings import FakeSettings

LARGEST_BYTES = 30_000_000


@dataclass(frozen=True)
class AcceptedMail:
    """A mail that was accepted."""

    id: str
    at: datetime
    mail: Mapping[str, Any]

    @property
    def to_address(self) -> str:
        """The address of the first recipient."""
        return str(self.mail["personalizations"][0]["to"][0]["email"])

    @property
    def subject(self) -> str:
        return str(self.mail.get("subject") or self.mail["personalizations"][0].get("subject", ""))

    @property
    def custom_args(self) -> dict[str, str]:
        return {**self.mail.get("custom_args", {}), **self.mail["personalizations"][0].get("custom_args", {})}

    @property
    def html(self) -> str:
        """Its HTML, else its text."""
        parts = {part["type"]: part["value"] for part in self.mail.get("content", ())}
        return str(parts.get("text/html") or f"<pre>{parts.get('text/plain', '')}</pre>")


class Account:
    """The accepted mails and counted answers since the fake was started or reset."""

    def __init__(self, settings: FakeSettings) -> None:
        self._settings = settings
        self.accepted: list[AcceptedMail] = []
        self.answers: Counter[str] = Counter()
        """How often each status was answered; also `cut` and `hang`."""
        self._second = 0
        self._in_this_second = 0

    def reset(self) -> None:
        """Forget all mails and answers."""
        self.accepted.clear()
        self.answers.clear()

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> FakeResponse:
        """Accept a mail or refuse it with the reasons. A mail in sandbox mode is checked and not kept."""
        if refusal := self._check_request(headers, body):
            return refusal
        try:
            mail = orjson.loads(body)
        except ValueError:
            return refuse(400, "Bad Request")
        if found := validation_errors(mail, now):
            return refuse_all(400, found)
        if self._settings.senders and mail["from"]["email"] not in self._settings.senders:
            return refuse(403, "The from address does not match a verified Sender Identity.", "from")
        if not self._is_within_rate(now):
            return rate_limit_response(1, now, self._settings.rate or 0)
        if mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return FakeResponse(200)
        one = AcceptedMail(secrets.token_urlsafe(16), now, mail)
        self.accepted.append(one)
        return FakeResponse(202, headers={"X-Message-Id": one.id}, accepted=one)

    def _check_request(self, headers: Mapping[str, str], body: bytes) -> FakeResponse | None:
        """The refusal of a request by its headers and size, before its body is parsed; None when those are in order."""
        if not headers.get("authorization", "").startswith("Bearer "):
            return refuse(401, "Permission denied, wrong credentials")
        if headers["authorization"] != f"Bearer {self._settings.key}":
            return refuse(401, "The provided authorization grant is invalid, expired, or revoked")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return refuse(415, "Content-Type should be application/json.")
        if len(body) >= LARGEST_BYTES:
            return refuse(413, "Payload Too Large")
        return None

    def _is_within_rate(self, now: datetime) -> bool:
        if self._settings.rate is None:
            return True
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._in_this_second = second, 0
        self._in_this_second += 1
        return self._in_this_second <= self._settings.rate
