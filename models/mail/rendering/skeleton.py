"""The two bodies of an email, HTML with inlined CSS and plain text, worked out once per skeleton rather than per email.

A page's skeleton is its markup with a placeholder for each text and each link target. Which style falls on which
element, and where the plain text breaks, depends on the skeleton alone; so both are worked out on the skeleton, kept,
and filled with the texts of each email. Whatever a text could change of that, such as white space around it, belongs to
the skeleton; a page with anything else in it is inlined and turned into text by itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape, unescape
from html.entities import name2codepoint
from itertools import count

from models.mail.rendering.inline_css import inline_css
from models.mail.rendering.plain_text import join_texts, plain_text, split_pieces, text_of

PLACEHOLDER = "\ue000"
MARKUP = re.compile(r"(<style[^>]*>[^<]*</style>|<!--[^-]*(?:-[^-]+)*-->|<[^>]*>)")
"""One tag, comment or style sheet. What is split wrongly by this, such as `<a title=">">`, is no TAG."""
TAG = re.compile(
    r"""</?([a-z][a-z0-9]*)(?:\s+[a-z][\w:-]*(?:="[^"]*"|='[^']*'|=[^\s"'=<>`]+)?)*\s*/?>""", re.ASCII | re.IGNORECASE
)
ATTRIBUTE = re.compile(
    r"""\s+([a-z][\w:-]*)(?:="([^"]*)"|='[^']*'|=[^\s"'=<>`]+)?""",
    re.ASCII | re.IGNORECASE,
)
STYLE_SHEET = re.compile(r"<style(?:\s[^>]*)?>([^<]*)</style>")
# Selectors by attribute, which could ask for a link's target; those by data attributes cannot.
ATTRIBUTE_SELECTOR = re.compile(r"\[(?!data-[a-z-]+[\]=])")
# Their content is read by rules of its own.
UNUSUAL_ELEMENT = re.compile(
    "style|script|noscript|textarea|template|select|option|svg|math|iframe|xmp|noembed|noframes|plaintext|listing"
    "|frameset|frame|object|applet|marquee|link|base",
    re.IGNORECASE,
)
# Inside it tags are text.
UNUSUAL_TITLE = re.compile(r"<title\b[^>]*>[^<]*<(?!/title)", re.IGNORECASE)
# Characters that the two parsers read differently or not at all, and our own placeholder.
UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000\ufdd0-\ufdef\ufeff\ufffe\uffff]")
# Entities that both parsers know and take for the same character.
USUAL_NAMES = "|".join(sorted(name2codepoint.keys() - {"lang", "rang"}))
UNUSUAL_ENTITY = re.compile(rf"&(?!(?:{USUAL_NAMES}|#(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|1[6-9]\d|[2-9]\d\d|\d{{4}}));)")
LINK_TARGET = re.compile(r"(https?://|tel:|mailto:)((?:[A-Za-z0-9\-_.~!*()#$%+,/:;=?@]|&amp;)+)")
# Serialising changes a link target that is not ASCII, hence letters; the word must not occur in the skeleton.
MARK = "qzvq"
MARKED = re.compile(rf"{MARK}(\d+){MARK}")
# Where line breaks are kept, or where the length of one text decides on the place of another.
TEXT_DEPENDENT = re.compile(r"<(?:table|pre)\b|white.space", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Value:
    """A text or a link target of one email."""

    html: str
    """As it stands in HTML."""
    text: str | None
    """As it stands in the plain text; None if that takes a parser to say."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A tag, a comment or a text, with placeholders, and the values that belong there."""

    skeleton: str
    values: tuple[_Value, ...] = ()


class _UnusualPage(ValueError):
    """There is something in the page whose effect cannot be told from its skeleton."""


@dataclass(frozen=True, slots=True)
class _Format:
    """A text with places for values."""

    template: str
    numbers: tuple[int, ...]
    """Which value goes into which place."""

    @classmethod
    def from_marked(cls, marked: str) -> "_Format":
        """The format of a text in which `mark` stands for values."""
        constants = MARKED.split(marked)
        return cls("%s".join(one.replace("%", "%%") for one in constants[::2]), tuple(map(int, constants[1::2])))

    def fill(self, values: Sequence[str | None]) -> str:
        return self.template % tuple([values[number] for number in self.numbers])


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, list or table of the page."""

    html: _Format
    text: _Format | None
    """None where the plain text of a piece depends on what its values are."""

    def read(self, htmls: Sequence[str], texts: Sequence[str | None]) -> str:
        """Its plain text with these values."""
        if self.text is None or any(texts[number] is None for number in self.text.numbers):
            return text_of(self.html.fill(htmls))
        return self.text.fill(texts)


@dataclass(frozen=True)
class _Skeleton:
    """What was worked out on a skeleton."""

    html: _Format
    pieces: tuple[_Piece, ...]


class EmailBodies:
    """The two bodies of an email, made of the page that its template rendered."""

    def __init__(self, page: str) -> None:
        self._page = page
        try:
            tokens = list(_tokens(page))
            self._skeleton: _Skeleton | None = _skeleton("".join([token.skeleton for token in tokens]))
            self._values = [value for token in tokens if token.values for value in token.values]
        except _UnusualPage:
            self._skeleton = None

    @property
    def are_by_skeleton(self) -> bool:
        """Whether they come from what was worked out on the skeleton; both ways give the same."""
        return self._skeleton is not None

    @cached_property
    def html(self) -> str:
        """The page with its CSS inlined: byte for byte what `inline_css` makes of it."""
        if self._skeleton is None:
            return inline_css(self._page)
        return self._skeleton.html.fill([value.html for value in self._values])

    @cached_property
    def text(self) -> str:
        """The text that a reader sees: character for character what `plain_text` makes of the page."""
        if self._skeleton is None:
            return plain_text(self._page)
        htmls, texts = [value.html for value in self._values], [value.text for value in self._values]
        return join_texts(piece.read(htmls, texts) for piece in self._skeleton.pieces)


def _tokens(page: str) -> Iterator[_Token]:
    """Texts and markup by turns. Raises _UnusualPage."""
    is_markup = False
    for token in MARKUP.split(page):
        if token:
            yield _markup(token) if is_markup else _text(token)
        is_markup = not is_markup


# What is the same in all emails of a template is looked at once.
@lru_cache(maxsize=8192)
def _text(raw: str) -> _Token:
    """White space around a text stays in the skeleton, for parsers drop some of it by where it stands."""
    if UNUSUAL.search(raw) or "<" in raw:
        raise _UnusualPage
    core = raw.strip()
    said = _decode(core)
    if said is None or (core[0] == "&" and raw[0] != "&"):
        return _Token(raw)
    before, _, after = raw.partition(core)
    html = escape(said, quote=False).replace("\xa0", "&nbsp;")
    # Taking the plain text from HTML decodes entities twice.
    return _Token(f"{before}{PLACEHOLDER}{after}", (_Value(html, None if "&" in said else " ".join(said.split())),))


def _decode(raw: str) -> str | None:
    """The text that is meant; None for what parsers may read in different ways or take for white space."""
    said = unescape(raw)
    unusual = not said or said != said.strip() or UNUSUAL_ENTITY.search(raw) or UNUSUAL.search(said)
    return None if unusual else said


@lru_cache(maxsize=8192)
def _markup(raw: str) -> _Token:
    if UNUSUAL.search(raw):
        raise _UnusualPage
    if raw.startswith("<!--") or raw.lower() == "<!doctype html>":
        return _Token(raw)
    if sheet := STYLE_SHEET.fullmatch(raw):
        if ATTRIBUTE_SELECTOR.search(sheet[1]):
            raise _UnusualPage
        return _Token(raw)
    tag = TAG.fullmatch(raw)
    if tag is None or UNUSUAL_ELEMENT.fullmatch(tag[1]):
        raise _UnusualPage
    return _tag(raw, tag[1].lower())


def _tag(raw: str, name: str) -> _Token:
    skeleton, values, end = "", [], 0
    for attribute in ATTRIBUTE.finditer(raw, len(name) + 1):
        if attribute[2] and (value := _attribute_value(name, attribute[1].lower(), attribute[2])):
            scheme, held = value
            skeleton += raw[end : attribute.start(2)] + scheme + PLACEHOLDER
            values.append(held)
            end = attribute.end(2)
    return _Token(skeleton + raw[end:], tuple(values))


def _attribute_value(tag: str, attribute: str, raw: str) -> tuple[str, _Value] | None:
    """What stays in the skeleton, for only links to the web are written into the text; and the rest."""
    if attribute == "href" and tag == "a" and (target := LINK_TARGET.fullmatch(raw)):
        return target[1], _Value(target[2], None if "&" in target[2] else target[2])
    if attribute == "aria-label" and (said := _decode(raw)):
        return "", _Value(said.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;"), None)
    return None


@lru_cache(maxsize=256)
def _skeleton(source: str) -> _Skeleton:
    if MARK in source or UNUSUAL_TITLE.search(source):
        raise _UnusualPage
    numbers = count()
    marked = re.sub(PLACEHOLDER, lambda _: f"{MARK}{next(numbers)}{MARK}", source)
    return _Skeleton(_Format.from_marked(inline_css(marked)), tuple(_piece(piece) for piece in split_pieces(marked)))


def _piece(marked: str) -> _Piece:
    text = None if TEXT_DEPENDENT.search(marked) else _Format.from_marked(text_of(marked))
    return _Piece(_Format.from_marked(marked), text)
