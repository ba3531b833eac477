"""What differs between the maps of two versions of a journey."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from models.journeys.maps.drawing import Marks
from models.journeys.maps.places import JourneyPlaces, Place, title_of_answer
from models.journeys.maps.shapes import KINDS
from models.wording import duration

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
COMPARED = ("title", "templates", "kind", "to_owner", "transactional", "waits", "starts", "condition")
"""What makes a place another one though its name is the same. That its line has moved does not."""

WayKey = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class MapDifference:
    """Two maps of a journey, and what is marked on each."""

    before: JourneyPlaces
    after: JourneyPlaces
    marks_before: Marks
    """What is removed or changed."""
    marks_after: Marks
    """What is added or changed."""
    sentences: tuple[str, ...]
    """Each difference in words; empty: none."""


def compare_maps(before: JourneyPlaces, after: JourneyPlaces) -> MapDifference:
    """The differences by verb and name of each step, which is what a run remembers of it."""
    old, new = _places(before), _places(after)
    changed = {key for key in old.keys() & new.keys() if _about(old[key]) != _about(new[key])}
    old_ways, new_ways = _ways(before), _ways(after)
    old_ends, new_ends = ({one.name: one.id for one in places.endings} for places in (before, after))
    both = (old.keys() & new.keys()) - changed
    places_before = {one.id: CHANGED if key in changed else REMOVED for key, one in old.items() if key not in both}
    places_after = {one.id: CHANGED if key in changed else ADDED for key, one in new.items() if key not in both}
    places_before |= {id: REMOVED for name, id in old_ends.items() if name not in new_ends}
    places_after |= {id: ADDED for name, id in new_ends.items() if name not in old_ends}
    return MapDifference(
        before,
        after,
        Marks(places_before, {id: REMOVED for key, id in old_ways.items() if key not in new_ways}),
        Marks(places_after, {id: ADDED for key, id in new_ways.items() if key not in old_ways}),
        tuple(_sentences(before, after, changed)),
    )


def _places(places: JourneyPlaces) -> dict[tuple[str, str], Place]:
    return {(place.verb, place.name): place for place in places.places}


def _about(place: Place) -> tuple[object, ...]:
    return tuple(getattr(place, name) for name in COMPARED)


def _ways(places: JourneyPlaces) -> dict[WayKey, str]:
    return {
        (_name(places, way.source), _name(places, way.target), tuple(sorted(way.answers))): way.id
        for way in places.ways
    }


def _name(places: JourneyPlaces, id: str) -> str:
    """What identifies a place or an ending on both maps."""
    if place := places.place(id):
        return f"{place.verb} {place.name}"
    return next((f"end {ending.name}" for ending in places.endings if ending.id == id), id)


def _sentences(before: JourneyPlaces, after: JourneyPlaces, changed: set[tuple[str, str]]) -> Iterator[str]:
    old, new = _places(before), _places(after)
    yield from (f"New: {_called(new[key])}." for key in new if key not in old)
    yield from (f"Gone: {_called(old[key])}." for key in old if key not in new)
    for key in (key for key in new if key in changed):
        yield f"Changed: {_called(new[key])}, {', '.join(_changes(old[key], new[key]))}."
    yield from _moved(before, after)
    yield from _triggers(before, after)


def _called(place: Place) -> str:
    return f"{KINDS[place.verb].says.lower() if place.verb in KINDS else place.verb} “{place.title}”"


def _called_by_name(places: JourneyPlaces, name: str) -> str:
    """A place or an ending in people's words, by what identifies it."""
    found = next((place for place in places.places if f"{place.verb} {place.name}" == name), None)
    return _called(found) if found else f"the ending “{name.removeprefix('end ')}”"


def _changes(before: Place, after: Place) -> Iterator[str]:
    for name in COMPARED:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name.replace('_', ' ')} from {_says(name, old)} to {_says(name, new)}"


def _says(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "waits" and isinstance(value, int | float):
        return duration(timedelta(seconds=value))
    return "nothing" if value is None else str(value)


def _moved(before: JourneyPlaces, after: JourneyPlaces) -> Iterator[str]:
    """Answers of a step that is on both maps and that lead elsewhere."""
    old, new = _targets(before), _targets(after)
    for (source, answer), targets in new.items():
        known = old.get((source, answer))
        if known is not None and set(known) != set(targets):
            place = next((one for one in after.places if f"{one.verb} {one.name}" == source), None)
            says = f", “{title_of_answer(place.verb, answer)}”," if place and answer else ""
            called = _called(place) if place else "the start"
            new_ones = [_called_by_name(after, one) for one in targets if one not in known]
            old_ones = [_called_by_name(before, one) for one in known if one not in targets]
            parts = [f"leads to {' and '.join(new_ones)}"] if new_ones else []
            parts += [f"leads no more to {' and '.join(old_ones)}"] if old_ones else []
            yield f"{called[:1].upper()}{called[1:]}{says} {', and '.join(parts)}."


def _targets(places: JourneyPlaces) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for way in places.ways:
        for answer in way.answers:
            found.setdefault((_name(places, way.source), answer), []).append(_name(places, way.target))
    return found


def _triggers(before: JourneyPlaces, after: JourneyPlaces) -> Iterator[str]:
    for says, old, new in (
        ("starts on", before.starts_on, after.starts_on),
        ("ends on", tuple(before.ends_on), tuple(after.ends_on)),
        ("is the fallback for", before.fallback, after.fallback),
    ):
        if set(old) != set(new):
            yield f"It {says} {', '.join(new) or 'nothing'}; before: {', '.join(old) or 'nothing'}."
