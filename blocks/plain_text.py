"""The plain text of a mail, taken from its HTML for readers that show none."""

import re

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.tag import CustomHtmlTagHandlerMapping
from lxml.etree import Comment, strip_elements, strip_tags
from lxml.html import HtmlElement, document_fromstring

UNSEEN = ("head", Comment)
"""What a reader does not see; most of a mail is styles."""
PLAIN = ("span", "strong", "b", "em", "i", "small", "tbody")
"""Tags that leave no mark in a text. Each one less is a step less for the reader of the page below."""


def plain_text(html: str) -> str:
    """The text a reader sees, hidden preview left out, each web link followed by its address."""
    text = Inscriptis(_as_read(document_fromstring(html)), _CONFIG).get_text()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip() + "\n"


def _as_read(page: HtmlElement) -> HtmlElement:
    """The page with nothing but what makes a difference to its text."""
    strip_elements(page, *UNSEEN, with_tail=False)
    for table in page.xpath("//table[@role='presentation']"):
        _lay_out(table)
    strip_tags(page, *PLAIN)
    return page


def _lay_out(table: HtmlElement) -> None:
    """A table that only lays out is no table to a reader: its cells follow one another."""
    for row in table.xpath("tr | tbody/tr"):
        row.tag = "span"
        for cell in row:
            cell.tag = "div"
    table.tag = "p"


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
