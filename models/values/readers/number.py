"""Reads numbers as people write them, or not at all: a number that could mean two things is never guessed. Pure.

A point or comma before three digits means thousands in one country and a fraction in the next: `1.000` is a thousand
in Germany. The country that the text comes from settles it; where it does not, the text is refused.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from models.values.readers.bad_value import BadValue
from models.values.readers.country import languages_of, number_signs

LARGEST_NUMBER = 10**15
LONGEST_NUMBER = 60
"""Characters; what is longer is no number that a person wrote."""
EXPECTED = "a number such as 1200 or 2.5"

THOUSAND, MILLION, BILLION = 10**3, 10**6, 10**9
MULTIPLIERS = {
    **dict.fromkeys(("k", "thousand", "thsd", "tsd", "tausend", "mille", "mila", "tys", "tis", "тыс"), THOUSAND),
    **dict.fromkeys(("m", "mm", "mn", "mln", "million", "millions", "mio", "millionen", "млн"), MILLION),
    **dict.fromkeys(("millón", "millones", "milhão", "milhões", "milione", "milioni", "miljoen", "miljoner"), MILLION),
    **dict.fromkeys(("b", "bn", "mrd", "md", "mld", "milliard", "milliards", "milliarde", "milliarden"), BILLION),
    **dict.fromkeys(("miliardo", "miliardi", "miljard", "miljarder", "млрд"), BILLION),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 10**5),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(("万", "萬", "만"), 10**4),
    **dict.fromkeys(("億", "亿", "억"), 10**8),
}
"""Words behind a number, in any case and with or without a full stop, that mean the same wherever they are written."""
LOCAL_MULTIPLIERS = {
    "mil": ({"es", "pt"}, THOUSAND),
    "billion": ({"en"}, BILLION),
    "billions": ({"en"}, BILLION),
    "cr": ({"hi", "bn", "ne", "ur"}, 10**7),
}
"""Words that mean another number elsewhere, with the languages of the countries where they mean this one."""

SPACES = " \u00a0\u2007\u2009\u200a\u202f"
APOSTROPHES = "'\u2019\u02bc`\u00b4\u066c"
MINUSES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63"
SPACED = re.compile(rf"\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?![\d{SPACES}])|\d{{1,3}}(?:[{APOSTROPHES}]\d{{3}})+(?!\d)")
MACHINE = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
PARTS = re.compile(r"(?P<sign>[+-]?)\s*(?P<digits>[\d.,]*\d[\d.,]*)\s*(?P<multiplier>[^\W\d]*)\.?")


def read_number(value: Any, country: str = "US", *, places: int | None = None, expected: str = EXPECTED) -> Decimal:
    """The number that a text from a country stands for, below LARGEST_NUMBER; BadValue if it is none, or may be two.

    `places` is how many decimals such a number can have: of a count none, of money two. `1,200` · `1 200` · `1'200` ·
    `12,00,000` · `5K` · `1.5M` · `10 Mio.` are read anywhere; `1.000` and `2,5` where people write so.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise BadValue(value, expected)
    text = plain(value) if isinstance(value, str) else str(value)
    is_written = isinstance(value, str) and not MACHINE.fullmatch(text)
    number = _written(text, country, places) if is_written else _counted(text)
    if number is None:
        raise BadValue(value, expected)
    if abs(number) >= LARGEST_NUMBER:
        raise BadValue(value, f"{expected}, below {LARGEST_NUMBER:,}")
    return number


def read_degrees(value: Any, *, most: int) -> float:
    """A place on the globe, which programs write: degrees with a point, between -most and most."""
    number = None if isinstance(value, bool) or value is None else _counted(str(value).strip())
    if number is None or abs(number) > most:
        raise BadValue(value, f"degrees between -{most} and {most}, such as 43.66")
    return float(number)


def plain(text: str) -> str:
    """A text with the digits, spaces and minus signs of a keyboard, whatever alphabet it was written in."""
    if text.isascii():
        return text.replace("`", "'").strip()
    return "".join(_plain_character(one) for one in text).strip()


