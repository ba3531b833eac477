"""`tend map`: the map of a journey as Mermaid, SVG or JSON."""

import json
from typing import Literal

from deployments.stack.command_error import CommandError
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.maps.stored_map import places_of
from flows.runtime.prefect_flow import discover
from models.journeys.maps.drawing import draw_journey, standalone

Format = Literal["mermaid", "svg", "json"]


def render_map(journey: str, format: Format = "mermaid") -> str:
    """The map of a journey. CommandError for a journey that nobody has written, or that Python cannot load.

    As SVG it carries the Mermaid text of the same map as metadata, so one can tell whether the code still gives it.
    """
    definition = _definition(journey)
    match format:
        case "mermaid":
            return render_mermaid(build_map(definition))
        case "svg":
            drawing = draw_journey(places_of(definition, discover()))
            return standalone(drawing, render_mermaid(build_map(definition)))
        case "json":
            return json.dumps(places_of(definition, discover()).to_json(), indent=2, ensure_ascii=False) + "\n"


def _definition(journey: str) -> Definition:
    found = discover().get(journey)
    if found is None:
        raise CommandError(f"There is no journey '{journey}'. There are: {', '.join(sorted(discover()))}.")
    if found.problem is not None:
        raise CommandError(f"{journey} has no map, as its file cannot be loaded: {found.problem}")
    return found
