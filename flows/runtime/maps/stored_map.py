"""What is stored of a journey's map with its version: its places as JSON, and its drawing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.maps.journey_map import MapNode, build_map
from flows.runtime.maps.places import journey_places
from flows.runtime.maps.request_places import request_places
from models.journeys.maps.drawing import draw_journey
from models.journeys.maps.places import JourneyPlaces
from models.playbook.tasks import TaskKinds


@dataclass(frozen=True)
class StoredMap:
    """The map of one journey as its version keeps it."""

    places: Mapping[str, Any]
    drawing: str
    """SVG with empty places for live figures."""


def stored_map(definition: Definition, definitions: Definitions, kinds: TaskKinds | None = None) -> StoredMap:
    """The map of a journey among all that there are; empty for one whose file cannot be loaded.

    `kinds` are the playbook's kinds of tasks; without it, those that Tend brings.
    """
    if definition.problem is not None:
        return StoredMap({}, "")
    places = places_of(definition, definitions, kinds)
    return StoredMap(places.to_json(), draw_journey(places, with_figures=True))


def places_of(definition: Definition, definitions: Definitions, kinds: TaskKinds | None = None) -> JourneyPlaces:
    """The places of a journey, with what happens at each when the contact asks for a person again."""
    requests = request_places(definitions, kinds)
    # Requests are about those who are on the journey; on its map stand those who are held out of it, too.
    found = build_map(definition, kinds) if definition.holdout else requests.maps[definition.name]
    effects: dict[MapNode, str] = {
        one.place: one.effect for one in requests.effects() if one.journey == definition.name
    }
    return journey_places(definition, found, effects)
