"""Steps that cannot be told apart: they are called alike, and ask for different things."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from flows.runtime.checks.finding import Severity
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.contract.ask import Ask
from flows.runtime.maps.journey_map import MapNode, MapState
from flows.runtime.maps.position import written
from flows.runtime.verbs.call import CallStep
from flows.runtime.verbs.check import CheckStep
from flows.runtime.verbs.send import SendStep
from flows.runtime.verbs.start import StartStep
from flows.runtime.verbs.task import TaskStep
from flows.runtime.verbs.wait import WaitForStep, WaitUntilFieldStep


def find_same_steps(checked: Checked) -> Iterator[Found]:
    """Steps of one journey with the same verb and name that differ in what they ask."""
    for name, found in checked.maps.items():
        by_node: defaultdict[MapNode, list[MapState]] = defaultdict(list)
        for state in found.states:
            if state.ask is not None:
                by_node[state.node].append(state)
        for node, states in by_node.items():
            yield from _differing(name, node, states)
            yield from _repeated(name, node, states)


def _differing(journey: str, node: MapNode, states: list[MapState]) -> Iterator[Found]:
    first = states[0]
    for other in states[1:]:
        if other.ask is not None and first.ask is not None and _asked(other.ask) != _asked(first.ask):
            message = (
                f"two steps are called '{node.title}' and ask for different things{_lines(first, other)}, so a run "
                "that has the answer of one goes on with it as the other's. Give each a name of its own: name=..."
            )
            yield Found.in_state(message, journey, other)
            return


def _repeated(journey: str, node: MapNode, states: list[MapState]) -> Iterator[Found]:
    """A task or a wait for events that stands at two places of the code, one after the other on a path."""
    if node.verb not in ("task", "wait_for"):
        return
    for other in states[1:]:
        earlier = [state for state in states if state.made_at != other.made_at and _comes_before(state, other)]
        if earlier:
            message = (
                f"'{node.title}' is asked at two places of the code, one after the other{_lines(earlier[0], other)}: "
                "nobody can tell which one a run waits at. Give each a name of its own: name=..."
            )
            yield Found(message, journey, other.made_at, other.path, Severity.WARNING)
            return


def _comes_before(state: MapState, other: MapState) -> bool:
    before = other.came_from
    while before is not None:
        if before is state:
            return True
        before = before.came_from
    return False


def _lines(first: MapState, other: MapState) -> str:
    if first.made_at is None or other.made_at is None or first.made_at == other.made_at:
        return ""
    return f" (lines {first.made_at[1]} and {other.made_at[1]})"


def _asked(ask: Ask) -> Any:
    """What a step is about, apart from its name and times."""
    match ask:
        case CheckStep():
            return written(ask.condition)
        case TaskStep():
            return ask.template, ask.kind, ask.outcomes, ask.within is None
        case WaitForStep():
            return ask.events
        case WaitUntilFieldStep():
            return ask.field, ask.events
        case SendStep():
            return ask.possible_templates()
        case StartStep():
            return ask.journey
        case CallStep():
            return ask.function
    return None
