"""The drawing of a map: real text, one shape for each kind of step, figures that are filled in, nothing that runs."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from models.journeys.maps.drawing import draw_journey, fill_in, standalone
from models.journeys.maps.layout import Arrow, main_line
from models.journeys.maps.places import Ending, JourneyPlaces, Place, Way

HOSTILE = 'Ann & <b>"Bob"</b> --> x'
PLACES = JourneyPlaces(
    "asks",
    (
        Place("p1", "send", "thanks", HOSTILE),
        Place("p2", "task", "call", "Call them", to_person=True, to_owner=True, waits=3600.0),
        Place("p3", "wait", "a day", "A day", waits=86_400.0),
    ),
    (
        Way("start", ("",), "p1"),
        Way("p1", ("queued",), "p2"),
        Way("p1", ("suppressed", "no address"), "e1"),
        Way("p2", ("Reached",), "e2"),
        Way("p2", (HOSTILE,), "e1"),
        Way("p2", ("silence",), "p3"),
        Way("p3", ("silence",), "p2"),
    ),
    ("form_submitted:trial",),
    (),
    {"order_placed": "e3"},
    (Ending("e1", "not reached"), Ending("e2", "handed over to welcome", "welcome"), Ending("e3", "bought")),
)
SVG = "{http://www.w3.org/2000/svg}"


def _classes(drawing: str) -> dict[str, str]:
    return {
        g.attrib["id"]: g.attrib["class"] for g in ElementTree.fromstring(drawing).iter(f"{SVG}g") if "id" in g.attrib
    }


def test_it_is_well_formed_with_a_title_a_description_and_no_script_whatever_a_journey_says() -> None:
    root = ElementTree.fromstring(draw_journey(PLACES))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "Map of Asks"
    assert "3 steps, 3 endings" in str(root.findtext(f"{SVG}desc"))
    assert not [one.tag for one in root.iter() if one.tag in (f"{SVG}script", f"{SVG}b", f"{SVG}style")]
    assert HOSTILE in " ".join(text.text or "" for text in root.iter(f"{SVG}text"))


def test_each_kind_of_step_has_its_class_and_an_ending_with_many_ways_is_drawn_beside_each() -> None:
    classes = _classes(draw_journey(PLACES))
    assert {
        id: classes[f"map-{id}"] for id in ("start", "p1", "p2", "p3", "p2.e2", "any") if f"map-{id}" in classes
    } == {
        "start": "place begin",
        "p1": "place mail",
        "p2": "place task",
        "p3": "place wait",
        "any": "place exit",
    }
    assert classes["map-e2"] == "place hand-over"
    assert classes["map-p1.e1"] == classes["map-p2.e1"] == "place ending"


def test_figures_are_filled_in_and_stuck_places_marked_without_drawing_again() -> None:
    drawing = draw_journey(PLACES, with_figures=True)
    filled = fill_in(drawing, {"p2": "12 here"}, {"p1-p2": "<7>"}, frozenset({"p2"}))
    root = ElementTree.fromstring(filled)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "12 here" in texts
    assert "<7>" in texts
    assert _classes(filled)["map-p2"] == "stuck place task"
    assert "<!--" not in filled
    assert root.attrib["role"] == "group"
    assert [a.attrib["href"] for a in root.iter(f"{SVG}a")][1] == "#at-p1"


def test_a_drawing_by_itself_brings_its_colours_for_light_and_dark_and_what_it_was_drawn_from() -> None:
    root = ElementTree.fromstring(standalone(draw_journey(PLACES), "flowchart TD\n a --> b"))
    style = str(root.findtext(f"{SVG}style"))
    assert "prefers-color-scheme: dark" in style
    assert ".map .mail" in style
    assert root.findtext(f"{SVG}metadata") == "flowchart TD\n a --> b"


def test_boxes_do_not_overlap_however_much_stands_in_them() -> None:
    root = ElementTree.fromstring(draw_journey(replace(PLACES, fallback=("asked_again",) * 3)))
    boxes = [box for one in root.iter(f"{SVG}g") if "place" in one.get("class", "") and (box := _box(one))]
    assert len(boxes) == 8
    for left, top, right, bottom in boxes:
        others = [one for one in boxes if one != (left, top, right, bottom)]
        assert all(right <= x or end <= left or bottom <= y or low <= top for x, y, end, low in others)


def _box(group: ElementTree.Element) -> tuple[float, float, float, float]:
    shape = next(one for one in group.iter() if one.get("class") == "shape")
    if shape.tag == f"{SVG}rect":
        x, y, width, height = (float(shape.attrib[name]) for name in ("x", "y", "width", "height"))
        return x, y, x + width, y + height
    points = [float(number) for number in re.split("[ ,]", shape.attrib["points"])]
    return min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])


def test_the_longest_way_down_is_drawn_straight_and_loops_end_it() -> None:
    line = main_line([Arrow("a", "b"), Arrow("b", "c"), Arrow("a", "c"), Arrow("c", "b"), Arrow("c", "d")])
    assert line == {"a": "b", "b": "c", "c": "d", "d": ""}
    assert main_line([]) == {}
    assert set(main_line([Arrow("a", "b"), Arrow("b", "a")])) == {"a", "b"}
