"""Mail through SendGrid: built with its own package, posted over pooled connections."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any

import httpx
from pydantic import Field, PrivateAttr, SecretStr
from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    Email,
    Header,
    Mail,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from blocks.letter import Letter
from blocks.mailer import Delivery, Mailer, accepted, later, refused, unknown
from models import TO_CONTACTS

# Comes back with every event of the webhook. SendGrid keeps it for long and cannot erase it: nothing personal in it.
MESSAGE_ID = "tend_message_id"
# A longer pause is left to the next delivery.
LONGEST_WAIT_SECONDS = 30.0
AT_ONCE = 8


class Clicks(StrEnum):
    """Who counts clicks on links."""

    SENDGRID = "SendGrid (its event webhook must be set up)"
    TEND = "Tend's own pages"


class SendGridMailer(Mailer):
    """Sends all mail through SendGrid. The company's from address must be verified there."""

    _block_type_name = "SendGrid mailer"
    _block_type_slug = "sendgrid-mailer"
    _description = "Sends all mail through SendGrid. The from address of the playbook must be verified there."

    api_key: SecretStr = Field(description='A key with the permission "Mail Send".')
    clicks: Clicks = Field(default=Clicks.TEND, description="Who counts clicks on links.")
    host: str = Field(
        default="https://api.sendgrid.com", description="https://api.eu.sendgrid.com for accounts in the EU."
    )
    timeout_seconds: float = Field(default=20, gt=0, description="How long to wait for SendGrid's answer.")
    _client: httpx.Client | None = PrivateAttr(default=None)

    @property
    def track_links(self) -> bool:
        return self.clicks == Clicks.TEND

    def deliver(self, letters: Sequence[Letter]) -> list[Delivery]:
        """One request per letter, some at once: there is no key that makes a repeated request safe."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._hand_over, letters))

    def _hand_over(self, letter: Letter) -> Delivery:
        try:
            answer = self._post(as_request(letter, count_clicks=not self.track_links))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return later(f"{self.host} could not be reached: {type(error).__name__}: {error}")
        except httpx.TransportError as error:
            return unknown(f"no answer from {self.host}: {type(error).__name__}: {error}")
        return read_answer(answer)

    def _post(self, request: dict[str, Any]) -> httpx.Response:
        """Too many requests: nothing was taken, so wait as long as SendGrid asks, within reason, and try once more."""
        answer = self._pool().post("/v3/mail/send", json=request)
        if answer.status_code == 429 and (pause := pause_asked_for(answer, time.time())) <= LONGEST_WAIT_SECONDS:
            time.sleep(pause)
            answer = self._pool().post("/v3/mail/send", json=request)
        return answer

    def _pool(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                base_url=self.host,
                headers={"Authorization": f"Bearer {self.api_key.get_secret_value()}"},
                timeout=self.timeout_seconds,
                limits=httpx.Limits(max_connections=AT_ONCE),
            )
        return self._client


def as_request(letter: Letter, *, count_clicks: bool) -> dict[str, Any]:
    """The letter as SendGrid's JSON. Mails to colleagues are never tracked."""
    to_contact = letter.kind in TO_CONTACTS
    mail = Mail(
        from_email=Email(letter.from_address, letter.from_name),
        to_emails=To(letter.to_address),
        subject=letter.subject,
    )
    mail.content = [Content("text/plain", letter.text), Content("text/html", letter.html)]
    mail.reply_to = ReplyTo(letter.reply_to)
    mail.custom_arg = CustomArg(MESSAGE_ID, str(letter.message_id))
    for name, value in letter.headers.items():
        mail.header = Header(name, value)
    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(enable=count_clicks and to_contact, enable_text=False)
    tracking.open_tracking = OpenTracking(enable=to_contact)
    # Our mails carry their own way off the list.
    tracking.subscription_tracking = SubscriptionTracking(enable=False)
    mail.tracking_settings = tracking
    request: dict[str, Any] = mail.get()
    return request


def read_answer(answer: httpx.Response) -> Delivery:
    """Only 202 means that SendGrid has the letter."""
    status = answer.status_code
    if status == 202:
        return accepted(answer.headers.get("X-Message-Id"))
    because = f"SendGrid answered {status}: {_complaint(answer)}"
    if status in (401, 403, 429):
        # The key or the rate is at fault, not this letter.
        return later(because)
    return refused(because) if 400 <= status < 500 else unknown(because)


def pause_asked_for(answer: httpx.Response, now: float) -> float:
    """Seconds until SendGrid takes requests again; `now` in seconds since 1970, as its header is."""
    try:
        return max(0.0, float(answer.headers["X-RateLimit-Reset"]) - now)
    except (KeyError, ValueError):
        return 1.0


def _complaint(answer: httpx.Response) -> str:
    try:
        errors = answer.json()["errors"]
        return "; ".join(f"{error['message']} ({error.get('field') or 'no field named'})" for error in errors)
    except (ValueError, KeyError, TypeError):
        return answer.text[:200] or "no reason given"
