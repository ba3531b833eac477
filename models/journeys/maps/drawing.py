"""The drawing of a journey's map as SVG, with empty places for live figures, which are filled in when it is shown.

A drawing has no style of its own: pages link templates/maps/map.css, and `standalone` puts it in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from models.journeys.maps.layout import Arrow, Box, Curve, Frame, Group, Layout, Point, lay_out
from models.journeys.maps.places import ANY_STEP, START, Ending, JourneyPlaces, Place, Way, title_of_start
from models.journeys.maps.shapes import (
    ABOVE,
    AROUND,
    BEGIN,
    EXIT,
    LETTER,
    LINE,
    SMALL,
    SMALL_LINE,
    Kind,
    kind_of,
    kind_of_ending,
    outline,
    sign_of,
    width_of,
    words_above,
    wrap,
)
from models.titles import awaited, title_of_journey, with_journey_titles

STYLESHEET = Path(__file__).parents[3] / "templates" / "maps" / "map.css"
COLOURS = STYLESHEET.with_name("colours.css")
ROOM_HERE, ROOM_WENT = 130.0, 70.0
"""Pixels that the figures of a place and of a way need."""
LONGEST_ANSWER = 22
"""Characters in a line of the words beside an arrow."""
MANY = 1
"""More ways than this to one ending: it is drawn once for each place, so that no arrows cross the whole map."""
SLOT = re.compile(r"<!--(here|went):([\w.-]+)-->")


@dataclass(frozen=True)
class DrawnBox:
    """A box of a map before it has a place."""

    id: str
    """Of the place or ending that it stands for, with what it is drawn beside: `e1`, `p3.e1`."""
    kind: Kind
    above: str
    lines: tuple[str, ...]
    title: str
    """What it says when pointed at."""
    link: str = ""
    by_person: bool = False
    mark: str = ""
    """A further class: `added`, `removed`, `changed`, `stuck`."""
    has_figures: bool = False

    @property
    def box(self) -> Box:
        """Its size."""
        widths = [width_of(line, LETTER) for line in self.lines] + [width_of(self.above.upper(), SMALL)]
        sign = 30 if self.by_person or self.kind.name == "mail" else 0
        room = ROOM_HERE if self.has_figures else 0
        wide = (
            max(*widths, room, 60) + AROUND + sign + (14 if self.kind.shape in ("hexagon", "arrow", "slanted") else 0)
        )
        high = (
            ABOVE + len(self.lines) * LINE + (SMALL_LINE if self.above else 0) + (SMALL_LINE if self.has_figures else 0)
        )
        return Box(self.id, round(wide), high)


@dataclass(frozen=True)
class DrawnWay:
    """An arrow of a map before it has a place."""

    arrow: Arrow
    way: str
    """The id of the way that it stands for."""
    lines: tuple[str, ...]
    title: str
    mark: str = ""
    has_figures: bool = False


@dataclass(frozen=True)
class Sketch:
    """What is drawn, before it is laid out."""

    title: str
    description: str
    boxes: tuple[DrawnBox, ...]
    ways: tuple[DrawnWay, ...]
    groups: tuple[Group, ...] = ()
    direction: str = "TB"


@dataclass(frozen=True)
class Marks:
    """Classes by id of place, ending or way: what is added, removed or changed."""

    places: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)


def draw_journey(
    places: JourneyPlaces, *, with_figures: bool = False, marks: Marks | None = None, name: str = "map"
) -> str:
    """The map of a journey as SVG, from top to bottom. `name` begins the ids in it: of two on a page, they differ.

    `with_figures`: with room for live figures, and each place leads to its row, `#at-p3`, of the table beside it.
    """
    return render(
        sketch_journey(places, with_figures=with_figures, marks=marks or Marks()), linked=with_figures, name=name
    )


def sketch_journey(places: JourneyPlaces, *, with_figures: bool, marks: Marks) -> Sketch:
    """What is on the map of a journey."""
    split = _drawn_for_each_source(places)
    boxes = [_begin(places)]
    boxes += [_exits(places)] if places.ends_on else []
    boxes += [_place_box(place, with_figures, marks) for place in places.places]
    boxes += [_ending_box(ending, id, marks) for ending in places.endings for id in _ending_ids(places, ending, split)]
    ways = [_way(places, way, split, with_figures, marks) for way in places.ways]
    title = f"Map of {title_of_journey(places.journey)}"
    description = (
        f"{len(places.places)} steps, {len(places.endings)} endings. It starts by: {title_of_start(places)}. "
        f"It ends as: {', '.join(with_journey_titles(one.name) for one in places.endings)}."
    )
    return Sketch(title, " ".join(description.split()), tuple(boxes), tuple(ways))


def _drawn_for_each_source(places: JourneyPlaces) -> set[str]:
    """The ids of endings that many ways lead to."""
    return {
        ending.id for ending in places.endings if len([way for way in places.ways if way.target == ending.id]) > MANY
    }


def _ending_ids(places: JourneyPlaces, ending: Ending, split: set[str]) -> list[str]:
    """The boxes of an ending: one, or one for each place that leads to it. What only exit conditions reach has none."""
    sources = [way.source for way in places.ways if way.target == ending.id]
    return [f"{source}.{ending.id}" for source in sources] if ending.id in split else [ending.id] if sources else []


def _begin(places: JourneyPlaces) -> DrawnBox:
    says = title_of_start(places)
    return DrawnBox(START, BEGIN, BEGIN.says, tuple(wrap(says, 34, 6)), says, "#at-start")


def _exits(places: JourneyPlaces) -> DrawnBox:
    """The exit conditions as one box: they hold at each step, so no arrow could show them."""
    endings = {ending.id: with_journey_titles(ending.name) for ending in places.endings}
    says = [f"{awaited(event)}: {endings.get(id, id)}" for event, id in places.ends_on.items()]
    lines = [line[:1].upper() + line[1:] for line in says]
    return DrawnBox(ANY_STEP, EXIT, EXIT.says, tuple(lines), "; ".join(lines))


def _place_box(place: Place, with_figures: bool, marks: Marks) -> DrawnBox:
    return DrawnBox(
        place.id,
        kind_of(place),
        words_above(place),
        tuple(wrap(place.title)),
        f"{words_above(place)}: {place.title}",
        f"#at-{place.id}",
        place.to_person,
        marks.places.get(place.id, ""),
        with_figures and place.may_wait,
    )


def _ending_box(ending: Ending, id: str, marks: Marks) -> DrawnBox:
    kind = kind_of_ending(ending)
    says = title_of_journey(ending.hand_over) if ending.hand_over else ending.name[:1].upper() + ending.name[1:]
    lines, mark = tuple(wrap(says)), marks.places.get(ending.id, "")
    return DrawnBox(id, kind, kind.says, lines, f"{kind.says}: {says}", f"#at-{ending.id}", mark=mark)


def _way(places: JourneyPlaces, way: Way, split: set[str], with_figures: bool, marks: Marks) -> DrawnWay:
    target = f"{way.source}.{way.target}" if way.target in split else way.target
    says = places.says(way)
    lines = tuple(wrap(says, LONGEST_ANSWER, 4))
    wide = max([width_of(line, SMALL + 0.5) + 10 for line in lines] + [ROOM_WENT if with_figures else 0])
    high = len(lines) * SMALL_LINE + (SMALL_LINE if with_figures else 0)
    # What most contacts do next stands straight below; endings and loops stand aside.
    arrow = Arrow(way.source, target, round(wide), high + 2 if high else 0, is_side=way.target[0] == "e")
    return DrawnWay(arrow, way.id, lines, says or "always", marks.ways.get(way.id, ""), with_figures)


def render(sketch: Sketch, *, linked: bool, name: str = "map") -> str:
    """A sketch as SVG. `linked`: its boxes are links, and it is no picture as a whole."""
    layout = lay_out(
        [one.box for one in sketch.boxes], [way.arrow for way in sketch.ways], sketch.groups, direction=sketch.direction
    )
    wide, high = f"{layout.width:.0f}", f"{layout.height:.0f}"
    parts = [
        f'<svg class="map" xmlns="http://www.w3.org/2000/svg" role="{"group" if linked else "img"}" '
        f'aria-labelledby="{name}-title {name}-description" '
        f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">',
        f'<title id="{name}-title">{escape(sketch.title)}</title>'
        f'<desc id="{name}-description">{escape(sketch.description)}</desc>',
        *(_frame(group, layout.frames[group.id]) for group in sketch.groups if group.id in layout.frames),
        *(_arrow(way, layout.curves[way.arrow.id], name) for way in sketch.ways),
        *(_drawn(box, layout, linked, name) for box in sketch.boxes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _frame(group: Group, frame: Frame) -> str:
    return (
        f'<g class="frame-of"><rect x="{frame.left:.1f}" y="{frame.top:.1f}" width="{frame.width:.1f}" '
        f'height="{frame.height:.1f}" rx="12"/>'
        f'<text x="{frame.left + 12:.1f}" y="{frame.top + 18:.1f}">{escape(group.title)}</text></g>'
    )


def _drawn(drawn: DrawnBox, layout: Layout, linked: bool, name: str) -> str:
    x, y = layout.boxes[drawn.id]
    box = drawn.box
    right, top = x + box.width / 2, y - box.height / 2
    inner = f"<title>{escape(drawn.title)}</title>{outline(drawn.kind.shape, x, y, box.width, box.height)}"
    inner += sign_of(
        "person" if drawn.by_person else "mail" if drawn.kind.name == "mail" else "",
        right - (6 if drawn.by_person else 0),
        top,
    )
    inner += "".join(_lines(drawn, x, top))
    classes = " ".join(filter(None, ["place", drawn.kind.name, drawn.mark]))
    shown = f'<a href="{escape(drawn.link)}">{inner}</a>' if linked and drawn.link else inner
    return f'<g id="{name}-{drawn.id}" class="{classes}">{shown}</g>'


def _lines(drawn: DrawnBox, x: float, top: float) -> Iterator[str]:
    y = top + ABOVE / 2
    if drawn.above:
        y += SMALL_LINE
        yield f'<text class="above" x="{x:.1f}" y="{y - 3:.1f}">{escape(drawn.above)}</text>'
    for line in drawn.lines:
        y += LINE
        yield f'<text x="{x:.1f}" y="{y - 4:.1f}">{escape(line)}</text>'
    if drawn.has_figures:
        yield f'<text class="here" x="{x:.1f}" y="{y + SMALL_LINE - 2:.1f}"><!--here:{drawn.id}--></text>'


def _arrow(way: DrawnWay, curve: Curve, name: str) -> str:
    classes = " ".join(filter(None, ["way", way.mark]))
    inside = f'<title>{escape(way.title)}</title><path d="{_path(curve)}"/>{_tip(curve)}{_beside(way, curve)}'
    return f'<g id="{name}-{way.way}" class="{classes}">{inside}</g>'


def _path(curve: Curve) -> str:
    first, *rest = curve.points
    return f"M{first[0]:.1f} {first[1]:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in rest)


def _tip(curve: Curve) -> str:
    """The head of the arrow: a triangle from the end of the line to the box."""
    if curve.tip is None:
        return ""
    (end_x, end_y), (tip_x, tip_y) = curve.points[-1], curve.tip
    across_x, across_y = (tip_y - end_y) * 0.35, (end_x - tip_x) * 0.35
    corners: list[Point] = [(end_x + across_x, end_y + across_y), (end_x - across_x, end_y - across_y), curve.tip]
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


def _beside(way: DrawnWay, curve: Curve) -> str:
    if curve.words is None:
        return ""
    x, y = curve.words[0], curve.words[1] - way.arrow.height / 2
    texts = []
    for line in way.lines:
        y += SMALL_LINE
        texts.append(f'<text x="{x:.1f}" y="{y - 3:.1f}">{escape(line)}</text>')
    if way.has_figures:
        texts.append(f'<text class="went" x="{x:.1f}" y="{y + SMALL_LINE - 3:.1f}"><!--went:{way.way}--></text>')
    return "".join(texts)


def fill_in(drawing: str, here: Mapping[str, str], went: Mapping[str, str], stuck: frozenset[str] = frozenset()) -> str:
    """A drawing with live figures: by id what stands at a place and what went a way, and where runs are stuck."""
    figures = {"here": here, "went": went}
    filled = SLOT.sub(lambda slot: escape(figures[slot[1]].get(slot[2], "")), drawing)
    for place in stuck:
        filled = filled.replace(f'<g id="map-{place}" class="', f'<g id="map-{place}" class="stuck ')
    return filled


SIZE = re.compile(r'width="(\d+)" height="(\d+)"')
HEAD, BETWEEN = 34, 40
"""Pixels above two drawings that stand side by side, and between them."""


def side_by_side(before: tuple[str, str], after: tuple[str, str]) -> str:
    """Two drawings as one, each a title and an SVG, from left to right."""
    sizes = [tuple(map(int, found.groups())) for _, drawing in (before, after) if (found := SIZE.search(drawing))]
    (left_wide, left_high), (right_wide, right_high) = sizes
    wide, high = left_wide + BETWEEN + right_wide, max(left_high, right_high) + HEAD
    placed = [
        f'<text class="side" x="{x + 12}" y="22">{escape(title)}</text>\n'
        + drawing.replace('<svg class="map" ', f'<svg x="{x}" y="{HEAD}" ', 1)
        for x, (title, drawing) in ((0, before), (left_wide + BETWEEN, after))
    ]
    head = f'<svg class="map" xmlns="http://www.w3.org/2000/svg" role="group" width="{wide}" height="{high}"'
    return f'{head} viewBox="0 0 {wide} {high}">\n{"".join(placed)}</svg>\n'


def standalone(drawing: str, source: str = "") -> str:
    """A drawing that looks the same by itself, in light and in dark. `source`: text that it carries as metadata."""
    style = f"{COLOURS.read_text(encoding='utf-8')}{STYLESHEET.read_text(encoding='utf-8')}"
    metadata = f"<metadata>{escape(source, quote=False)}</metadata>\n" if source else ""
    head, end, rest = SLOT.sub("", drawing).partition(">\n")
    return f"{head}{end}<style>\n{style}</style>\n{metadata}{rest}"
