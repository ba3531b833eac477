"""An error that a docstring announces is one that exists: a renamed class is renamed there, too."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.imports import FILES

ANNOUNCED = re.compile(r"\b[Rr]aises ([A-Z]\w+)")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_errors_that_are_announced_exist() -> None:
    known = set(dir(builtins)) | {name for path in FILES.values() for name in classes(path)}
    wrong = {
        f"{module}: {name}" for module, path in FILES.items() for name in announced_errors(path) if name not in known
    }
    assert not wrong


def classes(path: Path) -> Iterator[str]:
    return (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))


def announced_errors(path: Path) -> Iterator[str]:
    nodes = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, DOCUMENTED))
    return (name for node in nodes for name in ANNOUNCED.findall(ast.get_docstring(node) or ""))
