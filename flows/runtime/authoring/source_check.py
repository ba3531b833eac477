"""Slips that can be seen in the source of a journey, before it runs: what is not awaited, and what a replay repeats.

A run's code is performed again from the top whenever it goes on. So what it asks the clock, chance or the network
would be asked again, with another answer.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flows.runtime.authoring.journey_source import (
    JourneyFunction,
    JourneySource,
    ModuleSource,
    dotted,
    is_activity,
    read_source,
)
from flows.runtime.authoring.not_repeatable import FILE_METHODS, Slip, not_repeatable
from flows.runtime.authoring.shared_state import changes_of_shared_state, orders_of_sets

LOCAL_TIME = "goes by the time zone of the machine. Write `j.now`, or `astimezone(ZoneInfo(...))` with a zone."
SEEDED = frozenset({"random.Random", "numpy.random.default_rng"})
"""Chance that gives the same each time, if it is given a seed."""


@dataclass(frozen=True)
class SourceSlip:
    """A slip, and where it stands."""

    kind: Slip
    path: str
    """The file, as Python knows it."""
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path.rpartition('/')[2]}, line {self.line}: {self.sentence}"


def find_slips(body: Callable[..., Any], verbs: frozenset[str]) -> tuple[SourceSlip, ...]:
    """Each slip in a journey, its helpers and the functions of ours that they call; none where there is no source.

    `verbs` are the names of the methods that make a step.
    """
    source = read_source(body)
    return () if source is None else tuple(dict.fromkeys(_slips(source, verbs)))


def _slips(source: JourneySource, verbs: frozenset[str]) -> Iterator[SourceSlip]:
    for function in source.own:
        yield from _slips_of_awaiting(function, verbs)
    for function in (*source.own, *source.called):
        yield from _repeated(function, function.node)
        yield from _constants_read(function)
        for kind, node, sentence in (*changes_of_shared_state(function), *orders_of_sets(function)):
            yield _slip(kind, function, node, sentence)


def _slip(kind: Slip, function: JourneyFunction, node: ast.AST, sentence: str) -> SourceSlip:
    return SourceSlip(kind, function.source.path, getattr(node, "lineno", function.node.lineno), sentence)


# What is awaited


def _slips_of_awaiting(function: JourneyFunction, verbs: frozenset[str]) -> Iterator[SourceSlip]:
    source = function.source
    for node in ast.walk(function.node):
        if isinstance(node, ast.ExceptHandler) and _hides_all(node, source):
            sentence = "`except` without a kind of error hides what is wrong. Write `except ActivityFailed:`."
            yield _slip(Slip.HIDES_ERRORS, function, node, sentence)
        if isinstance(node, ast.Try):
            yield from _awaits_in_finally(function, node)
        if isinstance(node, ast.AsyncWith | ast.AsyncFor):
            kind = "with" if isinstance(node, ast.AsyncWith) else "for"
            sentence = f"`async {kind}` awaits what is no step. Put it into an activity and `await j.call(...)`."
            yield _slip(Slip.FOREIGN_AWAIT, function, node, sentence)
        called = dotted(node.func) if isinstance(node, ast.Call) else None
        if called is None:
            continue
        is_verb = (
            called.partition(".")[0] == function.j and called.count(".") == 1 and called.rpartition(".")[2] in verbs
        )
        if (is_verb or called in source.helpers) and not _is_awaited(node, function.node, source):
            sentence = f"{called}(...) is made and not awaited. Write `await {called}(...)`."
            yield _slip(Slip.NOT_AWAITED, function, node, sentence)
        elif isinstance(source.parents.get(node), ast.Await) and (sentence := _foreign(called, source) or ""):
            yield _slip(Slip.FOREIGN_AWAIT, function, node, sentence)


def _hides_all(handler: ast.ExceptHandler, source: ModuleSource) -> bool:
    tried = source.parents[handler]
    awaits = any(isinstance(node, ast.Await) for part in getattr(tried, "body", ()) for node in ast.walk(part))
    raises = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    return awaits and not raises and (handler.type is None or dotted(handler.type) == "BaseException")


def _awaits_in_finally(function: JourneyFunction, tried: ast.Try) -> Iterator[SourceSlip]:
    for node in (node for part in tried.finalbody for node in ast.walk(part)):
        if isinstance(node, ast.Await):
            yield _slip(
                Slip.FINALLY,
                function,
                node,
                "a step in `finally` is asked for each time that a run is put aside. Take it out of `finally`.",
            )


def _foreign(called: str, source: ModuleSource) -> str | None:
    """The sentence about something awaited that is an activity, or comes from another package; None for our own."""
    value: Any = source.names.get(called.partition(".")[0])
    for part in called.split(".")[1:]:
        value = getattr(value, part, None)
    if is_activity(value):
        return f"{called}(...) is an activity, which is done outside. Write `await j.call({called}, ...)`."
    full = source.full_name(called)
    if full is None or called.partition(".")[0] not in source.imported or not_repeatable(full):
        return None
    if full.partition(".")[0] in ("flows", "models"):
        return None
    return f"{called}(...) is awaited and is no step. Put it into an activity and `await j.call(...)`."


def _is_awaited(call: ast.AST, function: ast.AST, source: ModuleSource) -> bool:
    """Awaited where it is made, or under the name that it is given; what is made for a caller is the caller's."""
    node = call
    while isinstance(parent := source.parents[node], ast.IfExp | ast.NamedExpr) and node is not getattr(
        parent, "test", None
    ):
        node = parent
    if isinstance(parent, ast.Await | ast.Lambda):
        return True
    if isinstance(parent, ast.Return):
        return _function_around(parent, source) is not function
    names = _names_given(node, parent)
    return any(
        isinstance(awaited, ast.Await) and isinstance(awaited.value, ast.Name) and awaited.value.id in names
        for awaited in ast.walk(function)
    )


