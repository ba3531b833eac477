"""Whether somebody at this machine itself asks, where only this machine reaches the pages."""

import re

from fastapi import Request

from models.access.reach import is_loopback, read_reach

PROXY_HEADERS = ("forwarded", "via", "cdn-loop", "true-client-ip", "client-ip")
PROXY_PREFIXES = ("x-forwarded-", "x-real-", "x-original-", "x-client-", "x-cluster-", "cf-", "ngrok-", "tailscale-")


HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:@/\[\]\s]+)(?::\d+)?", re.IGNORECASE)
"""The header Host: a name or an address, and a port."""


def is_local(request: Request) -> bool:
    """Whether this machine asks: by a loopback name (no rebound DNS name), over loopback, and through no proxy.

    What a proxy asks for somebody else can look just the same. So the settings have the last word: they must say that
    only this machine reaches the pages.
    """
    return (
        read_reach().is_this_machine_alone
        and is_loopback(_host(request))
        and _is_over_loopback(request)
        and not _is_proxied(request)
    )


def _host(request: Request) -> str:
    """What the header Host names; empty where there is none, several, or one that no browser writes."""
    found = request.headers.getlist("host")
    read = HOST.fullmatch(found[0]) if len(found) == 1 else None
    return read[1] if read else ""


def _is_over_loopback(request: Request) -> bool:
    """Whether both ends of the connection are this machine; a Unix socket, which proxies use, has no ends to name."""
    asker = request.client.host if request.client else ""
    answerer = (request.scope.get("server") or ("", None))[0]
    return is_loopback(asker) and is_loopback(answerer)


def _is_proxied(request: Request) -> bool:
    # Browsers and programs have spoken 1.1 or later for decades; a proxy that is not set up further speaks 1.0.
    if request.scope.get("http_version") == "1.0":
        return True
    return any(name in PROXY_HEADERS or name.startswith(PROXY_PREFIXES) for name in request.headers)
