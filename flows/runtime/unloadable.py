"""Files of journeys that Python cannot load: what is wrong with each, and what stands in for its journeys.

The other journeys go on. A journey that has a stand-in is still started by its events; its runs are stuck at once, with
the reason, and go on from there when the file is mended.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from flows.runtime.contract.errors import UnloadableJourney
from flows.runtime.definitions.definition import Body, Definition, Reentry
from flows.runtime.definitions.journey import Journey

FOLDER = "flows/journeys/"
DECORATOR = "journey"
PATTERNS = ("starts_on", "fallback_trigger")


@dataclass(frozen=True)
class UnloadableFile:
    """A file in flows/journeys that cannot be loaded."""

    place: str
    """`flows/journeys/spring.py, line 3`."""
    path: str
    """The file itself."""
    line: int | None
    reason: str
    stand_ins: tuple[Definition, ...]
    """Its journeys, as far as the file says in plain words when they start; none where it cannot even be read."""

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """What is wrong with it, and what becomes of its journeys."""
        left_out = "" if self.stand_ins else " Its journeys are started for nobody until then."
        return f"{self.reason}. Its runs are stuck until it is mended.{left_out}"


def unloadable_file(module: str, path: Path, error: Exception) -> UnloadableFile:
    """What is known of a file that raised an error when it was imported as `module`."""
    lines = [frame for frame in extract_tb(error.__traceback__) if FOLDER in frame.filename]
    file, line = (lines[-1].filename, lines[-1].lineno) if lines else (str(path), None)
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    place = f"{FOLDER}{file.rpartition(FOLDER)[2]}{f', line {line}' if line else ''}"
    reason = f"{type(error).__name__}: {error}"
    return UnloadableFile(place, file, line, reason, tuple(_stand_ins(module, path, f"{place}: {reason}")))


def _stand_ins(module: str, path: Path, problem: str) -> Iterator[Definition]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    for node in tree.body:
        if isinstance(node, ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", None) == DECORATOR:
                    yield _stand_in(module, node.name, decorator, problem)


def _stand_in(module: str, name: str, decorator: ast.Call, problem: str) -> Definition:
    says = {keyword.arg: _literal(keyword.value) for keyword in decorator.keywords if keyword.arg}
    starts, fallback = (_patterns(says.get(one)) for one in PATTERNS)
    reentry = says.get("reentry")
    return Definition(
        name,
        _stuck_body(module, name, problem),
        starts_on=starts,
        fallback_trigger=fallback,
        reentry=Reentry(reentry) if reentry in list(Reentry) else Reentry.AFTER_END,
        starts_on_history=says.get("starts_on_history") is True and bool(starts),
        problem=problem,
    )


def _stuck_body(module: str, name: str, problem: str) -> Body:
    async def body(_: Journey) -> str:
        raise UnloadableJourney(problem)

    body.__name__ = body.__qualname__ = name
    body.__module__ = module
    body.__doc__ = "Cannot be loaded."
    return body


def _patterns(value: Any) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(one for one in found if isinstance(one, str))


def _literal(value: ast.expr) -> Any:
    """A value that stands there as such; a member of an enumeration by its name; None for what has to be run."""
    if isinstance(value, ast.Attribute):
        return value.attr.lower()
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None
