"""Time zones as people and other programs write them: `PST`, `Pacific Time (US & Canada)`, `UTC+5:30`.

Names come from the IANA's list, from Windows' and from Unicode's CLDR, by Babel; what Rails calls zones besides and
abbreviations stand here.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, localedata
from babel.core import get_global

from models.values.readers.bad_value import BadValue
from models.values.readers.country import name_key
from models.values.readers.text import clean_text

LONGEST_NAME = 200
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")
"""Languages in which names such as Mitteleuropäische Zeit are understood. Babel needs 50 ms for each, once."""
NOT_A_PLACE = {"localtime", "factory", "posixrules"}

OFFSET = re.compile(
    r"(?:utc|gmt|z)?\s*([+\-\u2212\u2013])\s*(\d{1,2})(?:[:.h]?([0-5]\d)|[.,](5|75))?(?:\s*(?:hours|hrs|h))?"
)
PREFIX = re.compile(r"[(\[]?\s*(?:utc|gmt)\s*(?:[+\-\u2212\u2013]\s*\d{1,2}(?:[:.]?\d\d)?)?\s*[)\]]?\s*[-\u2013:,]?\s*")
IANA = re.compile(r"[a-z]+(?:[ _-][a-z]+)*/[a-z_+\-0-9]+(?:/[a-z_\-]+)?")
LONGEST_OFFSET = 14 * 60
"""Minutes: the easternmost islands are 14 hours ahead."""

# Offsets that are no whole hours, and a place that keeps them, the whole year where there is one.
PLACES_OF_OFFSETS = {
    -570: "Pacific/Marquesas",
    -210: "America/St_Johns",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
    630: "Australia/Lord_Howe",
    765: "Pacific/Chatham",
}

ABBREVIATIONS = {
    "UTC": "Etc/UTC",
    "Z": "Etc/UTC",
    "Zulu": "Etc/UTC",
    "GMT": "Etc/GMT Europe/London",
    "PST PDT PT": "America/Los_Angeles America/Vancouver America/Tijuana Asia/Manila",
    "MST MDT MT": "America/Denver America/Phoenix America/Edmonton America/Mazatlan",
    "EST EDT ET": "America/New_York America/Toronto America/Panama Australia/Brisbane Australia/Sydney",
    "CDT CT": "America/Chicago America/Winnipeg",
    "AKST AKDT AKT": "America/Anchorage",
    "HST HDT HAST": "Pacific/Honolulu America/Adak",
    "ADT": "America/Halifax",
    "NST NDT": "America/St_Johns",
    "WET WEST": "Europe/Lisbon Atlantic/Canary",
    "CET CEST MEZ MESZ MET": "Europe/Berlin Africa/Algiers",
    "EET EEST OEZ": "Europe/Helsinki Europe/Kyiv Africa/Cairo Europe/Kaliningrad Africa/Tripoli",
    "MSK": "Europe/Moscow",
    "TRT": "Europe/Istanbul",
    "SAST": "Africa/Johannesburg",
    "EAT": "Africa/Nairobi",
    "CAT": "Africa/Harare",
    "WAT": "Africa/Lagos",
    "BRT": "America/Sao_Paulo",
    "ART": "America/Argentina/Buenos_Aires",
    "CLT CLST": "America/Santiago",
    "COT": "America/Bogota",
    "PET": "America/Lima",
    "UYT": "America/Montevideo",
    "PYT": "America/Asuncion",
    "BOT": "America/La_Paz",
    "VET": "America/Caracas",
    "GST": "Asia/Dubai",
    "AZT": "Asia/Baku",
    "IRST": "Asia/Tehran",
    "AFT": "Asia/Kabul",
    "PKT": "Asia/Karachi",
    "NPT": "Asia/Kathmandu",
    "BDT": "Asia/Dhaka",
    "MMT": "Asia/Yangon",
    "ICT": "Asia/Bangkok",
    "WIB": "Asia/Jakarta",
    "WITA": "Asia/Makassar",
    "WIT": "Asia/Jayapura",
    "SGT": "Asia/Singapore",
    "MYT": "Asia/Kuala_Lumpur",
    "PHT PHST": "Asia/Manila",
    "HKT": "Asia/Hong_Kong",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "UZT": "Asia/Tashkent",
    "YEKT": "Asia/Yekaterinburg",
    "OMST": "Asia/Omsk",
    "NOVT": "Asia/Novosibirsk",
    "KRAT": "Asia/Krasnoyarsk",
    "IRKT": "Asia/Irkutsk",
    "YAKT": "Asia/Yakutsk",
    "VLAT": "Asia/Vladivostok",
    "AWST": "Australia/Perth",
    "ACST ACDT": "Australia/Adelaide Australia/Darwin",
    "AEST AEDT AET": "Australia/Sydney Australia/Brisbane",
    "NZST NZDT NZT": "Pacific/Auckland",
    "ChST": "Pacific/Guam",
}
"""Abbreviation -> the zone that is meant by it, and others that are where the person's country says so."""
CONTESTED = {
    "IST": "Asia/Kolkata Asia/Jerusalem Europe/Dublin",
    "CST": "America/Chicago Asia/Shanghai America/Mexico_City America/Regina Asia/Taipei",
    "BST": "Europe/London Asia/Dhaka Pacific/Bougainville",
    "AST": "America/Halifax Asia/Riyadh America/Puerto_Rico",
    "AMT": "America/Manaus Asia/Yerevan",
    "ECT": "America/Guayaquil Europe/Berlin",
    "SST": "Pacific/Pago_Pago Asia/Singapore",
    "WST": "Australia/Perth Pacific/Apia",
    "IDT": "Asia/Jerusalem",
}
"""Abbreviations of which nobody can say what they mean before the person's country is known."""
META_ZONES = {
    "America_Pacific": "America/Los_Angeles",
    "America_Mountain": "America/Denver",
    "America_Central": "America/Chicago",
    "America_Eastern": "America/New_York",
    "Atlantic": "America/Halifax",
    "Australia_Eastern": "Australia/Sydney",
    "Australia_Central": "Australia/Adelaide",
    "Europe_Central": "Europe/Berlin",
    "Europe_Eastern": "Europe/Helsinki",
    "Europe_Western": "Europe/Lisbon",
    "Brasilia": "America/Sao_Paulo",
    "Moscow": "Europe/Moscow",
    "China": "Asia/Shanghai",
    "GMT": "Etc/GMT",
}
"""CLDR's groups of zones that share a name -> the one that is meant where nothing else is known."""
OTHER_NAMES = {
    **dict.fromkeys(("eastern", "us eastern", "east coast"), "America/New_York"),
    **dict.fromkeys(("central", "us central"), "America/Chicago"),
    **dict.fromkeys(("mountain", "us mountain"), "America/Denver"),
    **dict.fromkeys(("pacific", "us pacific", "west coast"), "America/Los_Angeles"),
    **{"us pacific new": "America/Los_Angeles", "us alaska": "America/Anchorage", "us hawaii": "Pacific/Honolulu"},
    **{"international date line west": "Etc/GMT+12", "midway island": "Pacific/Midway", "hawaii": "Pacific/Honolulu"},
    **{"american samoa": "Pacific/Pago_Pago", "alaska": "America/Anchorage", "arizona": "America/Phoenix"},
    **{"indiana east": "America/Indiana/Indianapolis", "central america": "America/Guatemala"},
    **{"saskatchewan": "America/Regina", "newfoundland": "America/St_Johns", "atlantic": "America/Halifax"},
    **{"canada atlantic": "America/Halifax", "georgetown": "America/Guyana", "brasilia": "America/Sao_Paulo"},
    **{"greenland": "America/Nuuk", "mid atlantic": "Atlantic/South_Georgia", "cape verde is": "Atlantic/Cape_Verde"},
    **{"west central africa": "Africa/Lagos", "pretoria": "Africa/Johannesburg", "edinburgh": "Europe/London"},
    **{"bern": "Europe/Zurich", "st petersburg": "Europe/Moscow", "ekaterinburg": "Asia/Yekaterinburg"},
    **{"abu dhabi": "Asia/Dubai", "islamabad": "Asia/Karachi", "astana": "Asia/Almaty", "kyev": "Europe/Kyiv"},
    **dict.fromkeys(("chennai", "mumbai", "new delhi", "bangalore", "india", "indian standard time"), "Asia/Kolkata"),
    **{"sri jayawardenepura": "Asia/Colombo", "hanoi": "Asia/Bangkok", "beijing": "Asia/Shanghai"},
    **{"osaka": "Asia/Tokyo", "sapporo": "Asia/Tokyo", "ulaan bataar": "Asia/Ulaanbaatar"},
    **{"canberra": "Australia/Sydney", "wellington": "Pacific/Auckland", "solomon is": "Pacific/Guadalcanal"},
    **{"new caledonia": "Pacific/Noumea", "marshall is": "Pacific/Majuro", "tokelau is": "Pacific/Fakaofo"},
    **{"guadalajara": "America/Mexico_City", "san francisco": "America/Los_Angeles", "uk": "Europe/London"},
}
"""What Rails, calendars and people call zones besides."""


