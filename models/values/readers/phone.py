"""Reads phone numbers with their extensions (RFC 3966), several in one field too; placeholders are no numbers. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote

import phonenumbers
from babel import Locale
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, ValidationResult

from models.values.readers.bad_value import BadValue
from models.values.readers.number import plain
from models.values.readers.text import clean_text, without_invisible

LONGEST = 200
"""Characters of a field with numbers in it."""
LONGEST_EXTENSION = 8
EXTENSION_WORDS = (
    *("extension", "extensión", "extn", "ext", "xtn", "x", "durchwahl", "dw", "nebenstelle", "nst", "apparat", "app"),
    *("poste", "ramal", "anexo", "interno", "int", "toestel", "tst", "anknytning", "ankn", "lokal", "wewn", "wew"),
    *("klapka", "linka", "добавочный", "доб", "додатковий", "内線", "내선", "dahili"),
)
EXTENSION = re.compile(
    rf"(?:[\s,;.(-]*(?:#|(?<![^\W\d])(?:{'|'.join(EXTENSION_WORDS)}))[\s.:=#-]*|\s*;ext=)(?P<extension>\d{{1,{LONGEST_EXTENSION}}})\)?$",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\s*[/;|\n,]\s*|\s+(?:or|and|und|oder|et|ou|y|o|&)\s+", re.IGNORECASE)
LABEL = re.compile(r"^(?:p:|=|')+")
COUNTRIES = Locale("en").territories
HAS_LETTERS = re.compile(r"[^\W\d_]")
NORTH_AMERICA = 1
"""The country code whose numbers are all of one length."""
SHORTEST = 7
"""Digits of a number that can stand beside another one; `030 / 123456` is one number."""


class Phone(NamedTuple):
    """A number that can be dialled."""

    number: str
    """E.164, such as +14155550123."""
    extension: str | None = None
    """What to dial after it, digits alone."""

    @property
    def text(self) -> str:
        """Both in one text, such as +14155550123;ext=12, as RFC 3966 writes them."""
        return f"{self.number};ext={self.extension}" if self.extension else self.number


def clean_phone(value: Any, country: str) -> str:
    """The number in E.164 without its extension; of several the first. Those without + are of `country`."""
    return read_phones(value, country)[0].number


def clean_extension(value: Any) -> str:
    """The digits to dial after a number, given by themselves: `12`, `x12`, `ext. 12`."""
    text = _bare(value)
    found = EXTENSION.fullmatch(text)
    digits = found["extension"] if found else text
    if not re.fullmatch(rf"\d{{1,{LONGEST_EXTENSION}}}", digits):
        raise BadValue(value, "an extension: digits that are dialled after the number")
    return digits


def read_phones(value: Any, country: str) -> tuple[Phone, ...]:
    """The numbers in what somebody wrote, at least one, in its order; BadValue when one cannot be dialled.

    A number without a country code is of `country`, two letters. Letters stand for digits as on a keypad.
    """
    text = _bare(value)
    if len(text) > LONGEST or not (found := _phones(text, country)):
        raise BadValue(value, _expected(country))
    return found


@lru_cache(maxsize=1_000)
def _phones(text: str, country: str) -> tuple[Phone, ...]:
    """The numbers in a text; none when it cannot be read. Whoever takes the first asks for the others next."""
    phones = [_phone(part, country) for part in _parts(text)]
    known = [phone for phone in phones if phone]
    return tuple(dict.fromkeys(known if len(known) == len(phones) else _numbers_in(text, country)))


def _parts(text: str) -> list[str]:
    """What may be a number each; the text as it is unless there are several."""
    parts = [part for part in BETWEEN.split(text) if part]
    are_several = len(parts) > 1 and all(len(re.findall(r"\d", part)) >= SHORTEST for part in parts)
    return parts if are_several else [text]


def readable_phone(number: str) -> str:
    """A number such as +14155550123;ext=12 as one writes it, `+1 415-555-0123 ext. 12`; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def _bare(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = plain(without_invisible(clean_text(value)))
    if text.casefold().startswith("tel:"):
        text = unquote(text)[4:]
    text = re.sub(r"^\s*(\d{7,15})\.0$", r"\1", text)
    return LABEL.sub("", text).strip()


def _phone(text: str, country: str) -> Phone | None:
    found = EXTENSION.search(text)
    bare = text[: found.start()] if found else text
    number = _parsed(bare, country)
    if number is None or _is_placeholder(number, bare):
        return None
    extension = found["extension"] if found else number.extension
    if extension and len(extension) > LONGEST_EXTENSION:
        return None
    number.extension = None
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension)


def _numbers_in(text: str, country: str) -> Iterator[Phone]:
    """The numbers in a sentence, such as `call 415-555-0123 after 5pm`; a row of digits by itself is no sentence."""
    if not re.search(r"[^\W\d]{3}", text):
        return
    for match in PhoneNumberMatcher(text, country, leniency=Leniency.POSSIBLE):
        number, around = match.number, text[max(match.start - 1, 0) : match.end + 1]
        is_sure = phonenumbers.is_valid_number(number) or number.country_code == NORTH_AMERICA
        is_whole = not re.search(r"\d$", text[: match.start]) and not re.match(r"\d", text[match.end :])
        too_long = number.extension is not None and len(number.extension) > LONGEST_EXTENSION
        if is_sure and is_whole and not too_long and not _is_placeholder(number, around):
            extension, number.extension = number.extension, None
            yield Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension)


@lru_cache
def _expected(country: str) -> str:
    name = COUNTRIES.get(country, country)
    return f"a phone number such as +1 415 555 0123 (country: {name}, unless it begins with +)"


def _parsed(text: str, country: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    # Valid is stricter (it knows which ranges are given out) and refuses the 555 numbers of every example.
    if number and phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
        return _unless_plus_is_missing(number, text)
    if text.startswith(("00", "+00")):
        # How most of the world dials abroad, also where a form's own country dials another prefix.
        return _abroad(text.lstrip("+")[2:])
    return None


def _unless_plus_is_missing(number: PhoneNumber, text: str) -> PhoneNumber | None:
    """The number; with its own country's code instead if it is none otherwise, and None if it may be either."""
    if text.startswith(("+", "0")) or not _may_begin_with(number.country_code, text):
        return number
    if not (abroad := _abroad(text)) or abroad == number:
        return number
    if abroad.country_code != number.country_code:
        return number
    return None if phonenumbers.is_valid_number(number) else abroad


def _may_begin_with(country_code: int | None, text: str) -> bool:
    """Whether a text may begin with the digits of a country code; letters stand for digits as on a keypad."""
    return bool(HAS_LETTERS.search(text)) or re.sub(r"\D", "", text).startswith(str(country_code))


def _abroad(text: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(f"+{text}")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _is_placeholder(number: PhoneNumber, written: str) -> bool:
    """One digit repeated, digits counted up or down, or nothing but zeros behind an area code."""
    national = phonenumbers.national_significant_number(number)
    typed = re.sub(r"\D", "", written)
    return national.endswith("0" * SHORTEST) or _is_filled_in(national) or _is_filled_in(typed)


def _is_filled_in(digits: str) -> bool:
    if digits == "12345678910":
        return True
    if len(digits) < 2:
        return False
    step = (int(digits[1]) - int(digits[0])) % 10
    return step in (0, 1, 9) and all((int(after) - int(one)) % 10 == step for one, after in pairwise(digits))
