"""A page of docs/ as HTML: links to other pages lead to them here, links into the code become plain words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

FOLDER = Path(__file__).parents[2] / "docs"
PICTURES = FOLDER / "pictures"
PAGE_NAME = re.compile(r"[a-z][a-z-]{0,60}")
PAGE_LINK = re.compile(r"(?:\./)?(?P<name>[a-z-]+)\.md(?P<anchor>#.*)?")
PICTURE_LINK = re.compile(r"(?:\./)?pictures/(?P<name>[\w-]+\.(?:png|svg))")
NO_LETTER = re.compile(r"[^\w\- ]")
# Words of its own HTML would stand in the page as they are; ours have none.
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class DocPage:
    """A page of the documentation."""

    name: str
    title: str
    headings: tuple[str, ...]
    html: Markup


def page_names() -> list[str]:
    """All pages, in the order of their names."""
    return sorted(path.stem for path in FOLDER.glob("*.md") if PAGE_NAME.fullmatch(path.stem))


@cache
def read_page(name: str) -> DocPage | None:
    """A page as it was when it was first read; None where there is none of this name."""
    if not PAGE_NAME.fullmatch(name) or not (file := FOLDER / f"{name}.md").is_file():
        return None
    tokens = PARSER.parse(file.read_text(encoding="utf-8"))
    titles = [(level, words) for level, words in _headings(tokens)]
    for block in tokens:
        _lead_here(block.children or [])
    body = tokens[3:] if titles and tokens[0].tag == "h1" else tokens
    html = Markup(PARSER.renderer.render(body, PARSER.options, {}))
    title = titles[0][1] if titles else name
    return DocPage(name, title, tuple(words for level, words in titles[1:] if level in ("h2", "h3")), html)


def anchor(heading: str) -> str:
    """The name of a heading in addresses, as GitHub makes it."""
    return NO_LETTER.sub("", heading.lower()).replace(" ", "-")


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Level and words of each heading, which gets its name on the way."""
    for opening, words in pairwise(tokens):
        if opening.type == "heading_open":
            said = "".join(part.content for part in words.children or [])
            opening.attrSet("id", anchor(said))
            yield opening.tag, said


def _lead_here(inline: list[Token]) -> None:
    """Let links and pictures lead to our own addresses; what is not served here is no link."""
    is_open = True
    for token in list(inline):
        if token.type == "link_open":
            is_open = _link(token)
        if token.type in ("link_open", "link_close") and not is_open:
            inline.remove(token)
        if token.type == "image":
            found = PICTURE_LINK.fullmatch(str(token.attrGet("src")))
            token.attrSet("src", f"/docs/pictures/{found['name']}" if found else "")


def _link(token: Token) -> bool:
    href = str(token.attrGet("href"))
    if found := PAGE_LINK.fullmatch(href):
        token.attrSet("href", f"/docs/{found['name']}{found['anchor'] or ''}")
        return True
    if href.startswith(("https://", "http://")):
        token.attrSet("rel", "noreferrer")
    return href.startswith(("https://", "http://", "#"))