@dataclass(frozen=True)
class NamedZone:
    """What somebody called their zone: the IANA names of those that can be meant, the likeliest first."""

    zones: tuple[str, ...]
    is_contested: bool = False
    """Whether nobody can say which of them is meant before the person's country is known."""


def read_time_zone(value: Any) -> str:
    """The IANA name of the zone that somebody wrote, `UTC+05:30` for an offset; what is contested as it stands.

    Raises BadValue for what is no zone.
    """
    text = clean_text(value)
    named = named_zone(text)
    if named is None:
        raise BadValue(value, "a time zone, such as America/New_York, PST or UTC+5:30,")
    return text if len(named.zones) > 1 else named.zones[0]


def named_zone(text: str) -> NamedZone | None:
    """The zones that a name, an abbreviation or an offset from UTC can mean; None for what is no zone."""
    return _named(text.strip()) if len(text) <= LONGEST_NAME else None


@lru_cache(maxsize=2_000)
def _named(text: str) -> NamedZone | None:
    word = text.casefold().replace("_slash_", "/").replace("_hyphen_", "-").replace("_plus_", "+")
    return (
        _abbreviation(word)
        or _by_iana_name(word)
        or _by_windows_name(word)
        or _by_offset(word)
        or _by_names_in(word)
        or _by_offset(PREFIX.match(word)[0].strip(" ()[]-:,") if PREFIX.match(word) else "")  # type: ignore[index]
    )


