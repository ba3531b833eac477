"""Imports point down: deployments -> web, flows -> blocks -> models."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [path for top in ("models", "blocks", "flows", "web", "deployments") for path in (ROOT / top).rglob("*.py")]

NOT_FROM = {
    "models": ("blocks", "flows", "web", "deployments", "prefect"),
    "blocks": ("flows", "web", "deployments"),
    "web": ("flows", "deployments"),
    "flows": ("web", "deployments"),
    "flows/journeys": ("prefect", "blocks", "flows.operations"),
    "flows/runtime": ("blocks", "flows.operations", "flows.journeys"),
}
"""Folder -> what nothing in it imports."""

PREFECT_IN_THE_RUNTIME = {"prefect_flow.py"}


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    forbidden = {
        package for folder, packages in NOT_FROM.items() if name.startswith(f"{folder}/") for package in packages
    }
    if name.startswith("flows/runtime/") and path.name not in PREFECT_IN_THE_RUNTIME:
        forbidden.add("prefect")
    wrong = [module for module in imported(path) for package in forbidden if below(module, package)]
    assert not wrong
