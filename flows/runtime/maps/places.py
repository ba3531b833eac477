"""The map of a journey as it is stored with its version, for pages that run no code of journeys."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.runtime.contract.ask import Ask, HandOver
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import START_NODE, JourneyMap, MapNode
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitStep
from models.journeys.maps.places import START, Ending, JourneyPlaces, Place, Way
from models.tables.message import MessageKind
from models.titles import title_of_journey, title_of_step, title_of_task

PROJECT = Path(__file__).parents[3]
BY_PERSON = ("task", "offer", "feedback", "fulfil")
"""Verbs at which somebody of ours has to do something."""

NO_EFFECTS: Mapping[MapNode, str] = {}


def journey_places(
    definition: Definition, found: JourneyMap, asks_again: Mapping[MapNode, str] = NO_EFFECTS
) -> JourneyPlaces:
    """The map of a journey with a short id for each place, in the order in which runs come to them.

    `asks_again`: place -> what happens there when the contact asks for a person again.
    """
    endings = list(dict.fromkeys(node.name for node in _nodes(found) if node.is_ending))
    ids = {START_NODE: START} | {MapNode("end", name): f"e{number}" for number, name in enumerate(endings, 1)}
    ids |= {node: f"p{number}" for number, node in enumerate(found.steps, 1)}
    return JourneyPlaces(
        definition.name,
        tuple(_place(definition, found, node, ids[node], asks_again.get(node)) for node in found.steps),
        tuple(_ways(found, ids)),
        definition.starts_on,
        definition.fallback_trigger,
        {event: ids[MapNode("end", ending)] for event, ending in (definition.ends_on or {}).items()},
        tuple(
            Ending(ids[MapNode("end", name)], str(name), name.journey if isinstance(name, HandOver) else None)
            for name in endings
        ),
    )


def _nodes(found: JourneyMap) -> Iterator[MapNode]:
    for source, _, target in found.edges:
        yield from (source, target)


def _ways(found: JourneyMap, ids: Mapping[MapNode, str]) -> Iterator[Way]:
    answers: dict[tuple[str, str], list[str]] = {}
    for source, answer, target in found.edges:
        # Exit conditions begin at any step, and stand apart.
        if source in ids:
            answers.setdefault((ids[source], ids[target]), []).append(answer)
    for (source_id, target_id), given in answers.items():
        yield Way(source_id, tuple(given), target_id)


def _place(definition: Definition, found: JourneyMap, node: MapNode, id: str, asks_again: str | None) -> Place:
    step, line = found.steps[node], found.places.get(node)
    return Place(
        id,
        node.verb,
        node.name,
        _title(definition.name, node, step),
        line[1] if line else None,
        _file(line[0]) if line else None,
        asks_again=asks_again,
        to_person=node.verb in BY_PERSON,
        **_about(definition.name, step),
    )


def _about(journey: str, step: Ask) -> dict[str, Any]:
    """What is special about a kind of step."""
    match step:
        case SendStep():
            templates = tuple(f"{journey}/{name}" for name in step.possible_templates())
            return {"templates": templates, "transactional": step.kind is MessageKind.TRANSACTIONAL}
        case TaskStep():
            waits = _seconds(step.within)
            return {"kind": step.kind or None, "to_owner": step.to is None, "waits": waits}
        case WaitForStep():
            return {"waits": _seconds(step.within)}
        case WaitStep(until=None):
            return {"waits": _seconds(step.length)}
        case StartStep():
            return {"starts": step.journey}
        case CheckStep():
            return {"condition": _condition(step)}
    return {}


def _title(journey: str, node: MapNode, step: Ask) -> str:
    if isinstance(step, TaskStep):
        return title_of_task(node.name, step.kind)
    if isinstance(step, StartStep):
        return title_of_journey(step.journey)
    title = title_of_step(node.verb, node.name, journey)
    return title[:1].upper() + title[1:]


def _condition(step: CheckStep) -> str:
    """The condition with its values, on one line."""
    try:
        written = str(step.condition.compile(compile_kwargs={"literal_binds": True}))
    except Exception:  # some values of a dialect cannot be written
        written = str(step.condition)
    return " ".join(written.split())


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None


def _file(name: str) -> str:
    path = Path(name)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else path.name
