"""All journeys: what starts each, how many are on it, and how it went this month."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.database import engine
from models.journeys.maps.overview import JourneyNumbers, read_numbers
from models.journeys.maps.places import title_of_start
from models.journeys.versions import PublishedVersion, current_versions
from models.playbook import current_playbook
from models.titles import title_of_journey
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/journeys", dependencies=[Depends(require_ops)])


@dataclass(frozen=True)
class JourneyLine:
    """One journey in the list."""

    name: str
    title: str
    starts: list[str]
    """What starts it, in people's words; empty where its map is not published."""
    version: PublishedVersion | None
    numbers: JourneyNumbers


@router.get("")
def show_journeys(request: Request) -> Response:
    """Those with contacts on them first."""
    with engine().connect() as connection:
        today = datetime.now(UTC).astimezone(ZoneInfo(current_playbook(connection).company.time_zone)).date()
        month = today.replace(day=1)
        versions, numbers = current_versions(connection), read_numbers(connection, month)
    lines = [_line(name, versions.get(name), numbers.get(name)) for name in {**versions, **numbers}]
    lines.sort(key=lambda line: (-line.numbers.stuck, -line.numbers.under_way, line.title.lower()))
    return page(request, "journeys/journeys.html", lines=lines, month=month)


def _line(name: str, version: PublishedVersion | None, numbers: JourneyNumbers | None) -> JourneyLine:
    starts = title_of_start(version.places).split("\n") if version else []
    return JourneyLine(name, title_of_journey(name), starts, version, numbers or JourneyNumbers())
