"""The time zone of a contact, from what they say, their address or their phone, in that order. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers.geodata.locale import LOCALE_DATA
from phonenumbers.timezone import time_zones_for_geographical_number
from tzfpy import get_tz

from models.values.us_state import state_code

# Where a state or province has two zones, the one in which most of its people live.
US_STATES = {
    "America/New_York": "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV",
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR",
}
PROVINCES = {
    "America/St_Johns": "NL",
    "America/Halifax": "NB NS PE",
    "America/Toronto": "ON QC",
    "America/Winnipeg": "MB",
    "America/Regina": "SK",
    "America/Edmonton": "AB NT",
    "America/Vancouver": "BC",
    "America/Whitehorse": "YT",
    "America/Iqaluit": "NU",
}
COUNTRIES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "ES": "Europe/Madrid",
    "ID": "Asia/Jakarta",
    "IE": "Europe/Dublin",
    "KZ": "Asia/Almaty",
    "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/Chicago",
}
"""Countries of several zones: where most people live; of the USA the middle, from which nobody is far."""
COUNTRY_ALIASES = {"usa": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB"}
"""How people write countries, apart from code and name."""


@dataclass(frozen=True)
class LocationHints:
    """What is known of where somebody is, as it stands in the contact."""

    time_zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    state: str | None = None
    country: str | None = None
    phone: str | None = None


@lru_cache(maxsize=100_000)
def find_time_zone(who: LocationHints, home_country: str, home_zone: str) -> str:
    """Their zone by the best evidence there is; the company's when there is none. Addresses without a country are ours.

    A state, country or phone number of several zones gives the one in which most people live.
    """
    return (
        _by_own_field(who)
        or _by_coordinates(who)
        or _by_address(who, home_country)
        or _by_phone(who.phone)
        or home_zone
    )


def _by_own_field(who: LocationHints) -> str | None:
    return _zone_names().get((who.time_zone or "").strip().replace(" ", "_").lower())


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _by_coordinates(who: LocationHints) -> str | None:
    if who.latitude is None or who.longitude is None:
        return None
    return _zone_names().get(get_tz(who.longitude, who.latitude).lower())


def _by_address(who: LocationHints, home_country: str) -> str | None:
    country = _country(who.country) if who.country else home_country
    in_state = {"US": _us_state, "CA": _province}.get(country or "")
    found = in_state(who.state) if in_state and who.state else None
    # A lead of which we know neither state nor country tells more by the phone.
    return found or (_zone_of_country(country) if country and who.country else None)


def _us_state(state: str) -> str | None:
    return _zone_with_code(US_STATES, state_code(state))


def _province(province: str) -> str | None:
    return _zone_with_code(PROVINCES, state_code(province, "CA"))


def _zone_with_code(zones: dict[str, str], code: str | None) -> str | None:
    return next((zone for zone, codes in zones.items() if code in codes.split()), None)


def _country(name: str) -> str | None:
    """The two letters of a country given by code or name."""
    word = name.strip().lower()
    return word.upper() if word.upper() in LOCALE_DATA else COUNTRY_ALIASES.get(word) or _countries().get(word)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    return {name.lower(): code for code, names in LOCALE_DATA.items() for name in names.values()}


def _zone_of_country(country: str) -> str | None:
    if country in COUNTRIES:
        return COUNTRIES[country]
    code = phonenumbers.country_code_for_region(country)
    return _zone_of_number(phonenumbers.PhoneNumber(country_code=code, national_number=0)) if code else None


def _by_phone(phone: str | None) -> str | None:
    try:
        number = phonenumbers.parse(phone or "")
    except phonenumbers.NumberParseException:
        return None
    return _zone_of_number(number) or COUNTRIES.get(phonenumbers.region_code_for_number(number) or "")


def _zone_of_number(number: phonenumbers.PhoneNumber) -> str | None:
    """The zone of a number; of several one, if their clocks go alike."""
    zones = [zone for zone in time_zones_for_geographical_number(number) if zone.lower() in _zone_names()]
    return zones[-1] if zones and len({_utc_offsets(zone) for zone in zones}) == 1 else None


def _utc_offsets(zone: str) -> tuple[timedelta | None, ...]:
    """Offsets from UTC in winter and in summer; zones with equal offsets count as one."""
    return tuple(datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7))
