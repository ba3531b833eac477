"""Posts a note to the webhook of a chat: signed, to public addresses only, and without following anybody elsewhere."""

import asyncio
import hashlib
import hmac
import ipaddress
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

for _name in ("httpx", "httpcore"):
    # They log addresses, and that of a webhook is a secret.
    logging.getLogger(_name).setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
DEADLINE_SECONDS = 20
"""For all of a post: one that answers a byte at a time would go on for ever by the limits of each read."""
LONGEST_ANSWER = 4_096
"""Bytes of an answer that are read."""
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Nothing of the note has gone out."""
SIGNATURE = "X-Tend-Signature"
LONGEST_REASON = 200


class BadWebhook(ValueError):
    """An address that nothing is posted to; the sentence says why, without the address, which is a secret."""


@dataclass(frozen=True)
class PostResult:
    """What the other side said."""

    is_sent: bool = False
    is_unknown: bool = False
    """No answer came, so it may be there."""
    is_silent: bool = False
    """No answer came in all the time that it had."""
    may_retry: bool = False
    retry_after: timedelta | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WebhookTarget:
    """Where a note goes: the host is looked up once, and this very address is connected to."""

    url: str
    """With the network address in place of the host."""
    host: str


def resolve(address: str, *, allow_private: bool = False) -> WebhookTarget:
    """Look a webhook's address up. Raises BadWebhook for one that is no https address, or that leads into a private
    network, by whatever name; `allow_private` is for tests.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise BadWebhook("its address cannot be read: an address that begins with https:// was expected") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise BadWebhook("its address does not begin with https://")
    if not parts.hostname or parts.username or parts.password:
        raise BadWebhook("its address names no host, or a login")
    found = _look_up(parts.hostname, port or (443 if parts.scheme == "https" else 80))
    if not allow_private and not all(_is_public(one) for one in found):
        raise BadWebhook("its address leads into a private network")
    one = f"[{found[0]}]" if ":" in found[0] else found[0]
    netloc = one if port is None else f"{one}:{port}"
    return WebhookTarget(parts._replace(netloc=netloc, fragment="").geturl(), parts.netloc)


def post_note(target: WebhookTarget, body: Mapping[str, Any], key: str, now: datetime) -> PostResult:
    """Post a body; never raises. Redirects are not followed: they may lead anywhere."""
    content = orjson.dumps(body)
    headers = {
        "Content-Type": "application/json",
        "Host": target.host,
        SIGNATURE: sign(content, key, now),
        "User-Agent": "Tend",
    }
    name = urlsplit(f"//{target.host}").hostname or target.host
    try:
        answer = asyncio.run(_send(target.url, content, headers, name))
    except NOT_REACHED as error:
        silent = isinstance(error, httpx.TimeoutException)
        return PostResult(may_retry=True, is_silent=silent, reason=f"not reached: {type(error).__name__}")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        silent = isinstance(error, httpx.TimeoutException | TimeoutError)
        return PostResult(is_unknown=True, is_silent=silent, reason=f"no answer: {type(error).__name__}")
    return _read(answer, now)


async def _send(url: str, content: bytes, headers: Mapping[str, str], name: str) -> httpx.Response:
    """The answer with the beginning of what it says. Raises TimeoutError when it takes too long in all."""
    extensions = {"sni_hostname": name}
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", url, content=content, headers=headers, extensions=extensions) as answer,
    ):
        said = b""
        async for part in answer.aiter_raw():
            said += part
            if len(said) >= LONGEST_ANSWER:
                break
        kept = {name: value for name, value in answer.headers.items() if name in ("retry-after", "content-type")}
        return httpx.Response(answer.status_code, headers=kept, content=said[:LONGEST_ANSWER])


def sign(content: bytes, key: str, now: datetime) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 by the installation's key of seconds, a dot and the body."""
    seconds = int(now.timestamp())
    digest = hmac.new(key.encode(), f"{seconds}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _look_up(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadWebhook("its host is not known") from None
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))


def _is_public(address: str) -> bool:
    """Neither of a private network nor of this machine, also where it is an IPv4 address inside an IPv6 one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        # NAT64 leads to the IPv4 address at its end.
        if found in ipaddress.ip_network("64:ff9b::/96"):
            return _is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    return found.is_global and not found.is_multicast


def _read(answer: httpx.Response, now: datetime) -> PostResult:
    if answer.is_success:
        return PostResult(is_sent=True)
    said = " ".join(answer.text[:LONGEST_REASON].split())
    reason = f"{answer.status_code} {said}".strip()
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return PostResult(may_retry=True, retry_after=_retry_after(answer, now), reason=reason)
    return PostResult(reason=reason)


def _retry_after(answer: httpx.Response, now: datetime) -> timedelta | None:
    """Seconds or a date, as HTTP allows both."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return timedelta(seconds=min(int(said), 10**6))
    try:
        at = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
