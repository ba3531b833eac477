"""The plain text of a mail, taken from its HTML for readers that show none."""

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.tag import CustomHtmlTagHandlerMapping


def plain_text(html: str) -> str:
    """The text a reader sees, hidden preview left out, each web link followed by its address."""
    lines = (line.rstrip() for line in get_text(html, _CONFIG).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


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
