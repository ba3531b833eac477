"""Security of every response: headers that limit what a page may do, and a check of who posts for ops."""

import os
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    # Addresses of pages contain tokens; other sites are not to learn them.
    "referrer-policy": "same-origin",
    # Pages contain personal data, which is not to stay in a shared browser or a proxy.
    "cache-control": "no-store",
}


class SecureHeaders:
    """Adds the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def require_same_origin(request: Request) -> None:
    """Refuse a form that another site sends in the name of whoever is logged in here."""
    if request.method in ("GET", "HEAD"):
        return
    if not _from_here(request):
        raise HTTPException(
            403,
            "This form was sent from another site, expected one of our own pages. Open the page here, send it again.",
        )


def _from_here(request: Request) -> bool:
    """Browsers say where a form comes from; what says nothing is no browser, and holds nobody's login."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    # A proxy may put the name by which it knows us into Host; browsers go by the address that the world uses.
    own = {request.headers.get("host"), _site(os.environ.get("TEND_WEB_URL", ""))}
    # A sandboxed frame and a file on disk call themselves "null", which names no host at all.
    return origin is None or (_site(origin) or "null") in own


def _site(url: str) -> str:
    """Host and port as browsers write them: in small letters, without the port that goes without saying."""
    parts = urlsplit(url.strip().lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return parts.netloc.rpartition("@")[2].removesuffix(usual)
