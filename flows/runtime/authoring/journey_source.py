"""The source of a journey, as Python reads it: its function, and those of its own that it calls."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class ModuleSource:
    """A module that has journeys, or functions that they call."""

    path: str
    """Its file, as Python knows it."""
    tree: ast.Module
    names: Mapping[str, Any]
    """What its names stand for, once it is loaded."""

    @property
    def file(self) -> str:
        """The name of the file, without its folders."""
        return self.path.rpartition("/")[2]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}

    @cached_property
    def imported(self) -> dict[str, str]:
        """Name in the module -> full name of what is imported by it."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {name.asname or name.name.partition(".")[0]: _full(name) for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        return found

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The functions of the module itself, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, Function)}

    @cached_property
    def helpers(self) -> frozenset[str]:
        """Its own coroutines."""
        return frozenset(name for name, node in self.functions.items() if isinstance(node, ast.AsyncFunctionDef))

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Names that the module gives a value, and the expression of it."""
        found: dict[str, ast.expr] = {}
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            if isinstance(value, ast.expr):
                found |= {target.id: value for target in targets if isinstance(target, ast.Name)}
        return found

    def full_name(self, called: str) -> str | None:
        """`datetime.datetime.now` of `dt.now`, by what is imported; None for attributes of anything else."""
        first, dot, rest = called.partition(".")
        if first not in self.imported and dot:
            return None
        return f"{self.imported.get(first, first)}{dot}{rest}"


@dataclass(frozen=True, eq=False)
class JourneyFunction:
    """A function that a journey performs: its own, or one that it calls."""

    node: Function
    source: ModuleSource

    @property
    def j(self) -> str | None:
        """What it calls its journey; None where it takes none."""
        return journey_of(self.node)


@dataclass(frozen=True, eq=False)
class JourneySource:
    """Everything of a journey that can be read."""

    module: ModuleSource
    own: tuple[JourneyFunction, ...]
    """The functions beside it that take a journey, itself among them."""
    called: tuple[JourneyFunction, ...]
    """Functions of ours that these call, here or in another module of journeys, and that take none."""
    name: str
    """The function of the journey itself."""

    def performs(self, path: str, line: int) -> bool:
        """Whether a line is performed by this journey, and not only by another one beside it."""
        reached = [one for one in self.own if one.node.name == self.name]
        reached += _called(tuple(reached))
        nodes = [one.node for one in reached]
        others = [one for one in self.own if one.node not in nodes]
        return not any(
            one.source.path == path and one.node.lineno <= line <= (one.node.end_lineno or line) for one in others
        )


def read_source(body: Callable[..., Any]) -> JourneySource | None:
    """The source of a journey; None where there is none, as for code that was typed in."""
    module = sys.modules.get(body.__module__)
    source = None if module is None else module_source(module)
    if source is None:
        return None
    functions = [
        JourneyFunction(node, source)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncFunctionDef) and journey_of(node)
    ]
    own = tuple(_of(body.__qualname__, functions))
    return JourneySource(source, own, tuple(_called(own)), body.__qualname__.rpartition(".")[2])


def module_source(module: Any) -> ModuleSource | None:
    """The source of a module; None where it cannot be had."""
    try:
        text = inspect.getsource(module)
    except (OSError, TypeError):
        return None
    return _parse(text, getattr(module, "__file__", None) or module.__name__, module)


@lru_cache(maxsize=200)
def _parse(text: str, path: str, module: Any) -> ModuleSource:
    return ModuleSource(path, ast.parse(text), vars(module))


def _of(journey: str, functions: list[JourneyFunction]) -> list[JourneyFunction]:
    """The journey and helpers beside it. A journey inside a function, as tests have it, stands for itself."""
    if "<locals>" not in journey:
        return functions
    return [one for one in functions if one.node.name == journey.rpartition(".")[2]]


def _called(own: tuple[JourneyFunction, ...]) -> Iterator[JourneyFunction]:
    """What these functions call, and what that calls in turn."""
    seen = {id(one.node) for one in own}
    pending = list(own)
    while pending:
        function = pending.pop()
        for node in ast.walk(function.node):
            called = dotted(node.func) if isinstance(node, ast.Call) else None
            found = _resolve(called, function.source) if called else None
            if found is not None and id(found.node) not in seen:
                seen.add(id(found.node))
                pending.append(found)
                yield found


def _resolve(called: str, source: ModuleSource) -> JourneyFunction | None:
    """The function of ours that is called so: in the same module, or in another one of the same folder."""
    if called in source.functions:
        return JourneyFunction(source.functions[called], source)
    first, *rest = called.split(".")
    value = source.names.get(first)
    for part in rest:
        value = getattr(value, part, None)
    home = getattr(value, "__module__", None) or ""
    folder = str(source.names.get("__name__")).rpartition(".")[0]
    if not inspect.isfunction(value) or not folder or not home.startswith(f"{folder}.") or is_activity(value):
        return None
    there = module_source(sys.modules.get(home))
    node = there.functions.get(value.__name__) if there is not None else None
    return JourneyFunction(node, there) if node is not None and there is not None else None


def is_activity(value: Any) -> bool:
    """Whether it is marked by @activity."""
    return hasattr(value, "retries")


def journey_of(function: Function) -> str | None:
    """What a function calls its journey; None for one that takes none."""
    for argument in function.args.args:
        if argument.arg == "j" or (argument.annotation is not None and "Journey" in ast.unparse(argument.annotation)):
            return argument.arg
    return None


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` of an expression that is nothing but that."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return None


def _full(name: ast.alias) -> str:
    return name.name if name.asname else name.name.partition(".")[0]
