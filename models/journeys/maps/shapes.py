"""What the parts of a map look like: one shape for each kind of step, its word, and how wide text is."""

import textwrap
from dataclasses import dataclass
from datetime import timedelta

from models.journeys.maps.places import Ending, Place
from models.wording import duration

LETTER, SMALL = 13, 10.5
"""Sizes of titles, and of all other words, in pixels."""
LINE, SMALL_LINE = 17, 14
LONGEST_LINE = 25
"""Characters."""
MOST_LINES = 3
AROUND = 22
"""What a box is wider than its text, and what it is higher."""
ABOVE = 14

NARROW, WIDE = frozenset("ijl.,:;'|!ftrI()[]- "), frozenset("mwMW@%")


@dataclass(frozen=True)
class Kind:
    """One kind of step on a map."""

    name: str
    """Its class in the stylesheet."""
    says: str
    shape: str
    """Name of the outline."""


BEGIN = Kind("begin", "Starts", "pill")
EXIT = Kind("exit", "At any step", "note")
ENDING = Kind("ending", "Ends", "pill")
HAND_OVER = Kind("hand-over", "Goes on with", "arrow")
JOURNEY = Kind("journey", "Journey", "rounded")
KINDS = {
    "send": Kind("mail", "Mail", "box"),
    "wait": Kind("wait", "Wait", "pill"),
    "wait_until": Kind("wait", "Wait for a day", "pill"),
    "wait_for": Kind("wait", "Wait for", "pill"),
    "check": Kind("question", "Question", "hexagon"),
    "task": Kind("task", "Task", "slanted"),
    "route": Kind("person", "Assign to", "framed"),
    "offer": Kind("person", "Offer to", "framed"),
    "feedback": Kind("task", "Ask the owner", "slanted"),
    "fulfil": Kind("task", "Sent by hand", "slanted"),
    "split": Kind("split", "Split test", "fork"),
    "call": Kind("outside", "Done outside", "doubled"),
    "start": Kind("beside", "Starts beside", "arrow"),
    "set": Kind("change", "Change", "box"),
    "add_points": Kind("change", "Points", "box"),
    "note": Kind("change", "Note", "box"),
}
OTHER = Kind("change", "Step", "box")


def kind_of(place: Place) -> Kind:
    """The kind of a place."""
    return KINDS.get(place.verb, OTHER)


def kind_of_ending(ending: Ending) -> Kind:
    """Whether it is the end, or another journey goes on."""
    return HAND_OVER if ending.hand_over else ENDING


def words_above(place: Place) -> str:
    """What stands above the title: the kind, how long it waits, and whose work it is."""
    says = [kind_of(place).says]
    if place.verb == "task":
        says.append("owner" if place.to_owner else "colleague")
    if place.waits:
        length = duration(timedelta(seconds=place.waits))
        says.append(length if place.verb == "wait" else f"at most {length}")
    return " · ".join(says)


def wrap(text: str, longest: int = LONGEST_LINE, most: int = MOST_LINES) -> list[str]:
    """The lines of a text; what does not fit is cut off."""
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, longest, break_on_hyphens=False)]
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][: longest - 1]}…"]


def width_of(text: str, size: float) -> float:
    """About how wide a line is in pixels, in Helvetica and what looks like it."""
    widths = (0.33 if char in NARROW else 0.9 if char in WIDE else 0.7 if char.isupper() else 0.56 for char in text)
    return sum(widths) * size


def outline(shape: str, x: float, y: float, width: float, height: float) -> str:
    """The SVG element of a shape around a middle."""
    left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    tip = min(height / 2, 16)
    match shape:
        case "hexagon":
            return _polygon(
                (left, y),
                (left + tip, top),
                (right - tip, top),
                (right, y),
                (right - tip, bottom),
                (left + tip, bottom),
            )
        case "slanted":
            return _polygon((left + 10, top), (right, top), (right - 10, bottom), (left, bottom))
        case "fork":
            return _polygon((left + 12, top), (right - 12, top), (right, bottom), (left, bottom))
        case "arrow":
            return _polygon((left, top), (right - tip, top), (right, y), (right - tip, bottom), (left, bottom))
        case "note":
            return _polygon((left, top), (right - 10, top), (right, top + 10), (right, bottom), (left, bottom))
        case "pill":
            return _rectangle(left, top, width, height, min(height / 2, 20))
        case "framed":
            return _rectangle(left, top, width, height, 3) + _rectangle(
                left + 3.5, top + 3.5, width - 7, height - 7, 2, "mark"
            )
        case "doubled":
            bars = f"M{left + 6:.1f} {top:.1f}V{bottom:.1f}M{right - 6:.1f} {top:.1f}V{bottom:.1f}"
            lines = f'<path class="mark" d="{bars}"/>'
            return _rectangle(left, top, width, height, 0) + lines
        case "rounded":
            return _rectangle(left, top, width, height, 8)
    return _rectangle(left, top, width, height, 3)


def sign_of(kind: str, right: float, top: float) -> str:
    """The sign in the upper right corner: head and shoulders for what a person does, an envelope for a mail."""
    x, y = right - 19, top + 12
    match kind:
        case "person":
            head = f'<circle cx="{x:.1f}" cy="{y - 3:.1f}" r="3"/>'
            return f'<g class="sign">{head}<path d="M{x - 5.5:.1f} {y + 6:.1f}a5.5 5 0 0 1 11 0z"/></g>'
        case "mail":
            return f'<path class="mark" d="M{x - 6:.1f} {y - 4:.1f}h13v9h-13zl6.5 5l6.5 -5"/>'
    return ""


def _rectangle(left: float, top: float, width: float, height: float, radius: float, kind: str = "shape") -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}"/>'
    )


def _polygon(*points: tuple[float, float]) -> str:
    return f'<polygon class="shape" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
