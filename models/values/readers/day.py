"""Reads dates as people write them in a country, or not at all: a date that could be two days is never guessed. Pure.

`03/04/2026` is a day in April where the day comes first and one in March where the month does; the country that the
text comes from settles it. Names of months are those of Babel, in the country's languages and the great ones.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale

from models.values.readers.bad_value import BadValue
from models.values.readers.country import locales_of
from models.values.readers.number import plain

EXPECTED = "a date such as 2026-03-31"
YEARS = range(1900, 2200)
"""Others are slips of a finger, such as 0206, or another calendar."""
LONGEST_DATE = 100
"""Characters."""
PIVOT = 69
"""Of years in two digits: from here on the last century, as in POSIX."""
LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro", "tr", "el", "ru", "uk"),
    *("id", "hr", "sk", "sl", "bg", "lt", "lv", "et", "vi", "he", "ar", "hi"),
)
"""Languages whose months are read wherever they stand, if the name is no other month elsewhere."""

CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[ap]\.?m\.?|\s*uhr|\s*h(?:rs)?)?"
TIME = re.compile(rf"[\sT,]\s*(?:at\s+)?{CLOCK}\s*(?:Z|UTC|GMT)?\s*(?:[+-]\d{{2}}:?\d{{2}})?\s*(?:\([^()]*\))?$", re.I)
YEAR_FIRST = re.compile(r"(?P<year>\d{4})\s?([-/.])\s?(?P<month>\d{1,2})\s?\2\s?(?P<day>\d{1,2})\.?")
YEAR_LAST = re.compile(r"(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})\.?")
EAST_ASIAN = re.compile(r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]")
ORDINAL = r"(?:st|nd|rd|th|er|re|º|ª|°|\.)?"
JOINED = r"(?:[\s,./-]|\bof\b|\bde\b|\bdel\b|\bthe\b|')*"
DAY, MONTH = rf"(?P<day>\d{{1,2}}){ORDINAL}", r"(?P<month>[^\W\d_]+)\.?"
NAMED = (
    re.compile(rf"(?:le |el |den |der |am |on )?{DAY}{JOINED}{MONTH}{JOINED}(?P<year>\d{{4}}|\d{{2}})(?:\.|\s?г\.?)?"),
    re.compile(rf"{MONTH}{JOINED}{DAY}{JOINED}(?P<year>\d{{4}}|(?<=')\d{{2}})"),
    re.compile(rf"(?P<year>\d{{4}})\.?{JOINED}{MONTH}{JOINED}{DAY}"),
)
WITHOUT_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
"""How keyboards without them write them."""
WEEKDAY = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)?)\.?[\s,]+(?=.*\d)")


def read_date(value: Any, country: str = "US") -> date:
    """The day that a text from a country names, between the first and last of YEARS; BadValue if it is not clear.

    A day without a year, a month alone, a bare number such as a spreadsheet's, and words such as `next week` are no
    dates. A time of day behind the date is left aside.
    """
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if not isinstance(value, str) or len(value) > LONGEST_DATE:
        raise BadValue(value, EXPECTED)
    text = " ".join(plain(value).split())
    days = set(_days(TIME.sub("", text), country)) or set(_iso(text))
    if len(days) != 1:
        raise BadValue(value, EXPECTED)
    return days.pop()


def _days(text: str, country: str) -> Iterator[date]:
    """Every day that the text can mean."""
    if found := EAST_ASIAN.fullmatch(text) or YEAR_FIRST.fullmatch(text):
        yield from _day(found["year"], found["month"], found["day"])
    elif found := YEAR_LAST.fullmatch(text):
        yield from _numeric(found[1], found[2], found[3], found[4], country)
    else:
        yield from _named(text, country)


def _iso(text: str) -> Iterator[date]:
    try:
        day = (datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)).isoformat()[:10]
    except ValueError:
        return
    yield from _day(*day.split("-"))


def _day(year: str, month: str, day: str) -> Iterator[date]:
    """The day, unless the calendar has none such."""
    number = int(year)
    if len(year) <= 2:
        number += 1900 if number >= PIVOT else 2000
    try:
        found = date(number, int(month), int(day))
    except ValueError:
        return
    if found.year in YEARS:
        yield found


def _numeric(first: str, sign: str, second: str, year: str, country: str) -> Iterator[date]:
    """Three numbers with the year at the end; both readings where nothing settles whether the day or month is first."""
    ways = {"dmy": [*_day(year, second, first)], "mdy": [*_day(year, first, second)]}
    style = _style(country)
    if len(year) == 2:
        # It may be first as well: only what is written wholly in the country's own way is clear.
        yield from ways.get(style.order, []) if sign in style.signs else []
    elif ways["dmy"] and ways["mdy"]:
        # With points the day comes first, unless the country puts it second.
        order = style.order if sign != "." or style.order == "dmy" else "" if style.order == "mdy" else "dmy"
        yield from ways.get(order, ways["dmy"] + ways["mdy"])
    else:
        yield from ways["dmy"] or ways["mdy"]


def year_last_numbers(text: str) -> tuple[int, int, int] | None:
    """The two numbers of a text before the year at its end, and the year: of `03/04/2026 14:30` 3, 4 and 2026."""
    words = " ".join(plain(text).split()) if len(text) <= LONGEST_DATE else ""
    found = YEAR_LAST.fullmatch(TIME.sub("", words))
    if found is None:
        return None
    year = int(found[4])
    return int(found[1]), int(found[3]), year if year > 99 else year + (1900 if year >= PIVOT else 2000)


class _Style(NamedTuple):
    """How a country writes a date in numbers."""

    order: str
    """`dmy`, `mdy` or `ymd`; "" where its languages differ."""
    signs: frozenset[str]


@lru_cache(maxsize=300)
def _style(country: str) -> _Style:
    patterns = [locale.date_formats["short"].pattern.lower() for locale in locales_of(country)]
    orders = {"".join(dict.fromkeys(re.sub("[^dmy]", "", pattern))) for pattern in patterns}
    signs = frozenset(sign for pattern in patterns for sign in re.findall("[-/.]", pattern))
    return _Style(orders.pop() if len(orders) == 1 else "", signs)


def _named(text: str, country: str) -> Iterator[date]:
    """A date with the month as a word, with or without the day of the week before it."""
    spoken = text.casefold()
    weekday: int | None = None
    # "Mar 31, 2026" begins with a month, though "mar." is a Tuesday in some languages.
    is_whole = any(way.fullmatch(spoken) for way in NAMED)
    found = None if is_whole else WEEKDAY.match(spoken)
    if found and (weekday := _names(country).weekdays.get(_key(found[1]))) is not None:
        spoken = spoken[found.end() :]
    for way in NAMED:
        found = way.fullmatch(spoken)
        if found and (month := _names(country).months.get(_key(found["month"]))):
            days = _day(found["year"], str(month), found["day"])
            yield from (day for day in days if weekday is None or day.weekday() == weekday)
            return


def _key(word: str) -> str:
    """A word without case, accents and full stop, as keyboards often cannot write them."""
    letters = unicodedata.normalize("NFKD", word.casefold().strip("."))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


class _Names:
    """What months and days of the week are called in a country and by the world."""

    def __init__(self, locales: Iterable[Locale]) -> None:
        own = [Locale("en"), *locales]
        world = [Locale(language) for language in LANGUAGES]
        self.months = _unmistakable(own, world, "months")
        self.weekdays = _unmistakable(own, world, "days")


@lru_cache(maxsize=64)
def _names(country: str) -> _Names:
    return _Names(locales_of(country))


def _unmistakable(own: list[Locale], world: list[Locale], what: str) -> dict[str, int]:
    """Name -> number. A name that means two things counts only if the country's own languages say which."""
    known: dict[str, int] = {}
    for locales in (world, own):
        meant: defaultdict[str, set[int]] = defaultdict(set)
        for locale in locales:
            for name, number in _spellings(getattr(locale, what)):
                meant[name].add(number)
        for name, numbers in meant.items():
            if len(numbers) == 1:
                known[name] = next(iter(numbers))
            else:
                known.pop(name, None)
    return known


def _spellings(data: Any) -> Iterator[tuple[str, int]]:
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in data[context][width].items():
                for spelling in (name, name.casefold().translate(WITHOUT_UMLAUTS)):
                    if (key := _key(spelling)) and not key.isdigit():
                        yield key, number
