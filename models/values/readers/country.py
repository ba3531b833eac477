"""Countries: what people call them, and how each writes its numbers and money. By Babel's data (Unicode CLDR)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro"),
    *("bg", "el", "tr", "ru", "uk", "lt", "lv", "et", "ar", "he", "fa", "hi", "th", "vi", "id", "ms", "ja", "ko", "zh"),
    *("zh_Hant", "ca", "eu", "gl", "cy", "ga", "sq", "mk", "sr", "sr_Latn", "ka", "hy"),
)
"""Languages in which the names of countries are understood."""
LONGEST_NAME = 100
OTHER_NAMES = {
    **dict.fromkeys(
        ("us of a", "the states", "america", "united states of america", "estados unidos de america"), "US"
    ),
    **dict.fromkeys(("england", "scotland", "wales", "northern ireland", "great britain", "britain"), "GB"),
    **{"holland": "NL", "the netherlands": "NL", "brd": "DE", "republic of ireland": "IE", "eire": "IE", "el": "GR"},
    **{"czech republic": "CZ", "russian federation": "RU", "south korea": "KR", "republic of korea": "KR", "uae": "AE"},
    **{"macedonia": "MK", "swaziland": "SZ", "burma": "MM", "ivory coast": "CI", "turkey": "TR", "prc": "CN"},
    **{
        "hong kong": "HK",
        "macau": "MO",
        "oesterreich": "AT",
        "congo": "CG",
        "drc": "CD",
        "bosnia": "BA",
        "viet nam": "VN",
    },
}
"""What people call countries besides."""


@dataclass(frozen=True)
class NumberSigns:
    """What stands in the numbers of a country; more than one of each where its languages differ."""

    groups: frozenset[str]
    """Between thousands."""
    decimals: frozenset[str]
    """Before the fraction."""


@lru_cache(maxsize=300)
def locales_of(country: str) -> tuple[Locale, ...]:
    """The country's official languages as they are written there, by its two letters; empty if it is not known."""
    found = []
    for language in get_official_languages(country, de_facto=True):
        try:
            found.append(Locale.parse(f"{language}_{country}"))
        except (UnknownLocaleError, ValueError):
            # Babel knows that the language is spoken there, and not how it is written.
            continue
    return tuple(found)


@lru_cache(maxsize=300)
def languages_of(country: str) -> frozenset[str]:
    """The codes of the country's official languages, such as de and fr."""
    return frozenset(locale.language for locale in locales_of(country))


@lru_cache(maxsize=300)
def number_signs(country: str) -> NumberSigns:
    """The signs in the numbers of a country."""
    symbols = [locale.number_symbols.get("latn", {}) for locale in locales_of(country)]
    groups = frozenset(each["group"] for each in symbols if "group" in each)
    return NumberSigns(groups, frozenset(each["decimal"] for each in symbols if "decimal" in each))


@lru_cache(maxsize=300)
def currency_of(country: str) -> str | None:
    """The ISO code of the money that is paid with there; None if the country is not known."""
    return next(iter(get_territory_currencies(country)), None)


def country_code(text: str) -> str | None:
    """The two letters of a country given by name, in any of LANGUAGES, or by code; None when it is not clear which."""
    return _code(text) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=1_000)
def _code(text: str) -> str | None:
    return _names().get(_key(text))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Name -> code, without names that two countries have."""
    meant: defaultdict[str, set[str]] = defaultdict(set)
    territories = {language: _territories(language) for language in LANGUAGES}
    codes = {code for code in territories["en"] if re.fullmatch("[A-Z]{2}", str(code))} - {"EU", "EZ", "UN", "ZZ"}
    for language in LANGUAGES:
        for code, name in territories[language].items():
            if code in codes:
                meant[_key(str(name))].add(str(code))
    known = {name: next(iter(found)) for name, found in meant.items() if len(found) == 1}
    aliases: Mapping[str, Sequence[str]] = get_global("territory_aliases")
    short = {code.casefold(): found[0] for code, found in aliases.items() if code.isalpha() and len(found) == 1}
    return known | short | OTHER_NAMES | {str(code).casefold(): str(code) for code in codes}


def _territories(language: str) -> dict[str, str]:
    """Code -> name in a language. Babel keeps whatever it has read, which would be 60 MB for them all."""
    found = {str(code): str(name) for code, name in Locale.parse(language).territories.items()}
    localedata.clear_caches()
    return found


def _key(text: str) -> str:
    """A name without case, accents, dots, brackets and articles in front."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter) and letter != ".")
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())
