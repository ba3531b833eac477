"""The map of a journey with what happens on it now, and the same as a table; two versions of it side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from models.database import engine
from models.journeys.maps.difference import compare_maps
from models.journeys.maps.drawing import STYLESHEET, draw_journey, fill_in
from models.journeys.maps.figures import (
    MapFigures,
    PlaceFigures,
    WayFigures,
    read_figures,
    words_here,
    words_went,
)
from models.journeys.maps.places import JourneyPlaces, Place, Way
from models.journeys.maps.shapes import kind_of, words_above
from models.journeys.versions import PublishedVersion, versions_of
from models.titles import title_of_journey, with_journey_titles
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/journeys", dependencies=[Depends(require_ops)])

NO_MAP = "There is no journey of this name, or its map was not published yet: ./tend up does it as it starts."
NO_VERSION = "There is no such version of this journey. Versions are kept for as long as somebody is on them."
PERIODS = {"30": "30 days", "90": "90 days", "all": "since ever"}
KEPT_FOR = "public, max-age=3600"

Name = Annotated[str, Path(max_length=200)]
Period = Literal["30", "90", "all"]


@dataclass(frozen=True)
class WayLine:
    """A way that leads from a place, for the table."""

    says: str
    target: str
    target_id: str
    figures: WayFigures | None


@dataclass(frozen=True)
class PlaceLine:
    """A place with its figures, for the table."""

    place: Place
    kind: str
    above: str
    figures: PlaceFigures
    ways: list[WayLine]


@router.get("/map.css", response_class=Response)
def show_stylesheet() -> Response:
    """How maps look."""
    return Response(STYLESHEET.read_bytes(), media_type="text/css", headers={"Cache-Control": KEPT_FOR})


@router.get("/{name}")
def show_map(
    request: Request, name: Name, days: Period = "30", compare: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """The map of the version that is current, or the differences between it and another one."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        versions = versions_of(connection, name)
        if not versions:
            raise HTTPException(404, NO_MAP)
        current = versions[0]
        if compare is not None:
            return _show_difference(request, _version(versions, compare), current)
        figures = read_figures(connection, current.places, now, _since(days, now))
    return page(
        request,
        "journeys/map.html",
        journey=name,
        version=current,
        others=versions[1:],
        drawing=Markup(_filled(current, figures)),
        lines=list(_lines(current.places, figures)),
        endings=[(one, with_journey_titles(one.name), figures.endings[one.id]) for one in current.places.endings],
        on_it=figures,
        days=days,
        periods=PERIODS,
    )


def _since(days: Period, now: datetime) -> date | None:
    return None if days == "all" else (now - timedelta(days=int(days))).date()


def _version(versions: list[PublishedVersion], version: str) -> PublishedVersion:
    found = next((one for one in versions if one.version == version), None)
    if found is None:
        raise HTTPException(404, NO_VERSION)
    return found


def _filled(version: PublishedVersion, figures: MapFigures) -> str:
    here = {id: words_here(one) for id, one in figures.places.items()}
    went = {id: words_went(one) for id, one in figures.ways.items()}
    return fill_in(version.drawing, here, went, figures.stuck)


def _lines(places: JourneyPlaces, figures: MapFigures) -> Iterator[PlaceLine]:
    for place in places.places:
        ways = [_way_line(places, way, figures) for way in places.ways_from(place.id)]
        yield PlaceLine(place, kind_of(place).name, words_above(place), figures.places[place.id], ways)


def _way_line(places: JourneyPlaces, way: Way, figures: MapFigures) -> WayLine:
    return WayLine(places.says(way), _title(places, way.target), way.target, figures.ways.get(way.id))


def _title(places: JourneyPlaces, id: str) -> str:
    if place := places.place(id):
        return place.title
    ending = next(one for one in places.endings if one.id == id)
    return title_of_journey(ending.hand_over) if ending.hand_over else ending.name


def _show_difference(request: Request, before: PublishedVersion, after: PublishedVersion) -> Response:
    found = compare_maps(before.places, after.places)
    return page(
        request,
        "journeys/compare.html",
        journey=after.journey,
        before=before,
        after=after,
        drawing_before=Markup(draw_journey(found.before, marks=found.marks_before, name="before")),
        drawing_after=Markup(draw_journey(found.after, marks=found.marks_after, name="after")),
        sentences=found.sentences,
    )
