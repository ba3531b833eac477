"""Where a request comes from: the network address of its sender, as far as trusted proxies tell it."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from fastapi import Request

IPV6_CONNECTION = 64
"""The prefix that one connection is given: whoever has one address of it has all of them."""


def network_address(request: Request) -> str | None:
    """The address of the sender, in its usual spelling; None where none is known, as on a Unix socket.

    Uvicorn puts the address from X-Forwarded-For here if the proxy that sent it is trusted (TEND_TRUSTED_PROXIES), the
    last one in it that is no such proxy: whatever a sender writes into that header themselves stands before it.
    """
    found = _parsed(request)
    return None if found is None else str(found)


def network_of(request: Request) -> str | None:
    """What belongs to one connection: an IPv4 address, or the /64 of an IPv6 one.

    None for this machine itself: a program here, or a proxy that does not tell for whom it asks.
    """
    found = _parsed(request)
    if found is None or found.is_loopback:
        return None
    return (
        str(found) if isinstance(found, IPv4Address) else str(IPv6Network((int(found), IPV6_CONNECTION), strict=False))
    )


def _parsed(request: Request) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address((request.client.host if request.client else "").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