def _names_given(node: ast.AST, parent: ast.AST) -> set[str]:
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    targets += [node.target] if isinstance(node, ast.NamedExpr) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _function_around(node: ast.AST, source: ModuleSource) -> ast.AST:
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = source.parents[node]
    return node


# What is asked again at each replay


def _repeated(function: JourneyFunction, within: ast.AST) -> Iterator[SourceSlip]:
    """What an expression or a function asks of the clock, of chance or of the world."""
    for node in ast.walk(within):
        if isinstance(node, ast.Call):
            found = _repeated_call(node, function.source)
        elif isinstance(node, ast.Attribute) and dotted(node) == "os.environ" and "os" in function.source.imported:
            # Where it is called, as os.environ.get, the call is found.
            around = function.source.parents.get(node)
            found = None if isinstance(around, ast.Attribute) else ("os.environ", not_repeatable("os.environ"))
        else:
            found = None
        if found is not None and found[1] is not None:
            kind, reason = found[1]
            yield _slip(kind, function, node, f"{found[0]} {reason}")


def _repeated_call(node: ast.Call, source: ModuleSource) -> tuple[str, tuple[Slip, str] | None] | None:
    called = dotted(node.func)
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in FILE_METHODS:
            return f"{ast.unparse(node.func)}(...)", not_repeatable("open")
        if node.func.attr == "astimezone" and not node.args and not node.keywords:
            return f"{ast.unparse(node.func)}()", (Slip.CLOCK, LOCAL_TIME)
    if called is None or called in source.functions:
        return None
    if called.partition(".")[0] in source.constants and source.full_name(called) is None:
        # `log = logging.getLogger()`: what is called on it is of the same package.
        made = source.constants[called.partition(".")[0]]
        full = source.full_name(dotted(made.func) or "") if isinstance(made, ast.Call) else None
        found = not_repeatable(full) if full else None
        return (f"{called}(...)", found) if found and found[0] is Slip.PRINTS else None
    full = source.full_name(called)
    if full is None or (full in SEEDED and (node.args or node.keywords)):
        return None
    return f"{called}(...)", not_repeatable(full)


def _constants_read(function: JourneyFunction) -> Iterator[SourceSlip]:
    """Constants of the module that were asked of the clock or the world when the process started."""
    source = function.source
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in source.constants:
            for slip in _repeated(function, source.constants[node.id]):
                if slip.kind in (Slip.CLOCK, Slip.CHANCE, Slip.OUTSIDE):
                    yield slip
