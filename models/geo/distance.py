"""Where contacts and salespeople are, and how far apart."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from models.database import to_json
from models.values.readers.country import country_code

CONTACTS = text("""
SELECT id, latitude, longitude, country, postal_code,
       (SELECT document #>> '{company,country}' FROM playbook ORDER BY id DESC LIMIT 1) AS home
FROM contact WHERE id = ANY(:contacts)
""")

DISTANCES = text("""
-- Haversine on a sphere of the earth's mean radius R1 (IUGG; Moritz, Geodetic Reference System 1980, 2000).
WITH lead AS MATERIALIZED (
    SELECT n.id, radians(coalesce(n.latitude, area.latitude)) AS latitude,
           radians(coalesce(n.longitude, area.longitude)) AS longitude
    FROM jsonb_to_recordset(CAST(:places AS jsonb))
         AS n (id bigint, latitude float, longitude float, country text, code text)
    LEFT JOIN postal_area area ON area.country = n.country AND area.code = n.code
    WHERE coalesce(n.latitude, area.latitude) IS NOT NULL),
member AS MATERIALIZED (
    SELECT id, radians(latitude) AS latitude, radians(longitude) AS longitude
    FROM rep WHERE id = ANY(:reps) AND latitude IS NOT NULL AND longitude IS NOT NULL)
SELECT lead.id, array_agg(member.id), array_agg(2 * 6371.0088 * asin(least(1, sqrt(
    sin((member.latitude - lead.latitude) / 2) ^ 2
    + cos(lead.latitude) * cos(member.latitude) * sin((member.longitude - lead.longitude) / 2) ^ 2))))
FROM lead CROSS JOIN member GROUP BY lead.id
""")

LOCATE = text("""
UPDATE rep SET latitude = area.latitude, longitude = area.longitude
FROM jsonb_to_recordset(CAST(:reps AS jsonb)) AS n (email text, country text, code text)
LEFT JOIN postal_area area ON area.country = n.country AND area.code = n.code
WHERE rep.email = n.email
  AND (rep.latitude, rep.longitude) IS DISTINCT FROM (area.latitude, area.longitude)
RETURNING rep.email, area.code
""")

US_CODE = re.compile(r"(\d{3,5})(?:-\d{0,4})?")
US_CODE_OF_NINE = re.compile(r"\d{7,9}")
CANADIAN_CODE = re.compile(r"([A-Z]\d[A-Z])-?(?:\d[A-Z]\d)?")


class AreaKey(NamedTuple):
    """How a postal area is called in the table postal_area."""

    country: str
    code: str


def area_of(postal_code: str | None, country: str | None, home: str | None) -> AreaKey | None:
    """The postal area that a code as people type it means, or None.

    Without a country it is taken to be of `home`, the company's; where that is one of the two that we know, the code
    itself tells which, as no code is one of both. Spreadsheets lose zeros in front: 2134 is 02134.
    """
    known = country_code(country or home or "")
    code = re.sub(r"\s|\.0$", "", (postal_code or "").upper())
    found = (_us_area(code) or _canadian_area(code)) if known in ("US", "CA") else None
    return found if found and (not country or found.country == known) else None


def _us_area(code: str) -> AreaKey | None:
    if US_CODE_OF_NINE.fullmatch(code):
        return AreaKey("US", code.zfill(9)[:5])
    match = US_CODE.fullmatch(code)
    return AreaKey("US", match[1].zfill(5)) if match else None


def _canadian_area(code: str) -> AreaKey | None:
    match = CANADIAN_CODE.fullmatch(code)
    return AreaKey("CA", match[1]) if match else None


def distances(connection: Connection, contacts: Sequence[int], reps: Sequence[int]) -> dict[int, dict[int, float]]:
    """Contact -> salesperson -> kilometres. Contacts and salespeople whose place is not known are left out.

    A contact's own coordinates count before those of the postal area.
    """
    rows = connection.execute(CONTACTS, {"contacts": list(contacts)})
    places = [place for row in rows if (place := _place(row))]
    if not places or not reps:
        return {}
    found = connection.execute(DISTANCES, {"places": to_json(places), "reps": list(reps)})
    return {contact: dict(zip(ids, kilometres, strict=True)) for contact, ids, kilometres in found}


def _place(row: Any) -> dict[str, Any] | None:
    if _is_on_earth(row.latitude, row.longitude):
        return {"id": row.id, "latitude": row.latitude, "longitude": row.longitude}
    area = area_of(row.postal_code, row.country, row.home)
    return {"id": row.id} | area._asdict() if area else None


def _is_on_earth(latitude: float | None, longitude: float | None) -> bool:
    """Senders exchange the two, or write something else into them; such a place counts as not given."""
    return latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180


def locate_reps(connection: Connection, postal_codes: Mapping[str, str | None], home: str) -> list[str]:
    """Put salespeople (email -> postal code) where their codes are, and say who moved, a line for each.

    Needs the table postal_area. Doing it again changes nothing.
    """
    areas = {email: area_of(code, None, home) for email, code in postal_codes.items()}
    rows = [{"email": email} | (area._asdict() if area else {}) for email, area in areas.items()]
    moved = connection.execute(LOCATE, {"reps": to_json(rows)})
    return [f"rep {email}: {f'is at {code}' if code else 'nobody knows where'}" for email, code in sorted(moved)]
