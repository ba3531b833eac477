"""The plain text of a mail, taken from its HTML for readers that show none."""

import re
from collections.abc import Callable
from typing import Any

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.tag import CustomHtmlTagHandlerMapping
from inscriptis.model.tag import table_tag as tables

HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)


def plain_text(html: str) -> str:
    """The text a reader sees, hidden preview left out, each web link followed by its address."""
    # Most of a mail's head is styles, which would be read word by word.
    text = get_text(HEAD.sub("", html, count=1), _CONFIG)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip() + "\n"


def _open_link(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    target = attributes.get("href", "")
    # A telephone number or an email address is its own text.
    state.link_target = target if target.startswith("http") else ""


def _close_link(state: HtmlDocumentState) -> None:
    if state.link_target:
        state.tags[-1].write(f" <{state.link_target}>")


def _open_table(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    """Tables that only lay out are no tables to a reader; drawing them as such costs more than all else here."""
    state.shows_table = [*_shown(state), attributes.get("role") != "presentation"]
    if state.shows_table[-1]:
        tables.table_start_handler(state, attributes)


def _close_table(state: HtmlDocumentState) -> None:
    if state.shows_table.pop():
        tables.table_end_handler(state)


def _in_tables(handle: Callable[..., None]) -> Callable[..., None]:
    """The handler of a row or a cell, for tables that are shown."""

    def handle_if_shown(state: HtmlDocumentState, *attributes: Any) -> None:
        if any(_shown(state)[-1:]):
            handle(state, *attributes)

    return handle_if_shown


def _shown(state: HtmlDocumentState) -> list[bool]:
    """For each table that is open, whether it is shown."""
    return getattr(state, "shows_table", [])


_CELL, _END_OF_CELL = _in_tables(tables.td_start_handler), _in_tables(tables.td_end_handler)
_CONFIG = ParserConfig(
    css=CSS_PROFILES["strict"],
    custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping(
        {
            "a": _open_link,
            "table": _open_table,
            "tr": _in_tables(tables.tr_start_handler),
            "td": _CELL,
            "th": _CELL,
        },
        {"a": _close_link, "table": _close_table, "td": _END_OF_CELL, "th": _END_OF_CELL},
    ),
)