def _abbreviation(word: str) -> NamedZone | None:
    return _abbreviations().get(word.strip("() "))


@lru_cache(maxsize=1)
def _abbreviations() -> dict[str, NamedZone]:
    known = {
        name.casefold(): NamedZone(tuple(zones.split()))
        for names, zones in ABBREVIATIONS.items()
        for name in names.split()
    }
    return known | {name.casefold(): NamedZone(tuple(zones.split()), True) for name, zones in CONTESTED.items()}


def _by_iana_name(word: str) -> NamedZone | None:
    """`america/los angeles`, also where it stands in a sentence, as Salesforce and spreadsheets have it."""
    exact = zone_names().get(word.replace(" ", "_"))
    if exact:
        return NamedZone((exact,))
    inside = (zone_names().get(found.replace(" ", "_")) for found in IANA.findall(word))
    return next((NamedZone((name,)) for name in inside if name), None)


@lru_cache(maxsize=1)
def zone_names() -> dict[str, str]:
    """Name in lower case -> name, of every zone and alias that the IANA has."""
    return {name.lower(): name for name in available_timezones() if name.lower() not in NOT_A_PLACE}


def _by_windows_name(word: str) -> NamedZone | None:
    name = _windows_names().get(name_key(word))
    return NamedZone((name,)) if name else None


