"""The pages of the documentation, taken apart: blocks of code, commands, links, anchors."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.paths import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[\w-]+\]: (\S+)", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    page: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        """What a failing test is called by."""
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> Iterator[list[str]]:
        """The commands of a console block as words, without their comments."""
        for command in re.split(r"^\$ ", self.code, flags=re.MULTILINE)[1:]:
            yield shlex.split(_without_output(command).replace("\\\n", " "), comments=True)


def _without_output(command: str) -> str:
    """A command goes on over lines that are indented; what is not is what it printed."""
    first, *rest = command.splitlines()
    more = [line for line in rest if line.startswith(" ")]
    return "\n".join([first, *more])


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    path: Path

    def __str__(self) -> str:
        """What a failing test is called by."""
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> Iterator[Block]:
        for found in FENCE.finditer(self.text):
            yield Block(str(self), self.text[: found.start()].count("\n") + 1, found[1], found[2])

    @property
    def prose(self) -> str:
        """What is not in blocks of code."""
        return FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        return [first or second for first, second in LINK.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """The names by which its headings are linked to, made as GitHub makes them."""
        return {
            re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")
            for heading in HEADING.findall(self.prose)
        }


README = Page(ROOT / "README.md")
PAGES = [
    *(Page(ROOT / name) for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(Page(path) for path in sorted((ROOT / "docs").glob("*.md"))),
]


def blocks(language: str) -> list[Block]:
    """All blocks of one language, page by page."""
    return [block for page in PAGES for block in page.blocks if block.language == language]
