"""Mail through SendGrid: built with its own package, posted over pooled connections."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, field_validator, model_validator

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer, logo
from blocks.send_result import SendResult, refused, unavailable, unknown
from blocks.sendgrid_breaker import CircuitBreaker
from blocks.sendgrid_noting import LeftAlone, NotedRequest
from blocks.sendgrid_request import UnsendableEmail, build_request
from blocks.sendgrid_response import TooManyRequests, parse_response
from models.mail.rendering.email import RenderedEmail

# An answer takes SendGrid some 50 ms. More threads than these get in each other's way more than they help.
MAX_THREADS = 16
# With these nothing of the email has gone over the wire, or not to SendGrid.
NOT_REACHED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.LocalProtocolError,
)
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
HttpPost = Callable[..., httpx.Response]


class Tracking(StrEnum):
    """Who tracks opens and clicks. Never both: each would be counted twice."""

    SENDGRID = "SendGrid (its event webhook must be set up)"
    TEND = "Tend's own pages"


class SendGridMailer(Mailer):
    """Sends all mail through SendGrid. The company's from address must be verified there."""

    _block_type_name = "Tend: SendGrid mailer"
    _logo_url = logo("sendgrid")
    _block_type_slug = "sendgrid-mailer"
    _description = "Sends all mail through SendGrid. The from address of the playbook must be verified there."

    # A validation error about a key must not show the key.
    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    api_key: SecretStr = Field(description='A key with the permission "Mail Send".')
    tracking: Tracking = Field(default=Tracking.TEND, description="Who counts opened mails and clicks on links.")
    host: str = Field(
        default="https://api.sendgrid.com", description="https://api.eu.sendgrid.com for accounts in the EU."
    )
    timeout_seconds: float = Field(default=20, gt=0, description="How long to wait for SendGrid's answer.")
    sandbox: bool = Field(
        default=False,
        description="To try a key out: SendGrid checks the first mails, sends none, and all stay queued here.",
    )
    _client: httpx.Client | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _migrate_clicks_option(cls, values: Any) -> Any:
        """Blocks saved by an older version call this option `clicks`, with these two values."""
        if isinstance(values, dict) and "clicks" in values:
            values = {"tracking": values["clicks"]} | {
                name: value for name, value in values.items() if name != "clicks"
            }
        return values

    @field_validator("api_key")
    @classmethod
    def _check_api_key(cls, key: SecretStr) -> SecretStr:
        """Without the line break that comes along when a key is pasted."""
        bare = key.get_secret_value().strip()
        if not (bare.isascii() and bare.isprintable() and bare) or " " in bare:
            raise ValueError("expected a key such as SG.abc.def, in one line of plain letters; copy it once more")
        return SecretStr(bare)

    @field_validator("host")
    @classmethod
    def _check_host(cls, host: str) -> str:
        address = urlsplit(host)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOCAL_HOSTS):
            raise ValueError(f"expected https://api.sendgrid.com or another https address, found {host!r}")
        return host.rstrip("/")

    @property
    def needs_own_tracking(self) -> bool:
        return self.tracking == Tracking.TEND

    def hand_over(self, emails: EmailFeed) -> None:
        """One request per email, some at once: there is no key that makes a repeated request safe."""
        # Read once: httpx would take the address apart anew for each email, which is an eighth of the work.
        post = partial(self._http_client().post, httpx.URL(f"{self.host}/v3/mail/send"))
        breaker, writing = CircuitBreaker(lambda: emails.is_stopping), threading.Lock()
        with ThreadPoolExecutor(MAX_THREADS) as pool:
            workers = [pool.submit(self._send_all, emails, post, breaker, writing) for _ in range(MAX_THREADS)]
        for worker in workers:
            worker.result()

    def close(self) -> None:
        """End the connections; the next delivery opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _send_all(self, emails: EmailFeed, post: HttpPost, breaker: CircuitBreaker, writing: threading.Lock) -> None:
        """What each thread does: one email after another, while SendGrid takes them."""
        for email in emails:
            try:
                body = orjson.dumps(self._request_of(email))
            except UnsendableEmail as error:
                emails.record(email, refused(str(error), was_tried=False))
                continue
            if (trip_reason := breaker.wait_until_ready()) is not None:
                if not emails.is_stopping:
                    emails.close(unavailable(trip_reason, breaker.retry_after))
                return
            response = self._request(post, body, NotedRequest(emails, email, writing))
            if isinstance(response, TooManyRequests):
                breaker.pause(response)
                emails.put_back(email)
            elif response is not None:
                breaker.record(response)
                emails.record(email, response)

    def _request_of(self, email: RenderedEmail) -> dict[str, Any]:
        return build_request(email, tracked=email.tracked and not self.needs_own_tracking, sandbox=self.sandbox)

    def _request(self, post: HttpPost, body: bytes, noted: NotedRequest) -> SendResult | TooManyRequests | None:
        """The answer; None when the email is no longer to be sent."""
        try:
            with noted:
                answer = post(content=body, extensions={"trace": noted.trace})
            return parse_response(answer, sandbox=self.sandbox)
        except LeftAlone:
            return None
        except NOT_REACHED as error:
            return unavailable(f"{self.host} could not be reached: {type(error).__name__}: {error}")
        except httpx.RequestError as error:
            return unknown(f"no answer from {self.host}: {type(error).__name__}: {error}")

    def _http_client(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                headers={
                    "Authorization": f"Bearer {self.api_key.get_secret_value()}",
                    "Content-Type": "application/json",
                },
                timeout=self.timeout_seconds,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=MAX_THREADS),
                # A redirected POST would come back as the 200 of a GET that sent nothing.
                follow_redirects=False,
            )
        return self._client
