"""The text of a mail that is HTML alone, with ">" before the lines that its tags mark as quoted. Pure.

Mail programs mark what they quote in the HTML, often better than in the text. So the marks are carried over into the
text, and `reply_text` reads both alike: answers between the parts of a quote stay.
"""

import re

from inscriptis import get_text
from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring

from models.mail.inbound.quote_words import FORWARDED_LINE

LONGEST_HTML = 1_000_000
MOST_QUOTES = 200
MOST_BEGINNINGS = 20
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
PARSE_ERRORS = (ValueError, AssertionError, RecursionError, TypeError, ParserError)

# Each may carry an "x_" before it, which Outlook on the web adds.
QUOTES = {"yahoo_quoted", "ntes-mailmaster-quote", "front-blockquote", "mail-app-auto-quote", "isreplycontent"}
"""Classes and ids of elements in which all is quoted."""
INTRODUCTIONS = {"moz-cite-prefix", "gmail_attr", "gmail_quote_attribution", "reply-intro", "mailspring-quote-prefix"}
SIGNATURES = {"gmail_signature", "moz-signature"}
BEGINNINGS = {
    *("divrplyfwdmsg", "olk_src_body_section", "outlookmessageheader", "mail-editor-reference-message-container"),
    *("ms-outlook-mobile-reference-message", "stopspelling", "zmail_extra_hr"),
}
"""Elements below which all is quoted."""
RULE_OF_OUTLOOK = re.compile(
    r"border:\s*none;\s*border-top:\s*solid #?\w{3,10} 1\.0pt|border-top-color:\s*rgb\(229, 229, 229\)", re.IGNORECASE
)
BORDER = re.compile(r"border-left(-width)?:\s*[1-9]|border-left:[^;]*solid", re.IGNORECASE)
ORIGINAL = "-----Original Message-----"


def text_of_html(html: str) -> str:
    """The text of a page, laid out, its quotes marked; without the layout where the page is too broken for it."""
    page = html[:LONGEST_HTML]
    if not page.strip():
        return ""
    try:
        tree = document_fromstring(page.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    except PARSE_ERRORS:
        return TAG.sub(" ", page).strip()
    try:
        _mark_quotes(tree)
        return _text(tree)
    except PARSE_ERRORS:
        return TAG.sub(" ", page).strip()


def _mark_quotes(tree: HtmlElement) -> None:
    for element in _outermost_quotes(tree):
        _replace(element, "\n".join(f"> {line}" for line in _text(element).splitlines()))
    for element in [one for one in tree.iter() if isinstance(one.tag, str) and _is_beginning(one)][:MOST_BEGINNINGS]:
        _insert_before(element, "--" if _names(element) & SIGNATURES else ORIGINAL)


def _is_beginning(element: HtmlElement) -> bool:
    """Whether a signature begins here, or all below is quoted."""
    is_zimbra = element.get("data-marker") == "__DIVIDER__"
    is_ruled = bool(RULE_OF_OUTLOOK.search(element.get("style", "")))
    return is_zimbra or is_ruled or bool(_names(element) & (BEGINNINGS | SIGNATURES))


def _outermost_quotes(tree: HtmlElement) -> list[HtmlElement]:
    """Elements that are quoted or introduce what is, none within another. A list, because the tree is changed."""
    found: list[HtmlElement] = []
    within: set[HtmlElement] = set()
    for element in tree.iter():
        if element.getparent() in within:
            within.add(element)
        elif isinstance(element.tag, str) and element.getparent() is not None and _is_quote(element):
            within.add(element)
            found.append(element)
    return found[:MOST_QUOTES]


def _is_quote(element: HtmlElement) -> bool:
    names = _names(element)
    if names & QUOTES:
        return True
    if names & INTRODUCTIONS:
        return not any(FORWARDED_LINE.match(line) for line in _text(element).splitlines())
    if element.tag != "blockquote":
        return False
    # Without a mark it may be indented text of the writer's own.
    is_marked = element.get("type") == "cite" or element.get("cite") or any("quote" in name for name in names)
    return bool(is_marked) or bool(BORDER.search(element.get("style", ""))) or _text_before(element).endswith(":")


def _text_before(element: HtmlElement) -> str:
    """The text directly above an element."""
    above = element.getprevious()
    while above is not None and above.tag == "br" and not (above.tail or "").strip():
        above = above.getprevious()
    if above is not None:
        return str((above.tail or "").strip() or (above.text_content() if isinstance(above.tag, str) else "")).strip()
    parent = element.getparent()
    return (parent.text or "").strip() if parent is not None else ""


def _names(element: HtmlElement) -> set[str]:
    words = f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    return {re.sub(r"^(x_)+|_?\d+$", "", word) for word in words[:50]}


def _replace(element: HtmlElement, text: str) -> None:
    """Put lines in the place of an element."""
    _insert_before(element, text)
    element.drop_tree()


def _insert_before(element: HtmlElement, text: str) -> None:
    parent = element.getparent()
    if parent is None:
        return
    lines = parent.makeelement("pre", {})
    lines.text = text
    parent.insert(parent.index(element), lines)


def _text(element: HtmlElement) -> str:
    return str(get_text(tostring(element, encoding="unicode", with_tail=False))).strip()
