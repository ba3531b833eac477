"""The map of a journey, and problems that any of its paths would run into.

The journey is run with every possible answer at each step. Two paths that come to the same point of the code with
the same local variables are one node of the map, so a loop is repeated as often as its variables change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import Run
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.task import TaskStep
from models.playbook.tasks import TaskKinds, own_kinds
from models.splits import Variants

ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
MAX_NODES = 20_000
"""A journey with more nodes than this is taken for one with a loop that never ends."""


@dataclass(frozen=True)
class MapNode:
    """A step on the map, or an ending."""

    verb: str
    name: str

    @property
    def is_ending(self) -> bool:
        """Whether the journey ends here."""
        return self.verb == "end"

    @property
    def title(self) -> str:
        """What the node is called on the map."""
        return self.name if self.verb in ("begin", "end") else f"{self.verb} {self.name}"


START_NODE = MapNode("begin", "start")
MapEdge = tuple[MapNode, str, MapNode]
"""Node, answer, next node."""


@dataclass
class JourneyMap:
    """What a journey may do, and the sentences that say what is wrong with it."""

    name: str
    starts_on: tuple[str, ...] = ()
    edges: dict[MapEdge, None] = field(default_factory=dict)
    answers: dict[MapNode, set[str]] = field(default_factory=dict)
    steps: dict[MapNode, Ask] = field(default_factory=dict)
    split_tests: list[Variants] = field(default_factory=list)
    """The split tests that it draws for. One whose variants differ between two steps is listed twice."""
    problems: dict[str, None] = field(default_factory=dict)

    @property
    def endings(self) -> list[str]:
        """How it may end, in the order of the code."""
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
    """Where a path leads: the node, a key to recognise it by, and the step that is asked for there."""

    node: MapNode
    key: Any = None
    ask: Ask | None = None


def build_map(definition: Definition, kinds: TaskKinds | None = None) -> JourneyMap:
    """The map of a journey, from trying every possible answer at each step.

    `kinds` are the playbook's kinds of tasks, whose outcomes are the answers to a task that names none itself; without
    a playbook, those that Tend brings.
    """
    known = own_kinds() if kinds is None else kinds
    found = JourneyMap(
        definition.name, (*_triggers(definition), *(f"any other {name}" for name in definition.fallback_trigger))
    )
    first, problem = _replay_path(definition, [])
    if problem:
        found.problems[f"{definition.name}: at the start: {problem}"] = None
    found.edges[START_NODE, "", first.node] = None
    for event, ending in (definition.ends_on or {}).items():
        found.edges[MapNode("begin", f"{event}, at any step"), "", MapNode("end", ending)] = None
    seen: set[Any] = {first.key}
    sources: dict[Any, set[Any]] = {}
    pending: list[tuple[list[Any], _PathState]] = [([], first)]
    while pending and len(seen) < MAX_NODES:
        path, state = pending.pop(0)
        _define_task(found, state, known)
        answers = _answers(state)
        for answer in answers:
            target = _follow_answer(definition, found, path, state, answer)
            sources.setdefault(target.key, set()).add(state.key)
            if target.key not in seen:
                seen.add(target.key)
                pending.append(([*path, answer], target))
        _find_unhandled_answers(found, state, answers)
    if pending:
        found.problems[f"The journey has more than {MAX_NODES} places: a loop in it does not come to an end."] = None
    _find_dead_ends(found, seen, sources)
    return found


def _triggers(definition: Definition) -> tuple[str, ...]:
    late = ", told late too" if definition.starts_on_history else ""
    return tuple(f"{event}{late}" for event in definition.starts_on)


def _define_task(found: JourneyMap, state: _PathState, kinds: TaskKinds) -> None:
    """Give a task what its kind says; a kind that is not there is a problem."""
    if isinstance(state.ask, TaskStep):
        if problem := state.ask.kind_problem(kinds):
            found.problems[f"{found.name}: {state.node.title}: {problem}"] = None
        state.ask = state.ask.defined(kinds)


def _answers(state: _PathState) -> list[Any]:
    if state.ask is None:
        return []
    watched = isinstance(state.ask, TaskStep | SplitStep)
    return [
        WatchedAnswer(answer) if watched and isinstance(answer, str) else answer
        for answer in state.ask.possible_answers()
    ]


def _follow_answer(
    definition: Definition, found: JourneyMap, path: list[Any], state: _PathState, answer: Any
) -> _PathState:
    """Follow one answer to the next node, and add the edge to the map."""
    target, problem = _replay_path(definition, [*path, answer])
    assert state.ask is not None
    found.steps[state.node] = state.ask
    found.split_tests += [test for test in state.ask.split_tests() if test not in found.split_tests]
    found.answers.setdefault(state.node, set()).add(_label(answer))
    found.edges[state.node, _label(answer), target.node] = None
    if problem:
        found.problems[f"{definition.name}: after '{_label(answer)}' to {state.node.title}: {problem}"] = None
    return target


def _find_unhandled_answers(found: JourneyMap, state: _PathState, answers: Iterable[Any]) -> None:
    """Note outcomes that the code compares with nothing.

    A task's outcomes must all be compared. Of a split test's variants one may be left to an else, or the code compares
    none of them.
    """
    unnamed = [answer for answer in answers if isinstance(answer, WatchedAnswer) and not answer.matched]
    if isinstance(state.ask, SplitStep) and (len(unnamed) == 1 or not any(answer.compared for answer in unnamed)):
        return
    for answer in unnamed:
        found.problems[
            f"{found.name}: {state.node.title} may have the outcome '{answer}', which the code does not name. "
            "Say what comes next for it."
        ] = None


def _replay_path(definition: Definition, answers: list[Any]) -> tuple[_PathState, str | None]:
    """The state that these answers lead to, and what went wrong at the last of them, if anything."""
    run = Run(0, 0, ANY_MOMENT, "", None, "")
    ask = run.advance(definition.make_coroutine, ANY_MOMENT)
    for answer in answers:
        ask = run.advance(definition.make_coroutine, ANY_MOMENT, answer)
    if ask is not None:
        state = _PathState(MapNode(ask.verb, ask.name), _position(run.coroutine), ask)
        run.close()
        return state, None
    ending = run.ending or "stuck"
    return _PathState(MapNode("end", ending), ("end", ending)), run.stuck_reason


def _position(coroutine: Any) -> tuple[Any, ...]:
    """Point of the code and local variables, of the journey's coroutine and of those that it awaits."""
    position = []
    while getattr(coroutine, "cr_frame", None) is not None:
        frame = coroutine.cr_frame
        variables = {name: repr(value) for name, value in frame.f_locals.items() if name != "j"}
        position.append((frame.f_code.co_name, frame.f_lasti, tuple(sorted(variables.items()))))
        coroutine = coroutine.cr_await
    return tuple(position)


def _find_dead_ends(found: JourneyMap, seen: set[Any], sources: dict[Any, set[Any]]) -> None:
    """Note when a node leads to no ending."""
    reaching = {key for key in seen if key[0] == "end"}
    frontier = list(reaching)
    while frontier:
        frontier = [key for known in frontier for key in sources.get(known, ()) if key not in reaching]
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
