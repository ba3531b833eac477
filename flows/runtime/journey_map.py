"""The map of a journey, and problems that any of its paths would run into.

The journey is driven with every possible answer at each step. Two paths that come to the same place of the code with
the same local variables are one place on the map, so a loop is walked as often as its variables change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.runtime.contract.ask import Ask
from flows.runtime.definition import Definition
from flows.runtime.run import Run
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.task import TaskStep
from models.splits import Variants

ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
MAX_NODES = 20_000
"""More than a person could ever look at: the journey does not come to an end of its ways."""


@dataclass(frozen=True)
class MapNode:
    """A step as it stands on the map, or an ending."""

    verb: str
    name: str

    @property
    def is_ending(self) -> bool:
        """Nothing comes after it."""
        return self.verb == "end"

    @property
    def title(self) -> str:
        """As people read it."""
        return self.name if self.verb in ("begin", "end") else f"{self.verb} {self.name}"


START_NODE = MapNode("begin", "start")
MapEdge = tuple[MapNode, str, MapNode]
"""From, answer, to."""


@dataclass
class JourneyMap:
    """What a journey may do, and the sentences that say what is wrong with it."""

    name: str
    starts_on: tuple[str, ...] = ()
    edges: dict[MapEdge, None] = field(default_factory=dict)
    answers: dict[MapNode, set[str]] = field(default_factory=dict)
    steps: dict[MapNode, Ask] = field(default_factory=dict)
    split_tests: list[Variants] = field(default_factory=list)
    """The split tests that it draws for; one twice when its variants are not the same everywhere."""
    problems: dict[str, None] = field(default_factory=dict)

    @property
    def endings(self) -> list[str]:
        """How it may end, in the order in which the code says so."""
        return list(dict.fromkeys(target.name for _, _, target in self.edges if target.is_ending))


class WatchedAnswer(str):
    """An answer that remembers whether the code compared it with anything, and found it equal to that."""

    compared = False
    matched = False

    def __eq__(self, other: object) -> bool:
        equal = str.__eq__(self, other)
        self.compared = True
        self.matched = self.matched or equal is True
        return equal

    __hash__ = str.__hash__


@dataclass
class _PathState:
    """Where a path stands: the place, how to recognise it, and the step that is asked there."""

    place: MapNode
    key: Any = None
    ask: Ask | None = None


def build_map(definition: Definition) -> JourneyMap:
    """The map of a journey, from trying every possible answer at each step."""
    found = JourneyMap(
        definition.name, (*definition.starts_on, *(f"any other {name}" for name in definition.fallback_trigger))
    )
    first, problem = _replay_path(definition, [])
    if problem:
        found.problems[f"{definition.name}: at the start: {problem}"] = None
    found.edges[START_NODE, "", first.place] = None
    for event, ending in (definition.ends_on or {}).items():
        found.edges[MapNode("begin", f"{event}, at any step"), "", MapNode("end", ending)] = None
    seen: set[Any] = {first.key}
    back: dict[Any, set[Any]] = {}
    ways: list[tuple[list[Any], _PathState]] = [([], first)]
    while ways and len(seen) < MAX_NODES:
        path, stop = ways.pop(0)
        answers = _answers(stop)
        for answer in answers:
            target = _follow_answer(definition, found, path, stop, answer)
            back.setdefault(target.key, set()).add(stop.key)
            if target.key not in seen:
                seen.add(target.key)
                ways.append(([*path, answer], target))
        _find_unhandled_answers(found, stop, answers)
    if ways:
        found.problems[f"The journey has more than {MAX_NODES} places: a loop in it does not come to an end."] = None
    _find_dead_ends(found, seen, back)
    return found


def _answers(stop: _PathState) -> list[Any]:
    if stop.ask is None:
        return []
    watched = isinstance(stop.ask, TaskStep | SplitStep)
    return [
        WatchedAnswer(answer) if watched and isinstance(answer, str) else answer
        for answer in stop.ask.possible_answers()
    ]


def _follow_answer(
    definition: Definition, found: JourneyMap, path: list[Any], stop: _PathState, answer: Any
) -> _PathState:
    """Go one answer further and put the way on the map."""
    target, problem = _replay_path(definition, [*path, answer])
    assert stop.ask is not None
    found.steps[stop.place] = stop.ask
    found.split_tests += [test for test in stop.ask.split_tests() if test not in found.split_tests]
    found.answers.setdefault(stop.place, set()).add(_label(answer))
    found.edges[stop.place, _label(answer), target.place] = None
    if problem:
        found.problems[f"{definition.name}: after '{_label(answer)}' to {stop.place.title}: {problem}"] = None
    return target


def _find_unhandled_answers(found: JourneyMap, stop: _PathState, answers: Iterable[Any]) -> None:
    """Every outcome of a task is named. Of a split's variants one may be the else, or none is compared at all."""
    unnamed = [answer for answer in answers if isinstance(answer, WatchedAnswer) and not answer.matched]
    if isinstance(stop.ask, SplitStep) and (len(unnamed) == 1 or not any(answer.compared for answer in unnamed)):
        return
    for answer in unnamed:
        found.problems[
            f"{found.name}: {stop.place.title} may have the outcome '{answer}', which the code does not name. "
            "Say what comes next for it."
        ] = None


def _replay_path(definition: Definition, answers: list[Any]) -> tuple[_PathState, str | None]:
    """Where these answers lead, and what went wrong at the last of them."""
    run = Run(0, 0, ANY_MOMENT, "", None, "")
    ask = run.advance(definition.make_coroutine, ANY_MOMENT)
    for answer in answers:
        ask = run.advance(definition.make_coroutine, ANY_MOMENT, answer)
    if ask is not None:
        stop = _PathState(MapNode(ask.verb, ask.name), _position(run.coroutine), ask)
        run.close()
        return stop, None
    ending = run.ending or "stuck"
    return _PathState(MapNode("end", ending), ("end", ending)), run.stuck_reason


def _position(coroutine: Any) -> tuple[Any, ...]:
    """Place in the code and local variables, through all coroutines that wait for one another."""
    position = []
    while getattr(coroutine, "cr_frame", None) is not None:
        frame = coroutine.cr_frame
        variables = {name: repr(value) for name, value in frame.f_locals.items() if name != "j"}
        position.append((frame.f_code.co_name, frame.f_lasti, tuple(sorted(variables.items()))))
        coroutine = coroutine.cr_await
    return tuple(position)


def _find_dead_ends(found: JourneyMap, seen: set[Any], back: dict[Any, set[Any]]) -> None:
    """Every place must lead to an ending by some way."""
    reaching = {key for key in seen if key[0] == "end"}
    frontier = list(reaching)
    while frontier:
        frontier = [key for known in frontier for key in back.get(known, ()) if key not in reaching]
        reaching.update(frontier)
    if not reaching >= seen:
        found.problems[f"{found.name}: there is a place from which no way leads to an ending."] = None


def _label(answer: Any) -> str:
    """How an answer is written on the map."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, dict):
        return "failed" if "failed" in answer else "done"
    return "silence" if answer is None else str(answer)