@lru_cache(maxsize=1)
def _windows_names() -> dict[str, str]:
    # `UTC+12` is a name in Windows' list and an offset to everybody; both mean the same.
    names = {name_key(name): zone for name, zone in get_global("windows_zone_mapping").items() if "UTC" not in name}
    # As names of CLDR they mean more zones than the one of Windows.
    return {name: zone for name, zone in names.items() if name not in _names(LANGUAGES[:1])}


def _by_offset(word: str) -> NamedZone | None:
    """A fixed offset has no summer time."""
    match = OFFSET.fullmatch(word.strip("() "))
    if match is None:
        return None
    # Half hours are also written as 5.5.
    beside = int(match[3] or 0) + {"5": 30, "75": 45}.get(match[4], 0)
    minutes = (int(match[2]) * 60 + beside) * (1 if match[1] == "+" else -1)
    if abs(minutes) > LONGEST_OFFSET:
        return None
    if minutes % 60:
        place = PLACES_OF_OFFSETS.get(minutes)
        return NamedZone((place,)) if place else None
    # POSIX counts westward: Etc/GMT+8 is eight hours behind.
    return NamedZone((f"Etc/GMT{-minutes // 60:+d}" if minutes else "Etc/UTC",))


def _by_names_in(word: str) -> NamedZone | None:
    """The first name in a text such as `(UTC+01:00) Amsterdam, Berlin, Rome` or `Eastern Time (US & Canada)`."""
    rest = PREFIX.sub("", word, count=1) if PREFIX.match(word) else word
    without_brackets = re.sub(r"\([^)]*\)", " ", rest)
    parts = [
        rest,
        without_brackets,
        *re.split(r"[,;/|]|\s[-\u2013]\s", without_brackets),
        *re.findall(r"\(([^)]*)\)", rest),
    ]
    for part in parts:
        if found := _by_name(name_key(part)):
            return found
    return None


def _by_name(key: str) -> NamedZone | None:
    if not key:
        return None
    if key in OTHER_NAMES:
        return NamedZone((OTHER_NAMES[key],))
    return (
        _abbreviations().get(key)
        or _by_windows_name(key)
        or _names(LANGUAGES[:1]).get(key)
        or _names(LANGUAGES).get(key)
    )


@lru_cache(maxsize=2)
def _names(languages: tuple[str, ...]) -> dict[str, NamedZone]:
    """Names of zones and of the cities that they are called by."""
    found: dict[str, NamedZone] = {
        name_key(zone.split("/")[-1].replace("_", " ")): NamedZone((zone,)) for zone in _places()
    }
    for language in languages:
        locale = Locale.parse(language)
        cities = {zone: names["city"] for zone, names in locale.time_zones.items() if "city" in names}
        found |= {name_key(city): NamedZone((zone,)) for zone, city in cities.items() if zone in _places()}
        for meta_zone, names in locale.meta_zones.items():
            if zones := zones_of_meta_zone(meta_zone):
                found |= {name_key(name): NamedZone(zones) for name in dict(names.get("long", {})).values()}
        localedata.clear_caches()
    return found


def zones_of_meta_zone(meta_zone: str) -> tuple[str, ...]:
    """The zones that share a name in CLDR, the one that is meant mostly in front."""
    zones = [zone for zone, name in get_global("meta_zones").items() if name == meta_zone and zone in _places()]
    first = [META_ZONES[meta_zone]] if meta_zone in META_ZONES else []
    return tuple(dict.fromkeys([*first, *sorted(zones)]))


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    """Zones that are called by a city."""
    return frozenset(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "US/")))
