"""Slips that can be seen in the source of a journey, before it runs: what is not awaited, and what a replay repeats.

A run's code is performed again from the top whenever it goes on. So what it asks the clock, chance or the network
would be asked again, with another answer.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

NOT_REPEATABLE = {
    **dict.fromkeys(("time.sleep", "asyncio.sleep"), "holds up every other run. Write `await j.wait(timedelta(...))`."),
    **dict.fromkeys(
        (
            *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
            *("time.time", "time.monotonic", "time.perf_counter", "time.localtime", "time.gmtime"),
        ),
        "gives another moment at each replay. Write `j.now`.",
    ),
    **dict.fromkeys(
        ("random", "secrets", "numpy.random", "os.urandom", "uuid.uuid1", "uuid.uuid4"),
        "gives another answer at each replay. Write `await j.split(...)`, or `await j.call(...)` with an activity.",
    ),
    **dict.fromkeys(
        (
            *("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "smtplib", "socket"),
            *("subprocess", "os.system", "psycopg", "open", "input"),
        ),
        "is done again at each replay. Put it into an activity and `await j.call(...)`.",
    ),
    **dict.fromkeys(
        ("asyncio.gather", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait", "asyncio.wait_for"),
        "cannot be used on steps, which are taken one after another. Await each by itself.",
    ),
}
"""Function or module -> what is wrong with calling it in a journey, and what to do instead."""


@dataclass(frozen=True)
class _Source:
    """A module that has journeys, as Python reads it."""

    file: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST]
    imported: dict[str, str]
    """Name in the module -> full name."""
    helpers: frozenset[str]
    """Its own coroutines."""
    verbs: frozenset[str]
    """The methods of a journey that make a step."""


def find_slips(body: Callable[..., Any], verbs: frozenset[str]) -> tuple[str, ...]:
    """A sentence, with file and line, for each slip in the module of a journey; none where there is no source.

    `verbs` are the names of the methods that make a step.
    """
    module = sys.modules.get(body.__module__)
    try:
        text = inspect.getsource(module) if module is not None else ""
    except (OSError, TypeError):
        return ()
    path = getattr(module, "__file__", None) or body.__module__
    return _slips_in(text, path.rpartition("/")[2], body.__qualname__, verbs)


@lru_cache(maxsize=100)
def _slips_in(text: str, file: str, journey: str, verbs: frozenset[str]) -> tuple[str, ...]:
    source = _read(text, file, verbs)
    functions = [node for node in ast.walk(source.tree) if isinstance(node, ast.AsyncFunctionDef) and _journey_of(node)]
    return tuple(dict.fromkeys(slip for function in _of(journey, functions) for slip in _slips(function, source)))


def _of(journey: str, functions: list[ast.AsyncFunctionDef]) -> list[ast.AsyncFunctionDef]:
    """The journey and helpers beside it. A journey inside a function, as tests have it, stands for itself."""
    if "<locals>" not in journey:
        return functions
    return [one for one in functions if one.name == journey.rpartition(".")[2]]


def _read(text: str, file: str, verbs: frozenset[str]) -> _Source:
    tree = ast.parse(text)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.asname or name.name.partition(".")[0]: _full(name) for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    helpers = frozenset(node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef))
    return _Source(file, tree, parents, imported, helpers, verbs)


def _full(name: ast.alias) -> str:
    return name.name if name.asname else name.name.partition(".")[0]


def _journey_of(function: ast.AsyncFunctionDef) -> str | None:
    """What a function calls its journey; None for one that takes none."""
    for argument in function.args.args:
        if argument.arg == "j" or (argument.annotation is not None and "Journey" in ast.unparse(argument.annotation)):
            return argument.arg
    return None


def _slips(function: ast.AsyncFunctionDef, source: _Source) -> Iterator[str]:
    j = _journey_of(function)
    for node in ast.walk(function):
        where = f"{source.file}, line {getattr(node, 'lineno', function.lineno)}"
        if isinstance(node, ast.ExceptHandler) and _hides_all(node, source):
            yield f"{where}: `except` without a kind of error hides what is wrong. Write `except ActivityFailed:`."
        if not isinstance(node, ast.Call):
            continue
        called = _dotted(node.func)
        if called is None:
            continue
        is_verb = called.partition(".")[0] == j and called.count(".") == 1 and called.rpartition(".")[2] in source.verbs
        if (is_verb or called in source.helpers) and not _is_awaited(node, function, source):
            yield f"{where}: {called}(...) is made and not awaited. Write `await {called}(...)`."
        elif reason := _not_repeatable(called, source):
            yield f"{where}: {called}(...) {reason}"


def _hides_all(handler: ast.ExceptHandler, source: _Source) -> bool:
    tried = source.parents[handler]
    awaits = any(isinstance(node, ast.Await) for part in getattr(tried, "body", ()) for node in ast.walk(part))
    raises = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
    return awaits and not raises and (handler.type is None or _dotted(handler.type) == "BaseException")


def _dotted(node: ast.AST) -> str | None:
    """`a.b.c` of an expression that is nothing but that."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return None


def _is_awaited(call: ast.Call, function: ast.AsyncFunctionDef, source: _Source) -> bool:
    """Awaited where it is made, or under the name that it is given; what is made for a caller is the caller's."""
    node: ast.AST = call
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


def _function_around(node: ast.AST, source: _Source) -> ast.AST:
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = source.parents[node]
    return node


def _not_repeatable(called: str, source: _Source) -> str | None:
    first, dot, rest = called.partition(".")
    full = f"{source.imported.get(first, first)}{dot}{rest}"
    if first not in source.imported and dot:
        return None
    parts = full.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((NOT_REPEATABLE[name] for name in names if name in NOT_REPEATABLE), None)