def _plain_character(one: str) -> str:
    if one in MINUSES:
        return "-"
    if one in SPACES:
        return " "
    if one in APOSTROPHES:
        return "'"
    if one == "\u066b":  # the decimal sign of Arabic, which is no other sign elsewhere
        return ","
    if one.isdecimal():
        return str(unicodedata.decimal(one))
    # The wide forms of East Asian keyboards; not what stands above or below a line, so that 10² is not 102.
    return chr(ord(one) - 0xFEE0) if "\uff01" <= one <= "\uff5e" else one


def _counted(text: str) -> Decimal | None:
    """A number that a program wrote, of any size."""
    if len(text) > LONGEST_NUMBER:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _written(text: str, country: str, places: int | None) -> Decimal | None:
    if len(text) > LONGEST_NUMBER:
        return None
    closed, groups = SPACED.subn(lambda found: re.sub(r"[ ']", "", found[0]), text)
    parts = PARTS.fullmatch(closed)
    if parts is None:
        return None
    word = parts["multiplier"]
    multiplier = _multiplier(word, country) if word else 1
    digits = parts["digits"].replace(",", ".") if groups else parts["digits"]
    number = _digits(digits, country, None if word else places)
    if number is None or multiplier is None:
        return None
    number *= multiplier
    if places is not None and _decimals(number) > places:
        return None
    return -number if parts["sign"] == "-" else number


def _decimals(number: Decimal) -> int:
    return -int(number.normalize().as_tuple().exponent)


def _multiplier(word: str, country: str) -> int | None:
    word = word.casefold()
    if word in LOCAL_MULTIPLIERS:
        languages, number = LOCAL_MULTIPLIERS[word]
        return number if languages & languages_of(country) else None
    return MULTIPLIERS.get(word)


def _digits(text: str, country: str, places: int | None) -> Decimal | None:
    """Digits with points and commas. All ways to read them; the country decides when there are two."""
    ways = {sign: number for sign in (".", ",", "") if (number := _with_decimal_sign(text, sign)) is not None}
    as_group, as_decimal = ways.pop("", None), next(iter(ways.items()), None)
    if as_decimal is None:
        return as_group
    sign, number = as_decimal
    decimals = len(text) - text.rindex(sign) - 1
    if places is not None and decimals > places and set(text[-decimals:]) != {"0"}:
        # Money has no third decimal, a count none at all: with one, the sign was meant for thousands.
        signs = number_signs(country)
        return as_group if places == 0 or sign in signs.groups or sign not in signs.decimals else None
    if as_group is not None:
        return _settled(text, sign, as_group, number, country, places)
    is_comma_alone = sign == "," and "." not in text and decimals != places
    # Where no fraction follows a comma, 2,5 may as well be two numbers.
    return None if is_comma_alone and "," not in number_signs(country).decimals else number


def _settled(
    text: str, sign: str, as_group: Decimal, number: Decimal, country: str, places: int | None
) -> Decimal | None:
    """`1.234` or `1,234`: thousands, or a fraction of three digits."""
    signs = number_signs(country)
    if sign not in signs.decimals:
        return as_group
    if sign in signs.groups:
        return as_group if places is not None and places < 3 else None
    # Nobody writes 1.500 for one and a half, so this may be fifteen hundred from abroad.
    return None if text.endswith("0") or places is not None else number


def _with_decimal_sign(text: str, sign: str) -> Decimal | None:
    """The number if `sign` is before the fraction, "" for no fraction; None if it cannot be written so."""
    whole, found, fraction = text.rpartition(sign) if sign else (text, "", "")
    if sign and (not found or not fraction.isdigit() or sign in whole):
        return None
    if not sign and re.fullmatch(r"0[.,]\d{3}", text):
        return None
    for group in {".", ","} - {sign}:
        if group in whole and re.fullmatch(_grouped(group), whole):
            whole = whole.replace(group, "")
    return Decimal(f"{whole or 0}.{fraction or 0}") if re.fullmatch(r"\d*", whole) and (whole or fraction) else None


def _grouped(group: str) -> str:
    """Groups of three digits, or of two before the last three as in India."""
    sign = re.escape(group)
    return rf"[1-9]\d{{0,2}}(?:{sign}\d{{3}})+|[1-9]\d?(?:{sign}\d{{2}})+{sign}\d{{3}}"
