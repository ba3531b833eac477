"""What DNS says of a domain that sends mail. Reads the network and nothing else; what it means stands in findings.py.

SPF, DMARC and MX are read by checkdmarc, which follows RFC 7208, RFC 7489 and RFC 9989. DKIM keys (RFC 6376) are found
only by the names of their selectors.
"""

import base64
import binascii
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from dns.exception import DNSException, Timeout
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, Resolver

SECONDS = 3.0
"""How long one question to DNS may take."""

USUAL_SELECTORS = ("s1", "s2", "google", "selector1", "selector2", "k1", "k2", "default", "mail", "dkim")
"""Those of SendGrid, Google, Microsoft, Mailchimp, and what servers are set up with."""

SHORTEST_KEY = 1024
"""Bits of an RSA key: RFC 8301 has receivers refuse shorter ones."""


@dataclass(frozen=True)
class SpfRecord:
    """The SPF record of a domain; `record` is None when there is none."""

    record: str | None = None
    error: str | None = None
    """Why receivers cannot use it."""
    lookups: int = 0
    """How many questions to DNS it takes; receivers stop after ten."""
    otherwise: str | None = None
    """What it says of all other servers: `fail`, `softfail`, `neutral`, `pass`."""


@dataclass(frozen=True)
class DmarcRecord:
    """The DMARC record that holds for a domain, its own or that of the domain above it."""

    record: str | None = None
    error: str | None = None
    policy: str | None = None
    """`none`, `quarantine` or `reject`."""
    has_reports: bool = False
    """Whether somebody gets the daily reports."""


@dataclass(frozen=True)
class DkimKey:
    """The public key of one selector."""

    selector: str
    bits: int = 0
    """The length of an RSA key; 0 for one that cannot be read, and for other kinds."""
    is_elliptic: bool = False
    """Whether it is an Ed25519 key (RFC 8463), which is always long enough."""
    is_revoked: bool = False

    @property
    def is_long_enough(self) -> bool:
        """Whether receivers accept what is signed with it."""
        return self.is_elliptic or self.bits >= SHORTEST_KEY


@dataclass(frozen=True)
class SenderRecords:
    """All of it. `is_answered` is false when DNS did not answer, and then nothing else is known."""

    domain: str
    is_answered: bool = True
    exists: bool = True
    spf: SpfRecord = SpfRecord()
    dmarc: DmarcRecord = DmarcRecord()
    dkim: tuple[DkimKey, ...] = ()
    selectors: tuple[str, ...] = ()
    """Where keys were looked for."""
    mail_servers: tuple[str, ...] = ()
    reply_servers: tuple[str, ...] | None = None
    """Those of the domain for replies; None where there is no such domain."""
    reply_domain: str | None = None
    unknown: frozenset[str] = field(default_factory=frozenset)
    """Of which parts DNS gave no answer: `DKIM`, `MX`, `replies`."""


def own_resolver() -> Resolver:
    """Asks the servers that this machine asks."""
    resolver = Resolver()
    resolver.lifetime = SECONDS
    return resolver


def look_up(
    domain: str, reply_domain: str | None = None, selectors: Sequence[str] = (), resolver: Resolver | None = None
) -> SenderRecords:
    """Ask DNS about a domain; some seconds at most, and no error when it does not answer.

    `selectors` name the DKIM keys; without them the usual ones are tried.
    """
    _forget_answers()
    asked = tuple(selectors) or USUAL_SELECTORS
    try:
        resolver = resolver or own_resolver()
        exists = _exists(resolver, domain)
    except (DNSException, OSError):
        return SenderRecords(domain, is_answered=False, reply_domain=reply_domain)
    if not exists:
        return SenderRecords(domain, exists=False, reply_domain=reply_domain)
    with ThreadPoolExecutor(8) as pool:
        spf = pool.submit(_spf, domain, resolver)
        dmarc = pool.submit(_dmarc, domain, resolver)
        servers = pool.submit(_mail_servers, domain, resolver)
        replies = pool.submit(_mail_servers, reply_domain, resolver) if reply_domain else None
        keys = list(pool.map(lambda selector: _dkim(domain, selector, resolver), asked))
        unknown = {"DKIM"} if any(key is False for key in keys) else set()
        unknown |= {"MX"} if servers.result() is None else set()
        unknown |= {"replies"} if replies and replies.result() is None else set()
        return SenderRecords(
            domain,
            spf=spf.result(),
            dmarc=dmarc.result(),
            dkim=tuple(key for key in keys if isinstance(key, DkimKey)),
            selectors=asked,
            mail_servers=servers.result() or (),
            reply_servers=(replies.result() or ()) if replies else None,
            reply_domain=reply_domain,
            unknown=frozenset(unknown),
        )


