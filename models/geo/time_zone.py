"""The time zones in which a contact may be, by what they say, their address and their phone. Pure.

What is more exact wins: their own field, coordinates, the postal code, the number, the state, the country. Each hint
leaves fewer of the zones that are possible by a weaker one.
"""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from babel import Locale
from babel.core import get_global
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers.timezone import time_zones_for_geographical_number
from tzfpy import get_tz

from models.geo.country_zones import Zones, both, country_of_state, distinct, zones_of_country, zones_of_state
from models.geo.distance import area_of
from models.geo.postal_zone import zones_of_postal_code
from models.values.readers.country import country_code, locales_of, name_key
from models.values.readers.time_zone import named_zone, zone_names


@dataclass(frozen=True)
class LocationHints:
    """What is known of where somebody is, as it stands in the contact."""

    time_zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    postal_code: str | None = None
    phone: str | None = None
    state: str | None = None
    city: str | None = None
    country: str | None = None


@lru_cache(maxsize=100_000)
def possible_time_zones(who: LocationHints, home_country: str, home_zone: str) -> Zones:
    """The zones in which they may be, the likeliest first; the company's alone where nothing is known.

    Several, where nobody can tell: a country or state of several zones, or a number from elsewhere than the address,
    as people keep their number when they move. Addresses without a country are where the number is from, or ours.
    """
    number = _number(who.phone)
    by_number = _zones_of_number(number) if number else ()
    country, at_home = _countries(who, number, home_country)
    by_address = _zones_of_address(who, country, (at_home, home_country))
    exact = (
        _zones_by_own_field(who.time_zone, by_address or by_number or zones_of_country(at_home))
        or _zones_of_place(who.latitude, who.longitude)
        or _zones_of_code(who.postal_code, country, at_home)
    )
    if exact:
        return _narrowed(exact, by_number, by_address)
    return _number_and_address(by_number, by_address) or (home_zone,)


def likely_time_zone(who: LocationHints, home_country: str, home_zone: str) -> str:
    """The likeliest of their zones: where one moment must do, such as nine in their morning."""
    return possible_time_zones(who, home_country, home_zone)[0]


def _countries(who: LocationHints, number: PhoneNumber | None, home: str) -> tuple[str | None, str]:
    """The country that they named, or None; and the one in which an address without a country is read."""
    named = country_code(who.country) if who.country else None
    region = _region(number) if number else None
    return named, named or region or home


def _zones_of_address(who: LocationHints, country: str | None, at_home: tuple[str, str]) -> Zones:
    """By state, city and country; a state counts before a city, of which there are several with one name."""
    city, _, rest = (who.city or "").partition(",")
    state = who.state or rest.strip()
    where = country or _country_with(state, at_home) or at_home[0]
    hints = (
        zones_of_state(state, where) if state else (),
        _zones_of_city(city, where) if city.strip() else (),
        zones_of_country(country) if country else (),
    )
    return _narrowed(*hints)


def _country_with(state: str, at_home: tuple[str, str]) -> str | None:
    """The country of a state that stands there without one."""
    found = next((country for country in at_home if state and zones_of_state(state, country)), None)
    return found or (country_of_state(state, at_home[1]) if state else None)


def _narrowed(*hints: Zones) -> Zones:
    """The zones of the first hint that gives some, as far as the weaker ones allow them too, if they allow any."""
    found: Zones = ()
    for hint in hints:
        found = (both(found, hint) or found) if found else hint
    return distinct(found)


def _number_and_address(by_number: Zones, by_address: Zones) -> Zones:
    """Where they contradict each other, nobody can tell which is true: both are possible."""
    common = both(by_number, by_address)
    return distinct(common or by_number + by_address)


def _zones_by_own_field(text: str | None, known: Zones) -> Zones:
    """The zone that they named. What means several is decided by where they are, else by what is usual."""
    named = named_zone(text) if text else None
    if named is None:
        return ()
    fitting = both(known, named.zones)
    if named.is_contested:
        return fitting if len(fitting) == 1 else ()
    return fitting or named.zones[:1]


def _zones_of_place(latitude: float | None, longitude: float | None) -> Zones:
    # Senders who know no place write zeros, which are in the sea off Ghana.
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return ()
    if abs(latitude) > 90 or abs(longitude) > 180:
        return ()
    zone = zone_names().get(get_tz(longitude, latitude).lower())
    return (zone,) if zone and not zone.startswith("Etc/") else ()


def _zones_of_code(code: str | None, country: str | None, at_home: str) -> Zones:
    """Without a country a code is read as one of where the number is from, else of ours."""
    if not code:
        return ()
    area = None if country else area_of(code, None, at_home)
    return zones_of_postal_code(code, country or (area.country if area else at_home))


def _zones_of_city(city: str, country: str) -> Zones:
    zone = _cities(country).get(name_key(city))
    return (zone,) if zone else ()


@lru_cache(maxsize=300)
def _cities(country: str) -> dict[str, str]:
    """Name -> zone, of the cities that zones of a country are called by, in English and as they are written there."""
    # `Knox` in America/Indiana/Knox is called so because hardly anybody knows it, and other states have one as well.
    zones = [zone for zone in get_global("territory_zones").get(country, ()) if zone.count("/") == 1]
    found = {name_key(zone.partition("/")[2].replace("_", " ")): zone for zone in zones}
    for locale in (Locale.parse("en"), *locales_of(country)):
        found |= {name_key(locale.time_zones[zone]["city"]): zone for zone in zones if zone in locale.time_zones}
    return found


def _number(phone: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(phone) if phone else None
    except phonenumbers.NumberParseException:
        return None


def _region(number: PhoneNumber) -> str | None:
    """The country of a number; None for those of no country, such as +800."""
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    return region if region not in ("ZZ", "001") else None


def _zones_of_number(number: PhoneNumber) -> Zones:
    """Of a number with an area its zones, of any other those of the country: mobile numbers and 0800 have no place."""
    region = _region(number)
    in_country = zones_of_country(region) if region else ()
    has_area = (
        phonenumbers.is_number_geographical(number)
        or phonenumbers.number_type(number) is PhoneNumberType.UNKNOWN
        or len(in_country) == 1
    )
    if not has_area:
        return in_country
    zones = distinct(zone for zone in time_zones_for_geographical_number(number) if zone.lower() in zone_names())
    return (both(in_country, zones) or zones) if zones else in_country
