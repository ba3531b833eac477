"""A name server on loopback that knows the records of one test."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
from dns.resolver import Resolver

Zone = Mapping[tuple[str, str], Sequence[str]]
"""(name, type) -> values as one writes them in a zone file, such as ('"v=spf1 -all"',)."""


@contextmanager
def name_server(zone: Zone) -> Iterator[Resolver]:
    """A resolver that asks it. Names of which nothing is known do not exist; aliases are followed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(server, zone), daemon=True)
        thread.start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], server.getsockname()[1], 5.0
        try:
            yield resolver
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
                stop.sendto(b"", server.getsockname())
            thread.join()


def _serve(server: socket.socket, zone: Zone) -> None:
    while True:
        packet, sender = server.recvfrom(4096)
        if not packet:
            return
        server.sendto(_answer(dns.message.from_wire(packet), zone).to_wire(), sender)


def _answer(query: dns.message.Message, zone: Zone) -> dns.message.Message:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
    known = {owner for owner, _ in zone}
    while (name, "CNAME") in zone and kind != "CNAME":
        alias = zone[name, "CNAME"][0]
        response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", alias))
        name = alias.rstrip(".").lower()
    if (name, kind) in zone:
        response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *zone[name, kind]))
    elif not any(owner == name or owner.endswith(f".{name}") for owner in known):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response
