"""Figures for a journey's map: how many stand where and for how long, and how many went which way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from models.journeys.maps.places import JourneyPlaces, Place, Way
from models.wording import number, percent, short

AGES = "round(16 * ln(1 + greatest(extract(epoch FROM :now - asked_at)::float8, 0)) / ln(2::float8))::int"
"""SQL: how long a run has stood there, as in journey_step_count. Counting by it needs no sorting of all runs."""

STANDING = text(f"""
SELECT waiting_for, status, {AGES} AS age, count(*) FROM journey_run
WHERE journey = :journey AND status IN ('waiting', 'stuck') GROUP BY 1, 2, 3
""")

TAKEN = text("""
SELECT verb, step, answer, stay, sum(count) AS count FROM journey_step_count
WHERE journey = :journey AND (CAST(:since AS date) IS NULL OR day >= :since) GROUP BY 1, 2, 3, 4
""")

ABOUT_TO_BEGIN = "start"
"""What a run waits for that has not taken its first turn."""

Stays = Mapping[int, int]
"""Length of stay, as in journey_step_count -> how many."""


@dataclass(frozen=True)
class PlaceFigures:
    """Who stands at a place, and who was there."""

    here: int = 0
    stuck: int = 0
    stand_for: timedelta | None = None
    """The median of those who stand there."""
    taken: int = 0
    """How many took the step in the period."""
    stayed: timedelta | None = None
    """Their median stay."""


@dataclass(frozen=True)
class WayFigures:
    """How many went one way."""

    went: int
    share: float | None
    """Of all who took the step."""
    is_shared: bool = False
    """Some answers lead to several places, by what came before: all who gave them are counted at each."""


@dataclass(frozen=True)
class MapFigures:
    """The figures of a map."""

    places: Mapping[str, PlaceFigures] = field(default_factory=dict)
    """By id of the place."""
    ways: Mapping[str, WayFigures] = field(default_factory=dict)
    endings: Mapping[str, int] = field(default_factory=dict)
    """By id of the ending: how many came to it in the period."""
    started: int = 0
    elsewhere: Mapping[str, PlaceFigures] = field(default_factory=dict)
    """By name of a step that is not on this map: runs on an older version of the journey stand there."""

    @property
    def stuck(self) -> frozenset[str]:
        """The places where runs are stuck."""
        return frozenset(id for id, one in self.places.items() if one.stuck)


def read_figures(connection: Connection, places: JourneyPlaces, now: datetime, since: date | None) -> MapFigures:
    """The figures of a journey; what was taken and who went where since that day, None: since ever."""
    standing: defaultdict[str, defaultdict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for name, status, age, count in connection.execute(STANDING, {"journey": places.journey, "now": now}):
        standing[name][status][age or 0] = count
    taken: defaultdict[tuple[str, str], defaultdict[str, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for verb, step, answer, stay, count in connection.execute(TAKEN, {"journey": places.journey, "since": since}):
        taken[verb, step][answer][stay] = int(count)
    at = {
        place.id: _place_figures(_standing_at(places, place, standing), taken[place.verb, place.name])
        for place in places.places
    }
    known = {place.name for place in places.places}
    ends = {step: _total(answers.values()) for (verb, step), answers in taken.items() if verb == "end"}
    return MapFigures(
        at,
        {way.id: one for way in places.ways if (one := _way_figures(places, way, taken)) is not None},
        {ending.id: ends.get(ending.name, 0) for ending in places.endings},
        _total(taken["begin", "start"].values()),
        {name: _place_figures(by_status, {}) for name, by_status in standing.items() if name not in known},
    )


def _standing_at(
    places: JourneyPlaces, place: Place, standing: Mapping[str, Mapping[str, Stays]]
) -> Mapping[str, Stays]:
    """Those who stand at a place. A run knows the name of its step alone: of two, it is at the one that waits."""
    alike = [one for one in places.places if one.name == place.name]
    its = next((one for one in alike if one.may_wait), alike[0])
    return standing.get(place.name, {}) if its is place else {}


def _place_figures(standing: Mapping[str, Stays], answers: Mapping[str, Stays]) -> PlaceFigures:
    waiting, stuck = standing.get("waiting", {}), standing.get("stuck", {})
    stays: defaultdict[int, int] = defaultdict(int)
    for by_stay in answers.values():
        for stay, count in by_stay.items():
            stays[stay] += count
    return PlaceFigures(
        sum(waiting.values()) + sum(stuck.values()),
        sum(stuck.values()),
        median_stay(waiting),
        sum(stays.values()),
        median_stay({stay: count for stay, count in stays.items() if stay >= 0}),
    )


def _way_figures(
    places: JourneyPlaces, way: Way, taken: Mapping[tuple[str, str], Mapping[str, Stays]]
) -> WayFigures | None:
    place = places.place(way.source)
    if place is None:
        begun = _total(taken.get(("begin", "start"), {}).values())
        return WayFigures(begun, None) if begun else None
    answers = taken.get((place.verb, place.name), {})
    total, ways = _total(answers.values()), places.ways_from(place.id)
    if not total:
        return None
    if len(ways) == 1:
        return WayFigures(total, None)
    went = sum(sum(answers.get(answer, {}).values()) for answer in way.answers)
    others = {answer for one in ways if one is not way for answer in one.answers}
    return WayFigures(went, went / total, is_shared=not others.isdisjoint(way.answers))


def _total(counts: Iterable[Stays]) -> int:
    return sum(sum(one.values()) for one in counts)


def median_stay(stays: Stays) -> timedelta | None:
    """The median of lengths that are known to some hundredths; None of none."""
    total, passed = sum(stays.values()), 0
    for stay in sorted(stays):
        passed += stays[stay]
        if passed * 2 >= total:
            return _rounded(2 ** (stay / 16) - 1)
    return None


def _rounded(seconds: float) -> timedelta:
    """To whole days, hours or minutes: not more than is known."""
    unit = next((unit for unit in (86_400, 3_600, 60) if seconds >= 1.9 * unit), 1)
    return timedelta(seconds=round(seconds / unit) * unit)


def words_here(figures: PlaceFigures) -> str:
    """What stands in a box: `12 here · 3d`, `1 stuck of 12`."""
    if figures.stuck:
        return f"{number(figures.stuck)} stuck of {number(figures.here)}"
    if not figures.here:
        return ""
    return f"{number(figures.here)} here" + (f" · {short(figures.stand_for)}" if figures.stand_for else "")


def words_went(figures: WayFigures) -> str:
    """What stands beside an arrow: `1,234 · 45%`."""
    share = f" · {percent(figures.share)}" if figures.share is not None else ""
    return f"{number(figures.went)}{share}{'*' if figures.is_shared else ''}"