def _forget_answers() -> None:
    """Whoever has just published a record looks again at once."""
    # Loaded when it is used: it takes a fifth of a second, and every page would wait for it.
    from checkdmarc.utils import DNS_CACHE

    DNS_CACHE.clear()


def _exists(resolver: Resolver, domain: str) -> bool:
    try:
        resolver.resolve(domain, "SOA")
    except NoAnswer:  # a name below another one has no record of that kind
        return True
    except NXDOMAIN:
        return False
    return True


def _spf(domain: str, resolver: Resolver) -> SpfRecord:
    from checkdmarc.spf import check_spf

    found: dict[str, Any] = check_spf(domain, resolver=resolver, timeout=SECONDS, retries=0)
    return SpfRecord(
        record=found.get("record"),
        error=found.get("error"),
        lookups=found.get("dns_lookups") or 0,
        otherwise=(found.get("parsed") or {}).get("all"),
    )


def _dmarc(domain: str, resolver: Resolver) -> DmarcRecord:
    from checkdmarc.dmarc import check_dmarc

    found: Any = check_dmarc(domain, resolver=resolver, timeout=SECONDS, retries=0)
    tags = found.get("tags", {})
    below = found.get("location") not in (None, domain)
    policy = tags.get("sp" if below and tags.get("sp", {}).get("explicit") else "p", {}).get("value")
    return DmarcRecord(found.get("record"), found.get("error"), policy, bool(tags.get("rua", {}).get("value")))


def _mail_servers(domain: str, resolver: Resolver) -> tuple[str, ...] | None:
    """The hosts of its MX records, the first to be tried first. Empty for a domain that says it takes no mail (RFC
    7505); None when DNS gave no answer.
    """
    try:
        found = sorted(resolver.resolve(domain, "MX"), key=lambda one: one.preference)
    except (NoAnswer, NXDOMAIN):
        return ()
    except (Timeout, NoNameservers, DNSException):
        return None
    return tuple(host for one in found if (host := one.exchange.to_text(omit_final_dot=True)) not in ("", "."))


def _dkim(domain: str, selector: str, resolver: Resolver) -> DkimKey | bool | None:
    """The key of a selector; None when there is none, False when DNS gave no answer."""
    try:
        answers = resolver.resolve(f"{selector}._domainkey.{domain}", "TXT")
    except (NoAnswer, NXDOMAIN):
        return None
    except (Timeout, NoNameservers, DNSException):
        return False
    # A key is longer than one string of a record may be, so it comes in several.
    texts = [b"".join(one.strings).decode("ascii", "replace") for one in answers]
    return next((read_key(selector, text) for text in texts if "p=" in text.replace(" ", "")), None)


def read_key(selector: str, record: str) -> DkimKey:
    """The key that a record publishes; one that cannot be read has no bits."""
    tags = dict(part.split("=", 1) for part in "".join(record.split()).split(";") if "=" in part)
    if not tags.get("p"):
        return DkimKey(selector, is_revoked=True)
    try:
        raw = base64.b64decode(tags["p"], validate=True)
        if tags.get("k") == "ed25519":
            return DkimKey(selector, is_elliptic=True)
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return DkimKey(selector)
    return DkimKey(selector, key.key_size if isinstance(key, RSAPublicKey) else 0)
