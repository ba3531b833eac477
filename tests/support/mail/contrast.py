"""How well the text of a mail can be read: each piece of text with its contrast to what lies behind it, by WCAG 2."""

import re
from collections.abc import Iterator

from lxml import html as parsing

from models.mail.rendering.inline_css import inline_css

ENOUGH = 4.5
"""Level AA for text of any size."""
DARK_SHEET = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n  \}", re.DOTALL)


def in_dark_mode(html: str) -> str:
    """The mail with its colours for dark mode written into the tags."""
    sheet = DARK_SHEET.search(html)
    assert sheet is not None, "the mail has no colours for dark mode"
    return inline_css(html.replace("</head>", f"<style>{sheet[1]}</style></head>"))


def low_contrast_texts(html: str) -> list[str]:
    """Every text whose contrast is too low, with both colours."""
    pairs = ((said, *colours) for said, *colours in _texts(parsing.document_fromstring(html).body, {}))
    return [f"{said!r}: {ink} on {ground}" for said, ink, ground in pairs if contrast(ink, ground) < ENOUGH]


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _texts(element: parsing.HtmlElement, around: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    if not isinstance(element.tag, str):
        return
    own = dict(re.findall(r"(?:^|;)\s*([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
    if own.get("display") == "none":
        return
    colours = around | {name: own[name].replace("!important", "").strip() for name in _COLOURS if name in own}
    pieces = [element.text, *(child.tail for child in element)]
    yield from (
        (piece.strip()[:40], *(colours[name] for name in _COLOURS)) for piece in pieces if (piece or "").strip()
    )
    for child in element:
        yield from _texts(child, colours)


_COLOURS = ("color", "background-color")


def _luminance(colour: str) -> float:
    """Of a colour written `#rrggbb`."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
