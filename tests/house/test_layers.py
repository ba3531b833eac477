"""The rules of `rules.py` hold: imports point down, nothing goes in a circle, nothing is crowded, all is reached."""

from collections import Counter, defaultdict

import pytest
import yaml

from tests.house.imports import (
    FILES,
    Graph,
    below,
    circles,
    imported_names,
    imports_as_meant,
    imports_as_written,
    reachable,
)
from tests.house.rules import EXCEPT, FLOORS, MOST_FILES, NEIGHBOURS, NEVER, STARTED_BY_NAME, UNBOUNDED
from tests.support.paths import ROOT


def child(module: str, package: str) -> str | None:
    """The part of a package that a module is in; None for the package itself and for what is elsewhere."""
    if not below(module, package) or module == package:
        return None
    rest = module.removeprefix(f"{package}.") if package else module
    return rest.partition(".")[0]


@pytest.mark.parametrize("package", FLOORS, ids=lambda package: package or "the house")
def test_imports_point_down(package: str) -> None:
    floor = {part: number for number, floor in enumerate(FLOORS[package]) for part in floor.split()}
    prefix = f"{package}." if package else ""
    wrong = [
        f"{module} imports {target}"
        for module, targets in imports_as_meant().items()
        for target in targets
        if (here := child(module, package))
        and (there := child(target, package))
        and here != there
        and floor[here] <= floor[there]
        and (prefix + here, prefix + there) not in NEIGHBOURS
    ]
    assert not wrong


@pytest.mark.parametrize("package", FLOORS, ids=lambda package: package or "the house")
def test_everything_has_a_floor(package: str) -> None:
    listed = Counter(part for floor in FLOORS[package] for part in floor.split())
    assert listed == Counter({part for module in FILES if (part := child(module, package))})


def test_neighbours_that_may_be_imported_are() -> None:
    arrows = [(module, target) for module, targets in imports_as_meant().items() for target in targets]
    for here, there in NEIGHBOURS:
        assert any(below(module, here) and below(target, there) for module, target in arrows)


@pytest.mark.parametrize("package", NEVER)
def test_what_is_not_needed_is_not_imported(package: str) -> None:
    wrong = [
        f"{module} imports {origin}"
        for module in FILES
        if below(module, package)
        for origin, _ in imported_names(module)
        for forbidden in NEVER[package].split()
        if below(origin, forbidden) and EXCEPT.get(module) != forbidden
    ]
    assert not wrong


def test_no_files_import_each_other_in_a_circle() -> None:
    assert not circles(imports_as_written())


def test_no_folders_import_each_other_in_a_circle() -> None:
    """Nor does a folder use what is in a folder of it, and that use what is beside it."""
    folders: defaultdict[str, set[str]] = defaultdict(set)
    for module, targets in imports_as_meant().items():
        folders[folder(module)] |= {folder(target) for target in targets} - {folder(module)}
    assert not circles(folders)


def folder(module: str) -> str:
    """Where a module lies; what a package passes on in its `__init__` is above all that lies in it."""
    path = FILES[module].relative_to(ROOT)
    return f"{path.parent}/__init__" if path.name == "__init__.py" else str(path.parent)


def test_no_folder_is_crowded() -> None:
    files = Counter(str(path.parent.relative_to(ROOT)) for path in FILES.values() if path.name != "__init__.py")
    assert not {folder: count for folder, count in files.items() if count > MOST_FILES and folder not in UNBOUNDED}


def test_every_module_is_reached() -> None:
    graph = imports_as_written()
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    by_prefect = {one["entrypoint"].rpartition(".")[0] for one in deployments if "entrypoint" in one}
    starts = by_prefect | {module for module in FILES if is_started(module)}
    reached = with_packages(reachable(graph, starts) | starts)
    assert not sorted(set(FILES) - reached)


def is_started(module: str) -> bool:
    """Whether it is run by its name, not by an import."""
    has_main = '__name__ == "__main__"' in FILES[module].read_text()
    return has_main or any(below(module, name) for name in STARTED_BY_NAME)


def with_packages(modules: set[str]) -> set[str]:
    """With the packages that they are in, which Python imports first."""
    parts = [module.split(".") for module in modules]
    return {".".join(path[:length]) for path in parts for length in range(1, len(path) + 1)}


def test_the_pages_need_no_prefect() -> None:
    """Leads are taken while Prefect is down, and the process that takes them stays small."""
    seen = with_packages(reachable(with_parents(imports_as_written()), ["web.app"]) | {"web.app"})
    assert "models.mail.rendering.preview" in seen
    assert not [
        module for module in seen & set(FILES) for origin, _ in imported_names(module) if below(origin, "prefect")
    ]


def with_parents(graph: Graph) -> Graph:
    """What importing really runs: also the packages that a module is in."""
    return {module: with_packages(targets) & set(FILES) for module, targets in graph.items()}
