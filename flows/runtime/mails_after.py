"""Which mails a journey sends at once after each outcome of a task, read off its map. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from flows.runtime.contract.ask import HandOver
from flows.runtime.definition import Definitions
from flows.runtime.journey_map import START_NODE, JourneyMap, MapNode
from flows.runtime.request_places import request_places
from flows.runtime.verbs.send import SendStep
from models.playbook.tasks import TaskKinds

PAUSES = frozenset({"task", "wait", "wait_until", "wait_for", "offer", "call"})
"""Verbs at which a run waits: what comes after them does not come at once. A lead that was talked to has an owner, so
`route` goes on."""


def mails_after(definitions: Definitions, kinds: TaskKinds, journey: str, task: str) -> dict[str, list[str]]:
    """Outcome of the task of this name -> the templates, `journey/step`, of the mails that may follow at once.

    Where the journey looks at the contact first, the mails of both ways are there. Journeys to which it hands over
    count as well. Outcomes without mails are missing.
    """
    maps = request_places(definitions, kinds).maps
    found: dict[str, dict[str, None]] = {}
    for source, outcome, target in maps[journey].edges:
        if source == MapNode("task", task):
            found.setdefault(outcome, {}).update(dict.fromkeys(_sent_from(maps, journey, target, set())))
    return {outcome: list(templates) for outcome, templates in found.items() if templates}


def _sent_from(
    maps: Mapping[str, JourneyMap], journey: str, place: MapNode, seen: set[tuple[str, MapNode]]
) -> Iterator[str]:
    if (journey, place) in seen or place.verb in PAUSES:
        return
    seen.add((journey, place))
    if place.is_ending:
        for following in _handed_over(maps[journey].endings, place):
            if following in maps:
                yield from _sent_from(maps, following, START_NODE, seen)
        return
    step = maps[journey].steps.get(place)
    if isinstance(step, SendStep):
        yield from (f"{journey}/{template}" for template in step.possible_templates())
    for source, _, target in maps[journey].edges:
        if source == place:
            yield from _sent_from(maps, journey, target, seen)


def _handed_over(endings: Sequence[str], place: MapNode) -> Iterator[str]:
    return (end.journey for end in endings if isinstance(end, HandOver) and end == place.name)
