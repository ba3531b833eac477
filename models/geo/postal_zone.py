"""The time zones of postal codes. Pure: the data comes from packages, and is read once."""

import re
from functools import lru_cache

from tzfpy import get_tz

from models.geo.country_zones import STATES, Zones, zones_with_code
from models.geo.distance import area_of
from models.geo.postal_codes import us_areas
from models.values.subdivision import codes_by_postal_code

PLACES = {
    "BR": {"5399": "America/Noronha"},
    "CA": {
        "V": "America/Vancouver",
        "V0C": "America/Edmonton",
        "V1G": "America/Edmonton",
        "V1J": "America/Edmonton",
        "G4T": "America/Halifax",
        **dict.fromkeys(("K", "L", "M", "N"), "America/Toronto"),
        **dict.fromkeys(("P0T", "P0V", "P0W", "P0X", "P8N", "P8T", "P9A", "P9N"), "America/Winnipeg America/Toronto"),
        "P": "America/Toronto",
    },
    "CL": {**dict.fromkeys(("60", "61", "62", "63"), "America/Punta_Arenas"), "277": "Pacific/Easter"},
    "EC": {"20": "Pacific/Galapagos"},
    "FR": {
        **{"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion"},
        **{
            "975": "America/Miquelon",
            "976": "Indian/Mayotte",
            "977": "America/St_Barthelemy",
            "978": "America/Marigot",
        },
        **{"986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea"},
    },
    "ID": {
        **dict.fromkeys(
            ("70", "71", "72", "75", "76", "77", "80", "81", "82", "83", "84", "85", "86", "87"), "Asia/Makassar"
        ),
        **dict.fromkeys(("90", "91", "92", "93", "94", "95", "96"), "Asia/Makassar"),
        **dict.fromkeys(("97", "98", "99"), "Asia/Jayapura"),
        **dict.fromkeys(("1", "2", "3", "4", "5", "6", "73", "74", "78", "79"), "Asia/Jakarta"),
    },
    "NZ": {"8016": "Pacific/Chatham"},
    "PT": {**dict.fromkeys(("95", "96", "97", "98", "99"), "Atlantic/Azores"), "": "Europe/Lisbon"},
}
"""How codes begin that are of a zone of their own in their country; the longest beginning counts."""
SHORTEST_CODE = 3


def zones_of_postal_code(code: str, country: str) -> Zones:
    """The zones of a postal code as people type it, in a country; none where it tells nothing, or is none there."""
    if country == "US":
        area = area_of(code, country, None)
        return _zone_of_us_area(area.code) if area else ()
    plain = re.sub(r"[^0-9A-Z]", "", code.upper())
    if len(plain) < SHORTEST_CODE:
        return ()
    return _by_begin(plain, country) or _by_state(plain, country)


def _by_begin(code: str, country: str) -> Zones:
    begins = PLACES.get(country, {})
    longest = max((begin for begin in begins if code.startswith(begin)), key=len, default=None)
    return () if longest is None else tuple(begins[longest].split())


def _by_state(code: str, country: str) -> Zones:
    if country not in STATES:
        return ()
    state = next((state for begins, state in codes_by_postal_code(country) if begins.match(code)), None)
    return zones_with_code(state, country) if state else ()


def _zone_of_us_area(code: str) -> Zones:
    place = _us_places().get(code)
    return (get_tz(place[1], place[0]),) if place else ()


@lru_cache(maxsize=1)
def _us_places() -> dict[str, tuple[float, float]]:
    """Code -> latitude and longitude. The middle of an area tells its zone also where a state has two."""
    return {code: (latitude, longitude) for _, code, latitude, longitude in us_areas()}
