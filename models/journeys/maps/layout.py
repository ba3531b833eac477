"""Where the boxes and arrows of a map lie, from top to bottom, by Graphviz."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

POINTS = 72
"""Graphviz measures boxes in inches, and everything else in points. A point is a pixel of the drawing."""
MARGIN = 12
# Graphviz keeps its settings in global variables.
_one_at_a_time = Lock()

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Something on the map that has a place: `id`, and its size in pixels."""

    id: str
    width: float
    height: float


@dataclass(frozen=True)
class Arrow:
    """From one box to another, and the size of the words beside it."""

    source: str
    target: str
    width: float = 0
    height: float = 0
    is_side: bool = False
    """Leads aside, to an ending or back."""

    @property
    def id(self) -> str:
        """Identifies it on its map."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class Group:
    """Boxes that stand together in a frame with a title."""

    id: str
    title: str
    boxes: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """The line of an arrow: its points are those of cubic curves, the first one on the line, then three for each."""

    points: tuple[Point, ...]
    tip: Point | None
    words: Point | None
    """The middle of the words beside it."""


@dataclass(frozen=True)
class Frame:
    """Where a group lies: left, top, width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A map that is laid out. All points are pixels from the top left."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    """The middle of each."""
    curves: Mapping[str, Curve]
    frames: Mapping[str, Frame]


def lay_out(
    boxes: Sequence[Box], arrows: Sequence[Arrow], groups: Iterable[Group] = (), *, direction: str = "TB"
) -> Layout:
    """The places of boxes and arrows. `direction`: TB from top to bottom, LR from left to right."""
    # Imported here, as Graphviz is needed by nothing else.
    from pygraphviz import AGraph

    graph = AGraph(directed=True, strict=False, rankdir=direction, nodesep=0.22, ranksep=0.3, newrank=True)
    line = main_line(arrows) if direction == "TB" else {}
    for box in boxes:
        # Boxes of one group stand straight below each other.
        straight = {"group": "main"} if box.id in line else {}
        inches = {"width": round(box.width / POINTS, 3), "height": round(box.height / POINTS, 3)}
        graph.add_node(box.id, label="", shape="box", fixedsize=True, **inches, **straight)
    for arrow in arrows:
        # A box of the words' size keeps room for them, whatever letters Graphviz knows.
        size = f'FIXEDSIZE="TRUE" WIDTH="{arrow.width:.0f}" HEIGHT="{arrow.height:.0f}"'
        kept = f'<TABLE BORDER="0" {size}><TR><TD></TD></TR></TABLE>'
        label = {"label": f"<{kept}>"} if arrow.width else {}
        graph.add_edge(arrow.source, arrow.target, id=arrow.id, weight=_weight(arrow, line), **label)
    for group in groups:
        graph.add_subgraph(group.boxes, name=f"cluster_{group.id}", label=group.title, margin=16)
    with _one_at_a_time:
        found = json.loads(graph.draw(format="json", prog="dot"))
    return _read(found)


def main_line(arrows: Sequence[Arrow]) -> Mapping[str, str]:
    """Box -> the next one on the longest way down that comes to no box twice: it is drawn straight."""
    following: dict[str, list[str]] = {}
    for arrow in arrows:
        following.setdefault(arrow.source, []).append(arrow.target)
    longest: dict[str, tuple[int, str]] = {}
    under_way: set[str] = set()
    targets = {arrow.target for arrow in arrows}
    starts = [box for box in following if box not in targets] or list(following)[:1]
    stack = [(box, False) for box in starts]
    while stack:
        box, is_left = stack.pop()
        if is_left:
            under_way.discard(box)
            ways = [(longest[one][0] + 1, one) for one in following.get(box, ()) if one in longest]
            longest[box] = max(ways, default=(0, ""))
        elif box not in longest and box not in under_way:
            under_way.add(box)
            stack.append((box, True))
            # The first way is followed first: what leads back from it is the loop.
            stack += [(one, False) for one in reversed(following.get(box, [])) if one not in under_way]
    if not starts:
        return {}
    box, line = max(starts, key=lambda one: longest[one][0]), {}
    while box and box not in line:
        line[box] = box = longest.get(box, (0, ""))[1]
    return line


def _weight(arrow: Arrow, line: Mapping[str, str]) -> int:
    """How hard Graphviz tries to draw an arrow short and straight."""
    if line.get(arrow.source) == arrow.target:
        return 40
    return 1 if arrow.is_side else 4


def _read(found: Mapping[str, object]) -> Layout:
    left, bottom, right, top = _numbers(str(found["bb"]))
    objects: Sequence[Mapping[str, str]] = found.get("objects", [])  # type: ignore[assignment]

    def moved(x: float, y: float) -> Point:
        return round(x - left + MARGIN, 1), round(top - y + MARGIN, 1)

    frames, boxes, curves = {}, {}, {}
    for one in objects:
        if one["name"].startswith("cluster_"):
            x, y, end_x, end_y = _numbers(one["bb"])
            frames[one["name"].removeprefix("cluster_")] = Frame(
                *moved(x, end_y), round(end_x - x, 1), round(end_y - y, 1)
            )
        else:
            boxes[one["name"]] = moved(*_numbers(one["pos"]))
    for edge in found.get("edges", []):  # type: ignore[attr-defined]
        tip, points = None, []
        for part in edge["pos"].split():
            kind, _, numbers = part.rpartition("e,") if part.startswith("e,") else part.rpartition("s,")
            if kind == "" and part.startswith("e,"):
                tip = moved(*_numbers(numbers))
            elif not part.startswith("s,"):
                points.append(moved(*_numbers(part)))
        words = moved(*_numbers(edge["lp"])) if "lp" in edge else None
        curves[edge["id"]] = Curve(tuple(points), tip, words)
    return Layout(round(right - left + 2 * MARGIN), round(top - bottom + 2 * MARGIN), boxes, curves, frames)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
