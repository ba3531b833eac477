"""Versions of journeys' code with their maps: the only place that stores them, and gives what is stored."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.access.token import ForgedToken, sign_token, verify_token
from models.database import to_json
from models.journeys.maps.places import JourneyPlaces

PURPOSE = "journey version"

LOCK = text("LOCK TABLE journey_version IN SHARE ROW EXCLUSIVE MODE")

RETIRE = text("""
UPDATE journey_version v SET is_current = false
FROM jsonb_to_recordset(CAST(:versions AS jsonb)) AS n (journey text, version text)
WHERE v.is_current AND v.journey = n.journey AND v.version <> n.version
""")

PUBLISH = text("""
INSERT INTO journey_version (journey, version, source, signature, places, drawing, first_deployed_at, is_current)
SELECT n.journey, n.version, n.source, n.signature, n.places, n.drawing, :now, true
FROM jsonb_to_recordset(CAST(:versions AS jsonb))
     AS n (journey text, version text, source text, signature text, places jsonb, drawing text)
ON CONFLICT (journey, version) DO UPDATE
SET is_current = true, source = excluded.source, signature = excluded.signature, places = excluded.places,
    drawing = excluded.drawing
WHERE NOT journey_version.is_current OR journey_version.places <> excluded.places
   OR journey_version.drawing <> excluded.drawing OR journey_version.source <> excluded.source
""")

RETIRE_GONE = text("UPDATE journey_version SET is_current = false WHERE is_current AND journey <> ALL(:journeys)")

FORGET_CODE = text("""
-- Its map stays, for the runs that have ended on it.
UPDATE journey_version v SET source = '', signature = NULL
WHERE NOT is_current AND source <> '' AND NOT EXISTS (
    SELECT FROM journey_run r WHERE r.journey = v.journey AND r.version = v.version AND r.ended_at IS NULL)
""")

HAS_VERSIONS = text("SELECT to_regclass('journey_version')")

READ_SOURCE = text("SELECT source, signature FROM journey_version WHERE journey = :journey AND version = :version")

IN_FORCE = text("SELECT version FROM journey_version WHERE journey = :journey AND is_current")

READ = """
SELECT journey, version, places, drawing, first_deployed_at, is_current FROM journey_version
WHERE {} ORDER BY journey, is_current DESC, first_deployed_at DESC
"""
CURRENT = text(READ.format("is_current"))
OF_JOURNEY = text(READ.format("journey = :journey"))


class UnknownVersion(LookupError):
    """The code of this version is not kept, or was not stored by Tend."""

    def __init__(self, journey: str, version: str) -> None:
        super().__init__(f"The code of version {version} of {journey} is not kept any more.")


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


def publish(connection: Connection, versions: Sequence[VersionToPublish], now: datetime) -> None:
    """Make these the current versions of their journeys. The same ones again change nothing. The caller commits.

    The code of older versions goes when no open run is on it.
    """
    rows = to_json([vars(one) | {"signature": _sign(one.journey, one.version, one.source)} for one in versions])
    connection.execute(LOCK)
    connection.execute(RETIRE, {"versions": rows})
    connection.execute(PUBLISH, {"versions": rows, "now": now})
    connection.execute(FORGET_CODE)


def retire_others(connection: Connection, journeys: Collection[str]) -> None:
    """All journeys but these are no longer there, so no version of them is current. The caller commits."""
    connection.execute(RETIRE_GONE, {"journeys": sorted(journeys)})


def has_versions(connection: Connection) -> bool:
    """Whether the tables are new enough to know versions."""
    return connection.execute(HAS_VERSIONS).scalar() is not None


def current_versions(connection: Connection) -> dict[str, PublishedVersion]:
    """The current version of each journey, by its name."""
    return {one.journey: one for one in _read(connection.execute(CURRENT).mappings())}


def versions_of(connection: Connection, journey: str) -> list[PublishedVersion]:
    """All versions of a journey that are kept, the current one first, then the newest."""
    return list(_read(connection.execute(OF_JOURNEY, {"journey": journey}).mappings()))


def _read(rows: Any) -> Iterator[PublishedVersion]:
    for row in rows:
        yield PublishedVersion(**{**row, "places": JourneyPlaces.from_json(row["journey"], row["places"])})


def version_in_force(connection: Connection, journey: str) -> str | None:
    """The version that was deployed last; None for a journey of which none is known."""
    return connection.execute(IN_FORCE, {"journey": journey}).scalar()


def read_source(connection: Connection, journey: str, version: str | None) -> str:
    """The text of the file of a version. Raises UnknownVersion, also for code that Tend has not stored itself."""
    found = connection.execute(READ_SOURCE, {"journey": journey, "version": version}).one_or_none()
    if found is None or not found.source or not _is_ours(journey, version or "", found.source, found.signature):
        raise UnknownVersion(journey, version or "")
    return str(found.source)


def _sign(journey: str, version: str, source: str) -> str:
    return sign_token(PURPOSE, [journey, version, source])


def _is_ours(journey: str, version: str, source: str, signature: str | None) -> bool:
    try:
        return bool(verify_token(PURPOSE, signature or "") == [journey, version, source])
    except ForgedToken:
        return False
