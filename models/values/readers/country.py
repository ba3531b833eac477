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
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro"),
    *("bg", "el", "tr", "ru", "uk", "lt", "lv", "et", "ar", "he", "fa", "hi", "th", "vi", "id", "ms", "ja", "ko", "zh"),
    *("zh_Hant", "ca", "eu", "gl", "cy", "ga", "sq", "mk", "sr", "sr_Latn", "ka", "hy"),
)
"""Languages in which the names of countries are understood."""
LONGEST_NAME = 100
OTHER_NAMES = {
    **dict.fromkeys(
        ("us of a", "the states", "america", "united states of america", "estados unidos de america", "eeuu", "ee uu"),
        "US",
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
    **{"korea republic of": "KR", "korea south": "KR", "rep of korea": "KR", "korea north": "KP"},
    **dict.fromkeys(("korea democratic people s republic of", "democratic people s republic of korea", "dprk"), "KP"),
    **dict.fromkeys(("congo the democratic republic of the", "democratic republic of the congo", "dr congo"), "CD"),
    **dict.fromkeys(("congo republic of the", "republic of the congo"), "CG"),
    **dict.fromkeys(("taiwan roc", "taiwan r o c", "republic of china", "taiwan province of china"), "TW"),
    **{"lao people s democratic republic": "LA", "syrian arab republic": "SY", "libyan arab jamahiriya": "LY"},
    **{"holy see": "VA", "vatican": "VA", "virgin islands us": "VI", "virgin islands british": "VG", "usvi": "VI"},
    **{"macao": "MO", "香港": "HK", "澳門": "MO", "ประเทศไทย": "TH", "bharat": "IN", "ksa": "SA", "rsa": "ZA"},
    **{"n ireland": "GB", "s africa": "ZA", "s korea": "KR", "n korea": "KP", "kyrgyz republic": "KG"},
    **{"slovak republic": "SK", "east timor": "TL", "dubai": "AE", "abu dhabi": "AE", "aotearoa": "NZ"},
    **{
        "trinidad": "TT",
        "fyrom": "MK",
        "emirates": "AE",
        "palestine": "PS",
        "rep dominicana": "DO",
        "saint helena": "SH",
    },
    **{"saint helena ascension and tristan da cunha": "SH", "bonaire sint eustatius and saba": "BQ"},
    **{"united kingdom of great britain and northern ireland": "GB", "palestinian territory occupied": "PS"},
}
"""What people call countries besides."""
TITLES = frozenset(
    (
        *("the", "of", "and", "republic", "rep", "kingdom", "islamic", "federal", "federative", "federated"),
        *("federation", "state", "states", "commonwealth", "bolivarian", "plurinational", "united", "principality"),
        *("sultanate", "hashemite", "arab", "province", "mainland", "sar", "former", "yugoslav", "people", "s"),
        *("socialist", "grand", "duchy", "independent"),
    )
)
"""Words that the official name of a country has besides, as in the lists of the ISO, which most CRMs show."""
LONGEST_CODE = 3
SHORTEST_MISSPELT, LONGEST_MISSPELT = 8, 40
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
FLAG_A = 0x1F1E6


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
    """As it stands; else without what stands in brackets, as in `Germany (DE)`; else each of `DE - Germany`."""
    flag = FLAG.fullmatch(text.strip())
    if flag:
        return _names().get("".join(chr(ord(letter) - FLAG_A + ord("a")) for letter in flag[0]))
    for written in (text, re.sub(r"[(\[][^)\]]*[)\]]", " ", text)):
        key = name_key(written)
        bare = _without_titles(key)
        if found := _names().get(key) or _names().get(bare) or _names_without_titles().get(bare):
            return found
    parts = re.split(r"[/|]|\s[-\u2013]\s", text)
    named = {found for part in parts if (found := _names().get(name_key(part)))}
    return next(iter(named)) if len(parts) > 1 and len(named) == 1 else _misspelt(name_key(text))


def _misspelt(key: str) -> str | None:
    """`Phillipines` and `Untied States`: one letter too many, missing, wrong or in the wrong place."""
    if not SHORTEST_MISSPELT <= len(key) <= LONGEST_MISSPELT:
        return None
    near = extract(key, _names().keys(), scorer=OSA.distance, processor=None, score_cutoff=1, limit=10)
    meant = {_names()[name] for name, *_ in near}
    return next(iter(meant)) if len(meant) == 1 else None


@lru_cache(maxsize=1)
def _names_without_titles() -> dict[str, str]:
    """Names without `Republic of` and the like -> code, where one country alone is left."""
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for name, code in _names().items():
        if name not in OTHER_NAMES:
            meant[_without_titles(name)].add(code)
    return {name: next(iter(codes)) for name, codes in meant.items() if len(codes) == 1 and len(name) > LONGEST_CODE}


def _without_titles(key: str) -> str:
    """As `Moldova, Republic of` and `The Bahamas` are Moldova and Bahamas."""
    words = ["st" if word == "saint" else word for word in key.split() if word not in TITLES]
    return " ".join(words)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Name -> code, without names that two countries have."""
    meant: defaultdict[str, set[str]] = defaultdict(set)
    territories = {language: _territories(language) for language in LANGUAGES}
    codes = {code for code in territories["en"] if re.fullmatch("[A-Z]{2}", str(code))} - {"EU", "EZ", "UN", "ZZ"}
    for language in LANGUAGES:
        for code, name in territories[language].items():
            if code in codes:
                meant[name_key(str(name))].add(str(code))
    known = {name: next(iter(found)) for name, found in meant.items() if len(found) == 1}
    aliases: Mapping[str, Sequence[str]] = get_global("territory_aliases")
    short = {code.casefold(): found[0] for code, found in aliases.items() if code.isalpha() and len(found) == 1}
    return known | short | OTHER_NAMES | {str(code).casefold(): str(code) for code in codes}


def _territories(language: str) -> dict[str, str]:
    """Code -> name in a language. Babel keeps whatever it has read, which would be 60 MB for them all."""
    found = {str(code): str(name) for code, name in Locale.parse(language).territories.items()}
    localedata.clear_caches()
    return found


def name_key(text: str) -> str:
    """The name of a place without case, accents, dots, brackets and articles in front."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter) and letter != ".")
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())
