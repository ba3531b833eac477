"""What the maps of journeys say of their places: what a repeated request for a person does there, and which mails
follow a task. Pure.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flows.runtime.contract.ask import HandOver
from flows.runtime.definitions.definition import Body, Definition, Definitions, RequestPolicy
from flows.runtime.maps.journey_map import START_NODE, JourneyMap, MapNode, build_map
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.task import TaskStep
from models.playbook.tasks import TaskKinds, own_kinds
from models.tasks.requests import ASKED_AGAIN

REQUEST_EVENTS = frozenset({"form_submitted", "call_received", "replied", "offer_requested", ASKED_AGAIN})
"""Events by which contacts turn to us. Those that start only journeys without a task for the owner ask for nobody."""

WAITS = ("wait", "wait_until", "wait_for")
PEOPLE_WAITED_FOR = ("route", "offer", "call")

SHOWN_ON_TASK = "the open task moves up and shows it"
SHOWN_ON_NEXT = "the task that comes next shows it"
GOES_ON = "goes on at once; the task that comes next shows it"
PAUSES = "a person is brought, and the run pauses meanwhile"
KEEPS_TIMES = "a person is brought, and the run keeps its times"


@dataclass(frozen=True)
class RequestEffect:
    """What a repeated request does at one place of a journey."""

    journey: str
    place: MapNode
    effect: str


class RequestPlaces:
    """The places of all journeys, by what a repeated request does there."""

    def __init__(self, definitions: Definitions, kinds: TaskKinds) -> None:
        self._definitions = definitions
        self._kinds = kinds

    @cached_property
    def maps(self) -> Mapping[str, JourneyMap]:
        """The map of each journey as those take it who are not held out."""
        return {name: _map(definition, self._kinds) for name, definition in self._definitions.items()}

    @cached_property
    def takers(self) -> list[str]:
        """The journeys that bring a person for requests which nothing else takes up."""
        return [name for name, one in self._definitions.items() if ASKED_AGAIN in one.fallback_trigger]

    @cached_property
    def bringing_person_at_once(self) -> list[str]:
        """Journeys that give the owner a task before they wait for anything."""
        return [name for name in self.maps if self._brings_person(name, START_NODE, set())]

    @cached_property
    def ignoring(self) -> list[str]:
        """Journeys whose runs take no notice of requests."""
        return [name for name, one in self._definitions.items() if one.on_repeated_request is RequestPolicy.IGNORE]

    @cached_property
    def pausing(self) -> dict[str, list[str]]:
        """Columns `journeys` and `steps`: the waits that last longer while a person talks to their contact."""
        return self._columns(PAUSES)

    @cached_property
    def going_on(self) -> dict[str, list[str]]:
        """Columns `journeys` and `steps`: the waits that end at once."""
        return self._columns(GOES_ON)

    def going_on_in(self, journey: str) -> dict[str, list[str]]:
        """The same of one journey that brings a person at once; both columns are empty where it has no such wait."""
        steps = [step for name, step in zip(*self.going_on.values(), strict=True) if name == journey]
        steps = steps if journey in self.bringing_person_at_once else []
        return {"journeys": [journey] * len(steps), "steps": steps}

    @cached_property
    def before_task(self) -> dict[str, list[str]]:
        """Columns `journeys` and `steps`: where a run is on its way to a task already."""
        return self._columns(SHOWN_ON_NEXT)

    def effects(self) -> Iterator[RequestEffect]:
        """Every place at which a run can be when a request comes, in the order of the code."""
        for name, found in self.maps.items():
            if self._brings_person(name, START_NODE, set()):
                yield RequestEffect(name, START_NODE, SHOWN_ON_NEXT)
            for place in found.steps:
                if place.verb in ("task", *WAITS, *PEOPLE_WAITED_FOR):
                    yield RequestEffect(name, place, self._effect(name, place))

    def asks_for_person(self, name: str, topic: str | None, service_level: Sequence[str]) -> bool:
        """Whether such an event asks for a person: the service levels name it, or a contact turns to us by it.

        A form that starts only journeys without a task for the owner, or that ignore requests, asks for nobody.
        """
        patterns = {name, f"{name}:{topic}"}
        if not patterns.isdisjoint(service_level):
            return True
        if name not in REQUEST_EVENTS:
            return False
        started = [journey for journey, one in self._definitions.items() if not patterns.isdisjoint(one.starts_on)]
        return not started or any(self._answers_in_person(journey) for journey in started)

    def problems(self) -> Iterator[str]:
        """Why requests could be lost, as sentences."""
        if not self.takers:
            yield (
                "No journey takes requests that come while others are under way, so whoever asks again would not be "
                f'heard. Give one fallback_trigger="{ASKED_AGAIN}", as flows/journeys/unclaimed_request.py has.'
            )
        for name in self.takers:
            if name not in self.bringing_person_at_once:
                yield (
                    f"{name}: it takes requests that nothing else takes up, and waits or ends before anybody has a "
                    "task. Bring the task for the owner first, on each path."
                )
            yield from self._lost_in(name)

    def _lost_in(self, taker: str) -> Iterator[str]:
        """Where a run of a journey that takes requests is in the way of its own next start."""
        for one in self.effects():
            if one.journey == taker and self._definitions[taker].exclusive and one.effect in (PAUSES, KEEPS_TIMES):
                yield (
                    f"{taker}: a request that comes at '{one.place.title}' would be lost, as the run is open and "
                    "brings nobody from there. Let a task for the owner come next and say "
                    'on_repeated_request="go on", or do not wait there.'
                )

    def _answers_in_person(self, name: str) -> bool:
        asks_owner = any(isinstance(ask, TaskStep) and ask.to is None for ask in self.maps[name].steps.values())
        return asks_owner and self._definitions[name].on_repeated_request is not RequestPolicy.IGNORE

    def _columns(self, effect: str) -> dict[str, list[str]]:
        found = [one for one in self.effects() if one.effect == effect]
        return {"journeys": [one.journey for one in found], "steps": [one.place.name for one in found]}

    def _effect(self, name: str, place: MapNode) -> str:
        says = self._definitions[name].on_repeated_request
        ask = self.maps[name].steps[place]
        if isinstance(ask, TaskStep) and ask.to is None:
            return SHOWN_ON_TASK
        if place.verb in PEOPLE_WAITED_FOR and self._all_bring_person(name, place, set()):
            return SHOWN_ON_NEXT
        if (
            says is RequestPolicy.GO_ON
            and place.verb in WAITS
            and self._all_bring_person(name, place, set(), "silence")
        ):
            return GOES_ON
        return PAUSES if says is not RequestPolicy.IGNORE and place.verb in WAITS else KEEPS_TIMES

    def _brings_person(self, name: str, place: MapNode, seen: set[tuple[str, MapNode]]) -> bool:
        """Whether a run that comes to this place gives the owner a task before it waits, whatever is answered."""
        if place.is_ending:
            return self._handed_over_brings_person(name, place, seen)
        if place == START_NODE:
            return self._all_bring_person(name, place, seen)
        ask = self.maps[name].steps.get(place)
        if isinstance(ask, TaskStep):
            return ask.to is None
        return place.verb not in WAITS and self._all_bring_person(name, place, seen)

    def _all_bring_person(
        self, name: str, place: MapNode, seen: set[tuple[str, MapNode]], answer: str | None = None
    ) -> bool:
        if (name, place) in seen:
            return False
        seen = seen | {(name, place)}
        after = self._after[name][place]
        targets = [target for given, target in after if answer is None or given == answer]
        return bool(targets) and all(self._brings_person(name, target, seen) for target in targets)

    def _handed_over_brings_person(self, name: str, place: MapNode, seen: set[tuple[str, MapNode]]) -> bool:
        for end in self.maps[name].endings:
            if isinstance(end, HandOver) and end == place.name and end.journey in self.maps:
                return (end.journey, START_NODE) not in seen and self._brings_person(end.journey, START_NODE, seen)
        return False

    @cached_property
    def _after(self) -> Mapping[str, Mapping[MapNode, list[tuple[str, MapNode]]]]:
        found: dict[str, defaultdict[MapNode, list[tuple[str, MapNode]]]] = {}
        for name, one in self.maps.items():
            found[name] = defaultdict(list)
            for source, answer, target in one.edges:
                found[name][source].append((answer, target))
        return found


_maps: dict[tuple[str, Body], tuple[TaskKinds, JourneyMap]] = {}


def _map(definition: Definition, kinds: TaskKinds) -> JourneyMap:
    """The map without its holdout, made once in a process for as long as the kinds of tasks are the same."""
    key = (definition.name, definition.body)
    if key not in _maps or _maps[key][0] != kinds:
        _maps[key] = (kinds, build_map(replace(definition, holdout=None), kinds))
    return _maps[key][1]


_newest: list[tuple[tuple[list[Definition], TaskKinds], RequestPlaces]] = []


def request_places(definitions: Definitions, kinds: TaskKinds | None = None) -> RequestPlaces:
    """The places of these journeys, made once for as long as the same ones are asked for.

    `kinds` are the playbook's kinds of tasks; without it, those that Tend brings.
    """
    asked = list(definitions.values()), own_kinds() if kinds is None else kinds
    if not _newest or _newest[0][0] != asked:
        _newest[:] = [(asked, RequestPlaces(dict(definitions), asked[1]))]
    return _newest[0][1]


WAITING_VERBS = frozenset({"task", "wait", "wait_until", "wait_for", "offer", "call"})
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
    if (journey, place) in seen or place.verb in WAITING_VERBS:
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
