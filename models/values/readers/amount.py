"""Reads amounts of money with their currency, as shops, forms and spreadsheets write them, or not at all. Pure."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from babel.numbers import list_currencies

from models.values.readers.bad_value import BadValue
from models.values.readers.country import currency_of, locales_of
from models.values.readers.number import LONGEST_NUMBER, MACHINE, plain, read_number

EXPECTED = "an amount such as 4800, 190.00 or 190.00 EUR"
CENTS = 2
SYMBOLS = {
    **{"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS", "₫": "VND", "฿": "THB"},
    **{"₴": "UAH", "₦": "NGN", "₱": "PHP", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT", "₼": "AZN", "₾": "GEL"},
    **{"us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "can$": "CAD", "nz$": "NZD", "hk$": "HKD"},
    **{"s$": "SGD", "r$": "BRL", "mx$": "MXN", "nt$": "TWD", "fr.": "CHF", "sfr.": "CHF", "sfr": "CHF", "zł": "PLN"},
    **{"kč": "CZK", "ft": "HUF", "tl": "TRY", "лв": "BGN", "лв.": "BGN", "руб.": "RUB", "руб": "RUB", "元": "CNY"},
    **{"円": "JPY", "euro": "EUR", "euros": "EUR", "rmb": "CNY", "stg": "GBP"},
}
"""What people write for a currency, in small letters, where it means the same anywhere."""
SHARED_SYMBOLS = {
    **dict.fromkeys(("$", "dollar", "dollars"), ("USD", "CAD", "AUD", "NZD", "SGD", "HKD")),
    **dict.fromkeys(("kr", "kr.", ":-"), ("SEK", "NOK", "DKK", "ISK")),
    **dict.fromkeys(("rs", "rs.", "rupees"), ("INR", "PKR", "LKR", "NPR", "MUR")),
    **dict.fromkeys(("¥", "￥"), ("JPY", "CNY")),
    **dict.fromkeys(("pound", "pounds"), ("GBP",)),
    **dict.fromkeys(("francs", "franken"), ("CHF",)),
    "r": ("ZAR",),
}
"""What several countries call their money: that of the country, and of no other when it has none of these."""
DEFAULTS = {"$": "USD", "dollar": "USD", "dollars": "USD", "pounds": "GBP", "pound": "GBP"}
"""What is meant where the country's own money is not called so."""
WITHOUT_CENTS = re.compile(r"(?<=\d)(?:[.,]-{1,2}|/[-=])(?!\d)")
"""The dash that stands for no cents: `1'200.-`, `1200,--`, `1,200/-`."""
IN_BRACKETS = re.compile(r"([^()\d-]*)\(([^()-]*\d[^()-]*)\)([^()\d-]*)")
MINUS_BEFORE = re.compile(r"([^\d-]*)-([^\d-]*[\d.,][^-]*)")
MINUS_BEHIND = re.compile(r"([^-]*\d)\s*-([^\d-]*)")
PARTS = re.compile(r"(?P<before>[^\d.,+]*?\.?)\s*(?P<number>\+?[.,]?\d[\d.,' ]*)(?P<after>\D*)")


class Amount(NamedTuple):
    """Money: how much, and of which currency."""

    amount: Decimal
    """With two decimals; below zero for what is paid back."""
    currency: str | None
    """ISO code; None when the text does not say."""


def read_amount(value: Any, country: str = "US") -> Amount:
    """The amount in what somebody wrote, signs and words of a currency included; BadValue when it is not clear.

    `country`, two letters, decides between `1.200` and `1,200`, and whose dollars or kronor a sign means. A minus, also
    behind the number, and brackets around it as in spreadsheets, make it negative.
    """
    if not isinstance(value, str):
        return Amount(_cents(value, read_number(value, country, expected=EXPECTED)), None)
    if len(value) > LONGEST_NUMBER:
        raise BadValue(value, EXPECTED)
    text, is_negative = _without_sign(WITHOUT_CENTS.sub("", plain(value)))
    if MACHINE.fullmatch(text):
        before, number, after = "", text, ""
    else:
        before, number, after = _parts(value, text, country)
    amount = _cents(value, _number(value, number, country))
    return Amount(-amount if is_negative else amount, _agreed(value, before, after, country))


def _without_sign(text: str) -> tuple[str, bool]:
    """The text without what makes an amount negative, and whether that stood there."""
    for way in (IN_BRACKETS, MINUS_BEFORE, MINUS_BEHIND):
        if found := way.fullmatch(text):
            return " ".join(part for each in found.groups() if (part := each.strip())), True
    return text, False


def _parts(value: str, text: str, country: str) -> tuple[str, str, str]:
    """What stands before the number, the number with its multiplier, and what stands behind."""
    found = PARTS.fullmatch(text)
    if found is None:
        raise BadValue(value, EXPECTED)
    number, after = found["number"].rstrip(), found["after"].strip()
    if not after or _currency(after, country):
        return found["before"].strip(), number, after
    # A multiplier, with or without a space before the currency: 5k, 5M €, 5m€.
    word = re.match(r"[^\W\d]+\.?", after)
    end = word.end() if word else 0
    return found["before"].strip(), f"{number} {after[:end]}", after[end:].strip()


def _number(value: str, number: str, country: str) -> Decimal:
    try:
        return read_number(number, country, places=CENTS, expected=EXPECTED)
    except BadValue as error:
        raise BadValue(value, error.expected) from None


def _cents(value: Any, amount: Decimal) -> Decimal:
    rounded = amount.quantize(Decimal("0.01"))
    if isinstance(value, str) and rounded != amount:
        raise BadValue(value, EXPECTED)
    return rounded


def _agreed(value: str, before: str, after: str, country: str) -> str | None:
    """The one currency that both sides of a number mean: `$1,200 CAD` is in Canadian dollars."""
    meant = [_currency(side, country) for side in (before, after) if side]
    if None in meant:
        raise BadValue(value, EXPECTED)
    codes = {code for code in meant if code}
    if len(codes) > 1:
        shared = [set(SHARED_SYMBOLS.get(side.casefold(), ())) for side in (before, after)]
        codes = {code for code in codes if any(code in others for others in shared)} & _codes_in(before, after)
    if meant and len(codes) != 1:
        raise BadValue(value, f"{EXPECTED}, in one currency")
    return next(iter(codes), None)


def _codes_in(*sides: str) -> set[str]:
    return {side.upper() for side in sides if side.upper() in _codes()}


def _currency(text: str, country: str) -> str | None:
    """The code of what somebody calls a currency in a country."""
    word, own = text.casefold(), currency_of(country)
    if text.upper() in _codes() and len(text) == 3:
        return text.upper()
    if word in SHARED_SYMBOLS:
        is_own = own in SHARED_SYMBOLS[word] or (own is not None and word in _own_symbols(country, own))
        return own if is_own else DEFAULTS.get(word)
    if word in SYMBOLS:
        return SYMBOLS[word]
    return own if own is not None and word in _own_symbols(country, own) else None


@lru_cache(maxsize=300)
def _own_symbols(country: str, currency: str) -> frozenset[str]:
    """How a country writes its own money."""
    symbols = (locale.currency_symbols.get(currency, currency) for locale in locales_of(country))
    return frozenset(symbol.casefold() for symbol in symbols)


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())
