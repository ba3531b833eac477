"""What every module of ours imports, read from the source."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

TOPS = ("templates", "models", "blocks", "flows", "web", "deployments", "bench")

Graph = Mapping[str, set[str]]
"""Module -> the modules of ours that it imports, anywhere in it, also for type checking only."""


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {_name(path): path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))}
"""Module -> its file."""

PACKAGES = {module for module, path in FILES.items() if path.name == "__init__.py"}


def below(module: str, package: str) -> bool:
    """Whether a module is the package, or somewhere in it."""
    return not package or module == package or module.startswith(f"{package}.")


@cache
def imported_names(module: str) -> tuple[tuple[str, str | None], ...]:
    """Each import in a module: what from, and the name that is taken out of it, if any."""
    return tuple(_imports(ast.parse(FILES[module].read_text())))


def _imports(tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def imports_as_written() -> Graph:
    """The graph in which `from package import name` points to the package's own `__init__`."""
    return _graph(lambda module, _: module)


@cache
def imports_as_meant() -> Graph:
    """The graph in which it points to the module that defines the name: what a package passes on, it does not own."""
    return _graph(defined_in)


def defined_in(module: str, name: str | None) -> str:
    """The module behind a name that a package passes on."""
    if module in PACKAGES and name:
        for origin, passed_on in imported_names(module):
            if passed_on == name and origin in FILES:
                return defined_in(origin, name)
    return module


def circles(graph: Graph) -> list[set[str]]:
    """Groups in which everybody reaches everybody."""
    reach = {node: reachable(graph, [node]) for node in graph}
    found = {frozenset({node} | {other for other in reach[node] if node in reach[other]}) for node in graph}
    return sorted((set(group) for group in found if len(group) > 1), key=sorted)


def reachable(graph: Graph, starts: Iterable[str]) -> set[str]:
    """Everything that these import, and what that imports; the starts only where they are imported."""
    seen: set[str] = set()
    ahead = [target for start in starts for target in graph.get(start, ())]
    while ahead:
        module = ahead.pop()
        if module not in seen:
            seen.add(module)
            ahead += graph.get(module, ())
    return seen


def _graph(target: Callable[[str, str | None], str]) -> Graph:
    found: dict[str, set[str]] = {}
    for module in FILES:
        taken = ((f"{origin}.{name}", origin, name) for origin, name in imported_names(module))
        targets = {part if part in FILES else target(origin, name) for part, origin, name in taken}
        found[module] = {one for one in targets if one in FILES and one != module}
    return found
