"""The map of a journey, and problems that any of its paths would run into.

The journey is run with every possible answer at each step. Two paths that come to the same point of the code with
the same local variables are one state, and all states with the same step are one node of the map. So a loop is repeated
as often as its variables change.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from flows.runtime.contract.ask import Ask
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import Run, SourceLine, source_line
from flows.runtime.maps.position import position_of
from flows.runtime.maps.watched_answer import WatchedAnswer, watched_answers
from flows.runtime.verbs.split import SplitStep
from flows.runtime.verbs.task import TaskStep
from models.playbook.tasks import TaskKinds, own_kinds
from models.splits import Variants

ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
MAX_NODES = 20_000
"""A journey with more states than this is taken for one with a loop that never ends."""
MAX_STEPS = 2_000
"""The same for one path."""
MOST_VISITS = 60
"""How often a path may come to the same state, where that alone tells the turns of a loop from each other."""


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


class Trouble(StrEnum):
    """What kind of problem a path runs into."""

    RAISED = "raised"
    UNKNOWN_KIND = "unknown kind of task"
    UNNAMED_OUTCOME = "unnamed outcome"
    NO_WAY_OUT = "no way out"
    TOO_LONG = "too long"
    OTHER_STEPS = "other steps each time"
    STANDS_STILL = "works on and on"


Path = tuple[str, ...]
"""The answers that lead somewhere, as `check score >= 30: no`; steps that have one answer only are left out."""


@dataclass(frozen=True)
class MapProblem:
    """Something that is wrong on a path."""

    trouble: Trouble
    sentence: str
    node: MapNode
    path: Path = ()

    def __str__(self) -> str:
        return self.sentence


@dataclass
class MapState:
    """A step with what stands in the journey's variables when it is asked for, or an ending."""

    node: MapNode
    ask: Ask | None
    """None: the journey ends here."""
    made_at: SourceLine | None
    """Where the journey makes the step; None for an ending, and for what the runtime asks itself."""
    came_from: "MapState | None" = None
    """The state before it on the shortest path; None at the start."""
    answer: Any = None
    """The answer to that one."""
    depth: int = 0
    """How many answers were given before it."""
    ways: list[tuple[Any, "MapState"]] = field(default_factory=list)
    """Answer and the state that it leads to; answers are as they are recorded."""

    @property
    def way(self) -> list["MapState"]:
        """The states of the shortest path, from the start to this one."""
        found: list[MapState] = []
        state: MapState | None = self
        while state is not None:
            found.append(state)
            state = state.came_from
        return found[::-1]

    @property
    def path(self) -> Path:
        """The answers of the shortest path that leads here."""
        return tuple(
            f"{before.node.title}: {label(after.answer)}"
            for before, after in pairwise(self.way)
            if len(_answers(before.ask)) > 1
        )


@dataclass
class JourneyMap:
    """What a journey may do, and the sentences that say what is wrong with it."""

    name: str
    starts_on: tuple[str, ...] = ()
    edges: dict[MapEdge, None] = field(default_factory=dict)
    answers: dict[MapNode, set[str]] = field(default_factory=dict)
    steps: dict[MapNode, Ask] = field(default_factory=dict)
    places: dict[MapNode, SourceLine] = field(default_factory=dict)
    """File and line where each step is made: the first place, where several make it."""
    split_tests: list[Variants] = field(default_factory=list)
    """The split tests that it draws for. One whose variants differ between two steps is listed twice."""
    problems: list[MapProblem] = field(default_factory=list)
    states: list[MapState] = field(default_factory=list)
    """Every state, the first one first, in the order in which the shortest paths come to them."""

    @property
    def endings(self) -> list[str]:
        """How it may end, in the order of the code."""
        return list(dict.fromkeys(target.name for _, _, target in self.edges if target.is_ending))

    def add_problem(self, problem: MapProblem) -> None:
        """Note it, once for each sentence: the first path is the shortest."""
        if problem.sentence not in {known.sentence for known in self.problems}:
            self.problems.append(problem)


