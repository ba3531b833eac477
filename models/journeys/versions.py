"""The one writer of the versions of journeys' code, and who reads which is current."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.journeys.maps.places import JourneyPlaces

DIGITS = 12

LOCK = text("LOCK TABLE journey_version IN SHARE ROW EXCLUSIVE MODE")
RETIRE = text("""
UPDATE journey_version v SET is_current = false
FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS n (journey text, version text)
WHERE v.is_current AND v.journey = n.journey AND v.version <> n.version
""")
PUBLISH = text("""
INSERT INTO journey_version (journey, version, source, places, drawing, first_deployed_at, is_current)
SELECT n.journey, n.version, n.source, n.places, n.drawing, :now, true
FROM jsonb_to_recordset(CAST(:versions AS jsonb))
     AS n (journey text, version text, source text, places jsonb, drawing text)
ON CONFLICT (journey, version) DO UPDATE
SET is_current = true, places = excluded.places, drawing = excluded.drawing
WHERE NOT journey_version.is_current OR journey_version.places <> excluded.places
   OR journey_version.drawing <> excluded.drawing
""")

READ = """
SELECT journey, version, places, drawing, first_deployed_at, is_current FROM journey_version
WHERE {} ORDER BY journey, is_current DESC, first_deployed_at DESC
"""
CURRENT = text(READ.format("is_current"))
OF_JOURNEY = text(READ.format("journey = :journey"))


@dataclass(frozen=True)
class VersionToPublish:
    """The code of a journey as it is now, with its map."""

    journey: str
    version: str
    source: str
    places: Mapping[str, Any]
    drawing: str


@dataclass(frozen=True)
class PublishedVersion:
    """A version of a journey's code that was deployed."""

    journey: str
    version: str
    places: JourneyPlaces
    drawing: str
    """SVG with empty places for live figures."""
    first_deployed_at: datetime
    is_current: bool


def version_of(source: str) -> str:
    """Changes with what the code does, and not with comments, docstrings or layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return sha256(ast.dump(tree).encode()).hexdigest()[:DIGITS]


def publish(connection: Connection, versions: Sequence[VersionToPublish], now: datetime) -> None:
    """Make these the current versions of their journeys. The same ones again change nothing."""
    rows = to_json([vars(one) for one in versions])
    connection.execute(LOCK)
    connection.execute(RETIRE, {"versions": rows})
    connection.execute(PUBLISH, {"versions": rows, "now": now})


def current_versions(connection: Connection) -> dict[str, PublishedVersion]:
    """The current version of each journey, by its name."""
    return {one.journey: one for one in _read(connection.execute(CURRENT).mappings())}


def versions_of(connection: Connection, journey: str) -> list[PublishedVersion]:
    """All versions of a journey that are kept, the current one first, then the newest."""
    return list(_read(connection.execute(OF_JOURNEY, {"journey": journey}).mappings()))


def _read(rows: Any) -> Iterator[PublishedVersion]:
    for row in rows:
        yield PublishedVersion(**{**row, "places": JourneyPlaces.from_json(row["journey"], row["places"])})
