"""Imports point down: deployments -> web, flows -> blocks -> models."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

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


def imported(path: Path, *, with_names: bool = False) -> Iterator[str]:
    """Names of the modules that a file imports, wherever in it; and of what it takes out of them, modules or not."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if with_names:
                yield from (f"{node.module}.{name.name}" for name in node.names)


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


def test_the_pages_need_no_prefect() -> None:
    """Leads are taken while Prefect is down, and the process that takes them stays small."""
    seen: set[str] = set()
    ahead = {"web.app"}
    while ahead - seen:
        module = (ahead - seen).pop()
        seen.add(module)
        ahead |= {name for path in sources(module) for name in imported(path, with_names=True)}
    assert "models.mail.rendering.preview" in seen
    assert not [module for module in seen if below(module, "prefect")]


def sources(module: str) -> Iterator[Path]:
    """The files of ours that importing this runs."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:length])
        yield from (path for path in (place / "__init__.py", place.with_suffix(".py")) if path.exists())
