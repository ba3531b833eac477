"""What differs between two maps of a journey: in words, and marked on both."""

from dataclasses import replace

from models.journeys.maps.difference import compare_maps
from models.journeys.maps.places import Ending, JourneyPlaces, Place, Way

BEFORE = JourneyPlaces(
    "asks",
    (
        Place("p1", "send", "thanks", "Thank you", 5, templates=("asks/thanks",)),
        Place("p2", "wait", "a while", "A while", 6, waits=86_400.0),
        Place("p3", "task", "call", "Call them", 7),
    ),
    (
        Way("start", ("",), "p1"),
        Way("p1", ("queued",), "p2"),
        Way("p1", ("suppressed",), "e1"),
        Way("p2", ("silence",), "p3"),
        Way("p3", ("Reached",), "e1"),
    ),
    ("form_submitted:trial",),
    endings=(Ending("e1", "over"),),
)


def _without_wait() -> JourneyPlaces:
    """The wait is gone, and so ids differ from there on."""
    return replace(
        BEFORE,
        places=(BEFORE.places[0], replace(BEFORE.places[2], id="p2")),
        ways=(
            BEFORE.ways[0],
            Way("p1", ("queued",), "p2"),
            Way("p1", ("suppressed",), "e1"),
            Way("p2", ("Reached",), "e1"),
        ),
    )


def test_the_same_map_differs_in_nothing_though_its_lines_have_moved() -> None:
    moved = replace(BEFORE, places=tuple(replace(place, line=place.line + 9) for place in BEFORE.places if place.line))
    found = compare_maps(BEFORE, moved)
    assert found.sentences == ()
    assert not [
        *found.marks_before.places,
        *found.marks_before.ways,
        *found.marks_after.places,
        *found.marks_after.ways,
    ]


def test_a_step_that_is_gone_is_marked_where_it_was_and_the_new_way_where_it_is() -> None:
    found = compare_maps(BEFORE, _without_wait())
    assert found.sentences == (
        "Gone: wait “A while”.",
        "Mail “Thank you”, “sent”, leads to task “Call them”, and leads no more to wait “A while”.",
    )
    assert found.marks_before.places == {"p2": "removed"}
    assert found.marks_before.ways == {"p1-p2": "removed", "p2-p3": "removed"}
    assert found.marks_after.places == {}
    assert found.marks_after.ways == {"p1-p2": "added"}


def test_the_other_way_round_it_is_new() -> None:
    found = compare_maps(_without_wait(), BEFORE)
    assert found.sentences[0] == "New: wait “A while”."
    assert found.marks_after.places == {"p2": "added"}


def test_another_length_another_ending_and_another_trigger_are_told() -> None:
    places = (BEFORE.places[0], replace(BEFORE.places[1], waits=172_800.0), BEFORE.places[2])
    after = replace(BEFORE, places=places, starts_on=("form_submitted:demo",), endings=(Ending("e1", "done"),))
    found = compare_maps(BEFORE, after)
    assert "Changed: wait “A while”, waits from 1 day to 2 days." in found.sentences
    assert "Task “Call them”, “Reached”, leads to the ending “done”, and leads no more to the ending “over”." in (
        found.sentences
    )
    assert "It starts on form_submitted:demo; before: form_submitted:trial." in found.sentences
    assert found.marks_before.places == {"p2": "changed", "e1": "removed"}
    assert found.marks_after.places == {"p2": "changed", "e1": "added"}
