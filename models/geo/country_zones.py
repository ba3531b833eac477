"""The time zones of countries and of their states: which there are, and in which of them how many live. Pure.

Zones whose clocks go alike count as one. Of several the one with the most people comes first.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global

from models.values.readers.country import country_code
from models.values.subdivision import subdivision_code

Zones = tuple[str, ...]
"""IANA names, the likeliest first, none twice."""

SAMPLE_YEAR = 2027
"""Any year that follows the rules which are known for the time to come."""
LONGEST_CODE = 4
"""`WA` and `Ont.` may be places of several countries."""

COUNTRIES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney Australia/Brisbane Australia/Perth Australia/Adelaide Australia/Darwin Australia/Lord_Howe",
    "BR": "America/Sao_Paulo America/Manaus America/Rio_Branco America/Noronha",
    "CA": "America/Toronto America/Vancouver America/Edmonton America/Winnipeg America/Regina America/Halifax "
    "America/St_Johns America/Whitehorse America/Atikokan",
    "CD": "Africa/Kinshasa Africa/Lubumbashi",
    "CL": "America/Santiago America/Punta_Arenas Pacific/Easter",
    # All of China keeps the time of Beijing by law.
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "EC": "America/Guayaquil Pacific/Galapagos",
    "ES": "Europe/Madrid Atlantic/Canary",
    "FM": "Pacific/Chuuk Pacific/Pohnpei",
    "GL": "America/Nuuk America/Thule America/Danmarkshavn",
    "ID": "Asia/Jakarta Asia/Makassar Asia/Jayapura",
    "KI": "Pacific/Tarawa Pacific/Kiritimati Pacific/Kanton",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar Asia/Hovd",
    "MX": "America/Mexico_City America/Tijuana America/Hermosillo America/Ciudad_Juarez America/Cancun "
    "America/Matamoros",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland Pacific/Chatham",
    "PF": "Pacific/Tahiti Pacific/Marquesas Pacific/Gambier",
    "PG": "Pacific/Port_Moresby Pacific/Bougainville",
    "PT": "Europe/Lisbon Atlantic/Azores",
    "RU": "Europe/Moscow Asia/Yekaterinburg Asia/Krasnoyarsk Europe/Samara Asia/Irkutsk Asia/Vladivostok Asia/Omsk "
    "Asia/Yakutsk Europe/Kaliningrad Asia/Sakhalin Asia/Kamchatka",
    "UA": "Europe/Kyiv",
    "US": "America/New_York America/Chicago America/Los_Angeles America/Denver America/Phoenix Pacific/Honolulu "
    "America/Anchorage America/Adak",
    "UZ": "Asia/Tashkent",
}
"""Countries of several zones, and the names of some that have one. Of all others the IANA's list is asked."""

# Where nothing stands for a state, it keeps the time of the first zone of its country.
STATES = {
    "US": {
        "America/New_York": "CT DE DC GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV",
        "America/New_York America/Chicago": "FL IN KY MI",
        "America/Chicago": "AL AR IL IA LA MN MS MO OK WI",
        "America/Chicago America/New_York": "TN",
        "America/Chicago America/Denver": "KS NE ND SD TX",
        "America/Denver": "CO MT NM UT WY",
        "America/Denver America/Los_Angeles": "ID",
        "America/Phoenix America/Denver": "AZ",
        "America/Los_Angeles": "CA NV WA",
        "America/Los_Angeles America/Denver": "OR",
        "America/Anchorage America/Adak": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
    },
    "CA": {
        "America/St_Johns America/Halifax": "NL",
        "America/Halifax": "NB NS PE",
        "America/Toronto America/Winnipeg": "ON",
        "America/Toronto America/Halifax": "QC",
        "America/Winnipeg": "MB",
        "America/Regina America/Edmonton": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver America/Edmonton America/Whitehorse": "BC",
        "America/Whitehorse": "YT",
        "America/Toronto America/Winnipeg America/Edmonton": "NU",
    },
    "AU": {
        "Australia/Sydney": "ACT JBT TAS VIC",
        "Australia/Sydney Australia/Adelaide": "NSW",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
    },
    "BR": {
        "America/Manaus": "MT MS RO RR",
        "America/Manaus America/Rio_Branco": "AM",
        "America/Rio_Branco": "AC",
    },
    "MX": {
        "America/Tijuana": "BCN",
        "America/Hermosillo": "BCS NAY SIN SON",
        "America/Cancun": "ROO",
        "America/Mexico_City America/Ciudad_Juarez America/Matamoros": "CHH",
        "America/Mexico_City America/Matamoros": "COA NLE TAM",
    },
    "RU": {
        "Europe/Kaliningrad": "KGD",
        "Europe/Samara": "AST SAM SAR UD ULY",
        "Asia/Yekaterinburg": "BA CHE KGN KHM ORE PER SVE TYU YAN",
        "Asia/Omsk": "OMS",
        "Asia/Krasnoyarsk": "AL ALT KEM KK KYA NVS TOM TY",
        "Asia/Irkutsk": "BU IRK",
        "Asia/Yakutsk": "AMU ZAB",
        "Asia/Yakutsk Asia/Vladivostok Asia/Sakhalin": "SA",
        "Asia/Vladivostok": "KHA PRI YEV",
        "Asia/Sakhalin": "MAG SAK",
        "Asia/Kamchatka": "CHU KAM",
    },
    "ID": {
        "Asia/Makassar": "BA GO KI KS KU NB NT SA SG SN SR ST",
        "Asia/Jayapura": "MA MU PA PB",
    },
    "ES": {"Atlantic/Canary": "GC TF"},
    "PT": {"Atlantic/Azores": "20"},
    "CL": {"America/Punta_Arenas": "AI MA", "Pacific/Easter": "EA"},
    "EC": {"Pacific/Galapagos": "W"},
    "NZ": {"Pacific/Chatham": "CIT"},
    "MN": {"Asia/Hovd": "043"},
    "CD": {"Africa/Lubumbashi": "HK"},
}
"""Country -> zones -> states. A state of two zones has both: nobody can tell from the state which is theirs."""

