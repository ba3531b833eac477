"""Reads email addresses as keyboards, forms and address books write them; nothing in an address is guessed. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from models.values.readers.bad_value import BadValue
from models.values.readers.text import clean_text, without_invisible

LONGEST = 1_000
"""Characters, with all that stands beside the address."""
EXPECTED = "an email address such as joe@example.com"
IN_ANGLES = re.compile(r"<\s*(?:mailto:)?([^<>|]*@[^<>|]*)(?:\|[^<>]*)?>", re.IGNORECASE)
LINKED = re.compile(r"\[[^\]]*\]\(mailto:([^)]*)\)", re.IGNORECASE)
REMARK = re.compile(r"(?<=\S)\s+\([^()@]*\)$")
LABEL = re.compile(r"^(?:mailto|e-?mail(?: address)?|e)\s*:\s*", re.IGNORECASE)
BRACKETED_AT = re.compile(r"\s*[(\[{]\s*(?:at|ät)\s*[)\]}]\s*", re.IGNORECASE)
BRACKETED_DOT = re.compile(r"\s*[(\[{]\s*(?:dot|punkt|point)\s*[)\]}]\s*", re.IGNORECASE)
PLAIN = re.compile(
    r"(?=.{,64}@)(?P<local>[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*)@(?P<domain>(?:[a-z0-9-]{1,30}\.){1,3}[a-z]{2,10})",
    re.I | re.A,
)
"""An address without anything that has to be looked at closely; of any other the validator decides."""
AROUND = " \t\r\n.,;:!<>()[]{}'\u2018\u2019\u201c\u201d\u00ab\u00bb"
BETWEEN = re.compile(r"\s*[,;/|\n]\s*|\s+(?:or|and|und|oder|et|ou|y|o|&)\s+|\s+")
BEFORE_AN_ADDRESS = frozenset(
    ("at", "is", "to", "me", "email", "e-mail", "mail", "address", "an", "unter", "ist", "adresse", "or", "and", "use")
)
LIKELY_DOMAINS = {
    **dict.fromkeys(
        ("gmail.con", "gmail.co", "gmail.cm", "gmail.om", "gmail.comm", "gmai.com", "gmial.com"), "gmail.com"
    ),
    **dict.fromkeys(("gamil.com", "gnail.com", "gmal.com", "gmaill.com", "gmil.com", "gmali.com"), "gmail.com"),
    **dict.fromkeys(
        ("hotmail.con", "hotmial.com", "hotmal.com", "hotmai.com", "hotmil.com", "homail.com"), "hotmail.com"
    ),
    **dict.fromkeys(("yahoo.con", "yaho.com", "yahooo.com", "yhoo.com", "yahoo.cm", "yahho.com"), "yahoo.com"),
    **dict.fromkeys(("outlook.con", "outlok.com", "outloo.com", "outlook.cm", "oulook.com"), "outlook.com"),
    **dict.fromkeys(("icloud.con", "iclod.com", "icloud.cm", "icoud.com"), "icloud.com"),
    **dict.fromkeys(("gmx.dee", "gmx.ed"), "gmx.de"),
    **dict.fromkeys(("t-online.dee", "tonline.de", "t-onlin.de"), "t-online.de"),
}
"""Domains that are nearly always slips for a great provider's."""


def clean_email(value: Any) -> str:
    """The address in lower case with its domain in ASCII, the form contacts are recognised by; of several the first."""
    return read_emails(value)[0]


def read_emails(value: Any) -> tuple[str, ...]:
    """The addresses in what somebody wrote, at least one; BadValue when anything else is there besides a name."""
    given = clean_text(value)
    if address := _plain_address(given):
        return (address,)
    text = unicodedata.normalize("NFKC", without_invisible(given))
    if len(text) > LONGEST:
        raise BadValue(value, EXPECTED)
    named = IN_ANGLES.findall(text) or LINKED.findall(text)
    if named:
        return tuple(dict.fromkeys(_address(value, one) for one in named))
    try:
        return (_address(value, text),)
    except BadValue:
        parts = [part for part in BETWEEN.split(text) if part.strip(AROUND)]
        if len(parts) < 2 or not all("@" in part for part in parts):
            if found := tuple(dict.fromkeys(_addresses_in(value, text))):
                return found
            raise
    return tuple(dict.fromkeys(_address(value, part) for part in parts))


def _plain_address(text: str) -> str | None:
    """The address that a text is, if it is nothing else and at a domain that many share; None tells nothing."""
    found = PLAIN.fullmatch(text)
    domain = _domain(found["domain"]) if found else None
    return f"{found['local'].lower()}@{domain}" if found and domain else None


@lru_cache(maxsize=10_000)
def _domain(name: str) -> str | None:
    """A domain as addresses have it; None if there can be none such, or if it is international."""
    if "xn--" in name.lower():
        return None
    try:
        return _address(name, f"a@{name}").partition("@")[2]
    except BadValue:
        return None


def likely_domain(address: str) -> str | None:
    """The domain that was probably meant where an address has a slip such as gmail.con; None when nothing is odd."""
    return LIKELY_DOMAINS.get(address.rpartition("@")[2])


def _addresses_in(value: Any, text: str) -> Iterator[str]:
    """The addresses in a sentence, unless the word before one may be a part of it: `joe doe@example.com`."""
    words = text.split()
    for before, word in pairwise(["", *words]):
        if "@" in word and (not before or before.strip(AROUND).casefold() in BEFORE_AN_ADDRESS or before[-1] in ":,;-"):
            with suppress(BadValue):
                yield _address(value, word)


def _address(value: Any, text: str) -> str:
    try:
        address = validate_email(_bare(text), check_deliverability=False, allow_quoted_local=True, strict=True)
    except EmailNotValidError as error:
        raise BadValue(value, f"{EXPECTED} ({str(error).rstrip('.')})") from None
    return f"{address.local_part.lower()}@{address.ascii_domain}"


def _bare(text: str) -> str:
    """An address without what keyboards, sentences and links put around it and beside its `@` and dots."""
    text = REMARK.sub("", text.strip())
    if text.casefold().startswith("mailto:"):
        text = unquote(text.partition("?")[0])
    text = LABEL.sub("", text.strip(AROUND), count=1).strip(AROUND)
    text = BRACKETED_DOT.sub(".", BRACKETED_AT.sub("@", text))
    if text.startswith('"') and text.endswith('"'):
        text = text.strip('"').strip(AROUND)
    if text.startswith('"'):
        return text
    return re.sub(r"\s*([@.])\s*", r"\1", text) if text.count("@") == 1 else text
