"""The plain text of a mail, taken from its HTML for readers that show none."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.tag import CustomHtmlTagHandlerMapping
from lxml.html import HtmlElement, document_fromstring, tostring

LAYOUT = frozenset({"html", "body", "div", "table", "tbody", "tr", "td"})
"""Tags that may hold nothing but blocks. A table lays out when its role says so."""
BLOCKS = LAYOUT | {"p", "h1", "h2", "h3", "ul", "ol", "blockquote", "pre", "img", "hr"}
NEVER_READ = frozenset({"head", "style", "script"})


def plain_text(html: str) -> str:
    """The text a reader sees, hidden preview left out, each web link followed by its address."""
    return join_texts(text_of(piece) for piece in split_pieces(html))


def join_texts(texts: Iterable[str]) -> str:
    """The text of a page from the texts of its pieces."""
    return "\n\n".join(filter(None, texts)) + "\n"


def split_pieces(html: str) -> Iterator[str]:
    """The HTML of the page's paragraphs, lists and tables in their order."""
    return _pieces(document_fromstring(html))


def _pieces(element: HtmlElement) -> Iterator[str]:
    """The paragraphs, lists and tables of the page in their order, out of whatever lays them out."""
    if _is_layout(element):
        for child in element:
            if _is_visible(child):
                yield from _pieces(child)
    else:
        yield tostring(element, encoding="unicode", with_tail=False)


def _is_visible(element: HtmlElement) -> bool:
    """Comments have no tag."""
    return isinstance(element.tag, str) and element.tag not in NEVER_READ


def _is_layout(element: HtmlElement) -> bool:
    """Whether it only holds blocks. What has a style of its own may be hidden, and is looked at as a whole."""
    if element.tag not in LAYOUT or element.get("style") or not len(element):
        return False
    if element.tag == "table" and element.get("role") != "presentation":
        return False
    words = (element.text, *(child.tail for child in element))
    return not any(text and text.strip() for text in words) and all(
        child.tag in BLOCKS for child in element if _is_visible(child)
    )


# Most paragraphs of a mail are the same for all who get it, and taking the text from one costs more than all else here.
@lru_cache(maxsize=4096)
def text_of(piece: str) -> str:
    """The plain text of one piece."""
    text = get_text(piece, _CONFIG)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip("\n")


def _open_link(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    target = attributes.get("href", "")
    # A telephone number or an email address is its own text.
    state.link_target = target if target.startswith("http") else ""


def _close_link(state: HtmlDocumentState) -> None:
    if state.link_target:
        state.tags[-1].write(f" <{state.link_target}>")


_CONFIG = ParserConfig(
    css=CSS_PROFILES["strict"],
    custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping({"a": _open_link}, {"a": _close_link}),
)