def build_map(
    definition: Definition, kinds: TaskKinds | None = None, *, tried: Callable[[], None] = lambda: None
) -> JourneyMap:
    """The map of a journey, from trying every possible answer at each step.

    `kinds` are the playbook's kinds of tasks, whose outcomes are the answers to a task that names none itself; without
    a playbook, those that Tend brings. `tried` is called before each answer, for whoever watches the time.
    """
    known = own_kinds() if kinds is None else kinds
    found = _Builder(definition, known, tried).build()
    if any(problem.trouble is Trouble.NO_WAY_OUT for problem in found.problems):
        # In a loop such as `for _ in ("first", "first")` no variable tells its turns apart.
        unrolled = _Builder(definition, known, tried, most_visits=MOST_VISITS).build()
        if not any(problem.trouble in (Trouble.NO_WAY_OUT, Trouble.TOO_LONG) for problem in unrolled.problems):
            return unrolled
    return found


class _Builder:
    """Tries the answers of one journey. `most_visits`: how often a path may come to the same state and go on."""

    def __init__(
        self, definition: Definition, kinds: TaskKinds, tried: Callable[[], None], most_visits: int = 1
    ) -> None:
        self.definition = definition
        self.kinds = kinds
        self.tried = tried
        self.most_visits = most_visits
        self.found = JourneyMap(
            definition.name, (*_triggers(definition), *(f"any other {name}" for name in definition.fallback_trigger))
        )
        self.known: dict[Any, MapState] = {}
        self.pending: deque[tuple[MapState, Run]] = deque()
        self.asked: list[tuple[MapState, list[Any]]] = []
        """States whose answers were tried, and the answers: what became of them is known when all paths were taken."""
        self.visits: dict[int, dict[Any, int]] = {}
        """State -> how often the path to it came to each position; empty unless turns of loops are counted."""

    def build(self) -> JourneyMap:
        """The whole map."""
        found, name = self.found, self.definition.name
        run = self._begin()
        first = self._arrive(run, self._advance(run), None, None)
        if run.stuck_reason:
            found.add_problem(MapProblem(Trouble.RAISED, f"{name}: at the start: {run.stuck_reason}", START_NODE))
        found.edges[START_NODE, "", first.node] = None
        for event, ending in (self.definition.ends_on or {}).items():
            found.edges[MapNode("begin", f"{event}, at any step"), "", MapNode("end", ending)] = None
        too_long = None
        while self.pending and too_long is None:
            state, run = self.pending.popleft()
            if state.depth >= MAX_STEPS or len(found.states) >= MAX_NODES:
                too_long = state
                run.close()
            else:
                self._try_answers(state, run)
        for _, run in self.pending:
            run.close()
        for state in [state for state in found.states if state.ask is None]:
            self._replay(state).close()
        for state, answers in self.asked:
            self._find_unhandled_answers(state, answers)
        if too_long is None:
            self._find_dead_ends()
        else:
            most = f"{MAX_STEPS:,} steps on a path" if too_long.depth >= MAX_STEPS else f"{MAX_NODES:,} places"
            self._note(Trouble.TOO_LONG, too_long, f"there are more than {most}: a loop does not come to an end.")
        return found

    def _note(self, trouble: Trouble, state: MapState, sentence: str) -> None:
        self.found.add_problem(MapProblem(trouble, f"{self.found.name}: {sentence}", state.node, state.path))

    def _advance(self, run: Run, answer: Any = None) -> Ask | None:
        self.tried()
        return run.advance(self.definition.make_coroutine, ANY_MOMENT, answer)

    def _begin(self) -> Run:
        return Run(0, 0, ANY_MOMENT, "", None, "")

    def _try_answers(self, state: MapState, run: Run) -> None:
        """Follow every answer. The first goes on with the run that came here, the others replay it."""
        assert state.ask is not None
        if isinstance(state.ask, TaskStep):
            if problem := state.ask.kind_problem(self.kinds):
                self._note(Trouble.UNKNOWN_KIND, state, f"{state.node.title}: {problem}")
            state.ask = state.ask.defined(self.kinds)
        answers = watched_answers(state.ask)
        for answer in answers:
            self._follow_answer(state, answer, run if answer is answers[0] else self._replay(state))
        self.asked.append((state, answers))

    def _replay(self, state: MapState) -> Run:
        """A run that has come to this state once more. It is a problem when other steps are asked for on the way."""
        run = self._begin()
        ask = self._advance(run)
        for before, following in pairwise(state.way):
            self._compare(before, ask, run)
            ask = self._advance(run, following.answer)
        self._compare(state, ask, run)
        return run

    def _compare(self, state: MapState, ask: Ask | None, run: Run) -> None:
        node = MapNode("end", run.ending or "stuck") if ask is None else MapNode(ask.verb, ask.name)
        if node != state.node:
            sentence = (
                f"it asked '{state.node.title}', then '{node.title}' for the same answers. What a journey does must "
                "follow from its answers alone: no chance, clock, order of a set or anything outside."
            )
            self._note(Trouble.OTHER_STEPS, state, sentence)

    def _follow_answer(self, state: MapState, answer: Any, run: Run) -> None:
        """Follow one answer to the next state, and add the edge to the map."""
        found = self.found
        assert state.ask is not None
        found.steps[state.node] = state.ask
        found.split_tests += [test for test in state.ask.split_tests() if test not in found.split_tests]
        found.answers.setdefault(state.node, set()).add(label(answer))
        # A step that the runtime cannot go on from is asked of no run, so its answer leads nowhere.
        target = self._arrive(run, self._advance(run, answer), state, answer)
        state.ways.append((answer, target))
        found.edges[state.node, label(answer), target.node] = None
        if run.stuck_reason:
            reason = f"{found.name}: after '{label(answer)}' to {state.node.title}: {run.stuck_reason}"
            found.add_problem(MapProblem(Trouble.RAISED, reason, state.node, state.path))

    def _arrive(self, run: Run, ask: Ask | None, before: MapState | None, answer: Any) -> MapState:
        """The state that a run has come to: a new one is to be tried, with this run."""
        if ask is None:
            node = MapNode("end", run.ending or "stuck")
            key: Any = ("end", run.ending or "stuck")
        else:
            node = MapNode(ask.verb, ask.name)
            position = position_of(run.coroutine)
            visits = self._count_visit(position, before)
            key = (position, visits.get(position, 0))
        state = self.known.get(key)
        if state is not None:
            run.close()
            return state
        line = None if ask is None else source_line(run.made_at)
        state = MapState(node, ask, line, before, answer, 0 if before is None else before.depth + 1)
        self.known[key] = state
        self.found.states.append(state)
        if line is not None:
            self.found.places.setdefault(node, line)
        if ask is not None:
            self.visits[id(state)] = visits
            self.pending.append((state, run))
        return state

    def _count_visit(self, position: Any, before: MapState | None) -> dict[Any, int]:
        """How often this path came to each position, as far as turns of loops are counted."""
        if self.most_visits == 1:
            return {}
        visits = dict(self.visits.get(id(before), {}))
        visits[position] = min(visits.get(position, 0) + 1, self.most_visits)
        return visits

    def _find_unhandled_answers(self, state: MapState, answers: Iterable[Any]) -> None:
        """Note outcomes that the code compares with nothing.

        A task's outcomes must all be compared. Of a split test's variants one may be left to an else, or the code
        compares none of them.
        """
        unnamed = [answer for answer in answers if isinstance(answer, WatchedAnswer) and not answer.matched]
        if isinstance(state.ask, SplitStep) and (len(unnamed) == 1 or not any(answer.compared for answer in unnamed)):
            return
        for answer in unnamed:
            self._note(
                Trouble.UNNAMED_OUTCOME,
                state,
                f"{state.node.title} may have the outcome '{answer}', which the code does not name. "
                "Say what comes next for it.",
            )

    def _find_dead_ends(self) -> None:
        """Note when a state leads to no ending."""
        sources: dict[int, list[MapState]] = {}
        for state in self.found.states:
            for _, target in state.ways:
                sources.setdefault(id(target), []).append(state)
        reaching = {id(state) for state in self.found.states if state.ask is None}
        frontier = list(reaching)
        while frontier:
            new = {id(state) for known in frontier for state in sources.get(known, ())} - reaching
            reaching |= new
            frontier = list(new)
        lost = next((state for state in self.found.states if id(state) not in reaching), None)
        if lost is not None:
            self._note(Trouble.NO_WAY_OUT, lost, "there is a place from which no way leads to an ending.")


def _triggers(definition: Definition) -> tuple[str, ...]:
    late = ", told late too" if definition.starts_on_history else ""
    return tuple(f"{event}{late}" for event in definition.starts_on)


def _answers(ask: Ask | None) -> tuple[Any, ...]:
    return () if ask is None else ask.possible_answers()


def label(answer: Any) -> str:
    """How an answer is written on the map."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, dict):
        return "failed" if "failed" in answer else "done"
    return "silence" if answer is None else str(answer)
