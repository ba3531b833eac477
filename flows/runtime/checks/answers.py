"""Answers and the code that names them: what no case is for, and a case that no answer brings."""

import ast
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from flows.runtime.authoring.journey_source import JourneyFunction
from flows.runtime.checks.rule import Checked, Found
from flows.runtime.definitions.run import SourceLine
from flows.runtime.maps.journey_map import JourneyMap, MapState, label
from models.wording import did_you_mean

NAMES_OF_PEOPLE = ("route", "offer")
"""Verbs that answer who it is, or nobody."""


class _Cases(NamedTuple):
    """What a match statement or a comparison names of an answer."""

    at: SourceLine
    named: tuple[Any, ...]
    takes_all: bool
    """Whether what is not named goes a way of its own: `case _`, or whatever stands after a comparison."""


def find_unnamed_silences(checked: Checked) -> Iterator[Found]:
    """Answers for which no case of a match is: the code goes on below it, as if they had been thought of."""
    for journey, state, cases in _compared(checked):
        if cases.takes_all:
            continue
        for answer in _answers(state):
            if answer not in cases.named and _needs_case(state, answer):
                message = (
                    f"{state.node.title} may be answered by {_word(state, answer)}, and no case is for it. Say what "
                    f"comes next: `case {answer!r}:`, or `case _:` for all others."
                )
                yield Found(message, journey, cases.at, state.path)


def find_impossible_cases(checked: Checked) -> Iterator[Found]:
    """Cases and comparisons with what the step is never answered with, such as an outcome that is mistyped."""
    for journey, state, cases in _compared(checked):
        possible = _answers(state)
        if state.node.verb in NAMES_OF_PEOPLE or not all(_is_plain(answer) for answer in possible):
            continue
        for named in cases.named:
            if named not in possible:
                known = [str(label(one)) for one in possible]
                meant = did_you_mean(named, known) if isinstance(named, str) else ""
                message = (
                    f"{state.node.title} is never answered by {_word(state, named)}.{meant} It may be: "
                    f"{', '.join(known)}."
                )
                yield Found(message, journey, cases.at, state.path)


def _needs_case(state: MapState, answer: Any) -> bool:
    """Not what people report, or what a split test draws: those are looked at on each path of the map."""
    if answer is None:
        return True
    return _is_plain(answer) and state.node.verb not in ("task", "split", *NAMES_OF_PEOPLE)


def _is_plain(answer: Any) -> bool:
    """Whether it is known beforehand, which the result of an activity and a task that somebody asks for are not."""
    return answer is None or isinstance(answer, str | bool)


def _word(state: MapState, answer: Any) -> str:
    if answer is None:
        return "None, when the time is up" if state.node.verb != "offer" else "None, when nobody accepts"
    return repr(answer)


def _answers(state: MapState) -> list[Any]:
    return [answer for answer, _ in state.ways]


def _compared(checked: Checked) -> Iterator[tuple[str, MapState, _Cases]]:
    """Each step whose answer is compared, with what it is compared with."""
    for name, source in checked.sources.items():
        found = checked.maps.get(name)
        for function in source.own if found is not None else ():
            for call, cases in _cases_in(function):
                for state in _made_at(found, function, call):
                    yield name, state, cases


def _made_at(found: JourneyMap | None, function: JourneyFunction, call: ast.Call) -> Iterator[MapState]:
    """The states of a step that is made here: the first one with the same answers."""
    seen: list[Sequence[Any]] = []
    lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
    for state in found.states if found is not None else ():
        if state.made_at is None or state.made_at[0] != function.source.path or state.made_at[1] not in lines:
            continue
        if state.node.verb == _verb(call) and (answers := [state.node, *_answers(state)]) not in seen and state.ways:
            seen.append(answers)
            yield state


def _verb(call: ast.Call) -> str | None:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else None
    return {"wait_until_field": "wait_until", "requested_task": "task"}.get(str(called), called)


def _cases_in(function: JourneyFunction) -> Iterator[tuple[ast.Call, _Cases]]:
    for node in ast.walk(function.node):
        if isinstance(node, ast.Match) and (call := _asked(node.subject, function)):
            yield call, _cases_of(node, function)
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and (call := _asked(node.left, function)):
            named = _constants(node.comparators[0], node.ops[0])
            if named:
                yield call, _Cases((function.source.path, node.lineno), named, takes_all=True)


def _cases_of(match: ast.Match, function: JourneyFunction) -> _Cases:
    named: list[Any] = []
    takes_all = False
    for case in match.cases:
        for pattern in _alternatives(case.pattern):
            if isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Constant):
                named.append(pattern.value.value)
            elif isinstance(pattern, ast.MatchSingleton):
                named.append(pattern.value)
            else:
                # A name, a class or an attribute: what it takes is known only when it runs.
                takes_all = True
    return _Cases((function.source.path, match.lineno), tuple(named), takes_all)


def _alternatives(pattern: ast.pattern) -> Iterator[ast.pattern]:
    if isinstance(pattern, ast.MatchOr):
        for one in pattern.patterns:
            yield from _alternatives(one)
    elif isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        yield from _alternatives(pattern.pattern)
    else:
        yield pattern


def _constants(compared: ast.expr, how: ast.cmpop) -> tuple[Any, ...]:
    if isinstance(how, ast.Eq | ast.NotEq) and isinstance(compared, ast.Constant):
        return (compared.value,)
    if isinstance(how, ast.In | ast.NotIn) and isinstance(compared, ast.Tuple | ast.List | ast.Set):
        return tuple(one.value for one in compared.elts if isinstance(one, ast.Constant))
    return ()


def _asked(subject: ast.expr, function: JourneyFunction) -> ast.Call | None:
    """The step whose answer is looked at: awaited there, or under a name that is given once in the function."""
    if isinstance(subject, ast.NamedExpr):
        subject = subject.value
    if isinstance(subject, ast.Await):
        call = subject.value
        is_step = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        return call if is_step and isinstance(call, ast.Call) and _is_j(call.func, function) else None
    if isinstance(subject, ast.Name):
        given = [value for target, value in _given(function) if target == subject.id]
        if len(given) == 1 and isinstance(given[0], ast.Await):
            return _asked(given[0], function)
    return None


def _is_j(called: ast.expr, function: JourneyFunction) -> bool:
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == function.j


def _given(function: JourneyFunction) -> Iterator[tuple[str, ast.expr | None]]:
    """Names and what they are given, wherever that is; None for what is not an expression, as in a loop."""
    for node in ast.walk(function.node):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((one.id, node.value) for one in ast.walk(target) if isinstance(one, ast.Name))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
            yield node.target.id, node.value
        elif isinstance(node, ast.AugAssign | ast.For) and isinstance(node.target, ast.Name):
            yield node.target.id, None
    arguments = function.node.args
    for one in (*arguments.args, *arguments.kwonlyargs):
        yield one.arg, None