TERRITORIES = {
    "AU": "CC CX NF",
    "CN": "HK MO",
    "DK": "FO GL",
    "FI": "AX",
    "FR": "BL GF GP MF MQ NC PF PM RE WF YT",
    "GB": "FK GG GI IM JE KY BM",
    "NL": "AW BQ CW SX",
    "NO": "SJ",
    "NZ": "CK NU TK",
    "US": "AS GU MP PR VI",
}
"""Countries that people name for places which have a code of their own: `France`, and `La Réunion` as the state."""


def zones_of_country(country: str) -> Zones:
    """The zones that a country, two letters, has; none for one that is not known."""
    named = COUNTRIES[country].split() if country in COUNTRIES else get_global("territory_zones").get(country, ())
    return distinct(named)


def zones_of_state(state: str, country: str) -> Zones:
    """The zones of a state, province or region as people write it, in a country; none for one that is not known."""
    if country in STATES and (code := subdivision_code(state, country)):
        return zones_with_code(code, country)
    territory = country_code(state) if country in TERRITORIES else None
    return zones_of_country(territory) if territory and territory in TERRITORIES[country].split() else ()


def zones_with_code(code: str, country: str) -> Zones:
    """The zones of a state by its code, in a country of several zones."""
    zones = next((zones for zones, codes in STATES[country].items() if code in codes.split()), None)
    return tuple(zones.split()) if zones else zones_of_country(country)[:1]


def country_of_state(state: str, home: str) -> str | None:
    """The only country that has such a state, for somebody of `home` who does not say which.

    None for abbreviations, which mean several, and where we do not know the states of `home`.
    """
    if home not in STATES or len(state.strip()) <= LONGEST_CODE:
        return None
    found = [country for country in STATES if subdivision_code(state, country)]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=10_000)
def _distinct(zones: Zones) -> Zones:
    return tuple({clock_of(zone): zone for zone in reversed(zones)}.values())[::-1]


def distinct(zones: Iterable[str]) -> Zones:
    """The zones without those whose clocks go like one before them."""
    return _distinct(tuple(zones))


@lru_cache(maxsize=10_000)
def both(some: Zones, others: Zones) -> Zones:
    """Those of `some` whose clocks go as in one of `others`."""
    clocks = {clock_of(zone) for zone in others}
    return tuple(zone for zone in some if clock_of(zone) in clocks)


@lru_cache(maxsize=1_000)
def clock_of(zone: str) -> tuple[timedelta | None, ...]:
    """Offsets from UTC through a year, so that clocks that go alike are known by it."""
    info = ZoneInfo(zone)
    days = (datetime(SAMPLE_YEAR, month, day, 12, tzinfo=UTC) for month in range(1, 13) for day in (5, 20))
    return tuple(day.astimezone(info).utcoffset() for day in days)
