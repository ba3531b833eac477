"""Journeys as people read of them, from the files in flows/journeys: title, what happens, and when one may start again.

The files are read, not run: pages know no runtime.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path

from models.titles.words import in_words

JOURNEY_FOLDER = Path(__file__).parents[2] / "flows" / "journeys"
DECORATOR = "journey"
LONGEST_TITLE = 60


@dataclass(frozen=True)
class JourneyOutline:
    """A journey as its file tells of it."""

    name: str
    title: str
    summary: str
    """One sentence on whom it is for; empty when the file says nothing."""
    description: str
    """What happens, in paragraphs."""
    reentry: str
    """`never`, `after_end` or `always`."""
    ends_on: Mapping[str, str]
    """Pattern of an event -> the ending that it means."""

    @property
    def exclusive(self) -> bool:
        """Only one open run per contact."""
        return self.reentry != "always"


def title_of_journey(name: str) -> str:
    """`Lead nurture` of `lead_nurture`: what @journey or the file's first line says, else the name in words."""
    outline = journey_outlines().get(name)
    return outline.title if outline else in_words(name)


def with_journey_titles(sentence: str) -> str:
    """`handed over to lead_nurture` as `handed over to Lead nurture`: the names of journeys that are no word."""
    return _raw_names().sub(lambda found: title_of_journey(found[0]), sentence)


@cache
def _raw_names() -> re.Pattern[str]:
    names = [re.escape(name) for name in journey_outlines() if "_" in name]
    return re.compile(rf"\b(?:{'|'.join(names)})\b" if names else r"(?!)")


@cache
def journey_outlines(folder: Path = JOURNEY_FOLDER) -> dict[str, JourneyOutline]:
    """Every journey by name, in the order of their titles. A file that cannot be read is left out."""
    found = [outline for file in sorted(folder.glob("*.py")) for outline in _outlines(file)]
    return {outline.name: outline for outline in sorted(found, key=lambda one: one.title.lower())}


def _outlines(file: Path) -> Iterator[JourneyOutline]:
    try:
        module = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    for node in module.body:
        if isinstance(node, ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _name(decorator.func) == DECORATOR:
                    yield _outline(module, node, decorator)


def _outline(module: ast.Module, body: ast.AsyncFunctionDef, decorator: ast.Call) -> JourneyOutline:
    says = {keyword.arg: keyword.value for keyword in decorator.keywords if keyword.arg}
    first_line = (ast.get_docstring(module) or "").partition("\n")[0]
    before, colon, after = first_line.partition(": ")
    is_title = bool(colon) and len(before) <= LONGEST_TITLE
    given = _literal(says.get("title"))
    title = given if isinstance(given, str) and given else before if is_title else in_words(body.name)
    summary = after if is_title else first_line
    ends_on = _literal(says.get("ends_on"))
    return JourneyOutline(
        body.name,
        title,
        summary[:1].upper() + summary[1:],
        cleandoc(ast.get_docstring(body) or ""),
        _reentry(says.get("reentry")),
        ends_on if isinstance(ends_on, dict) else {},
    )


def _reentry(value: ast.expr | None) -> str:
    """As text, or as a member of Reentry."""
    if isinstance(value, ast.Attribute):
        return value.attr.lower()
    found = _literal(value)
    return found if isinstance(found, str) else "after_end"


def _literal(value: ast.expr | None) -> object:
    try:
        return None if value is None else ast.literal_eval(value)
    except ValueError:
        return None


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
