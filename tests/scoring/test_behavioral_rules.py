"""Points for what contacts do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models.leads.incoming_event import read_incoming_events
from models.leads.reading.lead import UnreadableLead
from tests.support.playbook import the_shipped_playbook
from tests.support.scoring import apply_scoring, score
from tests.support.story import MONDAY, Story


@pytest.mark.parametrize(
    ("rule", "points"),
    [
        ({"counts": "each time"}, 15),
        ({"counts": "once a day"}, 10),
        ({"counts": "once"}, 5),
        ({"at_most": 12}, 12),
        ({"points": -5}, -15),
        ({"points": -5, "at_most": 7}, -7),
        ({"where": "seconds > 20"}, 5),
        ({"where": "seconds > 5 and paid"}, 5),
        ({"where": 'kind == "demo" or kind is None'}, 15),
        ({"when": 'state == "CA"'}, 15),
        ({"when": 'state == "NY"'}, 0),
    ],
)
def test_a_rule_counts_as_it_says(make_story: Callable[..., Story], rule: dict[str, Any], points: int) -> None:
    story = make_story()
    apply_scoring({"name": "visit", "on": ["page_visited:pricing"], "points": 5, **rule}, decay="0%")
    contact = story.contact(state="CA")
    for day, data in ((0, {"seconds": 10, "paid": True}), (0, {"seconds": "30"}), (1, {"seconds": "1e9999"})):
        story.now = MONDAY + timedelta(days=day)
        story.happens("page_visited", "pricing", contact=contact, data=data)
        story.happens("page_visited", "home", contact=contact, data=data)
    assert score(story, contact) == points
    assert story.column(contact, "scored_on") is None


@pytest.mark.parametrize("is_machine", [True, "true", "True"])
def test_what_machines_do_earns_nothing(make_story: Callable[..., Story], is_machine: Any) -> None:
    story = make_story()
    apply_scoring({"name": "click", "on": ["link_clicked"], "points": 5})
    contact = story.contact()
    story.happens("link_clicked", contact=contact, data={"is_machine": is_machine})
    assert score(story, contact) == 0
    story.happens("link_clicked", contact=contact, data={"is_machine": False})
    assert score(story, contact) == 5


@pytest.mark.parametrize(
    "value", [None, [], {}, "", "NaN", "1e400000", "9" * 5000, "-", True, "12,5", "0x10", "١٢", "1_000", "5\n"]
)
def test_hostile_data_is_no_number_and_stops_nothing(make_story: Callable[..., Story], value: Any) -> None:
    story = make_story()
    apply_scoring({"name": "order", "on": ["bought"], "where": "amount >= 0 and amount < 1000 or done", "points": 5})
    contact = story.contact()
    story.happens("bought", contact=contact, data={"amount": value, "done": value if value is not True else "yes"})
    story.happens("bought", contact=contact, data=[1, 2])
    assert score(story, contact) == 0
    assert story.rows("SELECT FROM event WHERE name = 'note_added'") == []


@pytest.mark.parametrize(("told", "kept"), [(True, True), ("TRUE", True), (1, True), ("yes", True), (0, False)])
def test_what_a_sender_calls_a_machine_is_one_everywhere(told: Any, kept: bool) -> None:
    sent = {"name": "link_clicked", "contact": {"email": "ann@example.com"}, "data": {"is_machine": told, "n": 1}}
    [event] = read_incoming_events(sent, the_shipped_playbook(), MONDAY)
    assert event.data == {"is_machine": kept, "n": 1}
    with pytest.raises(UnreadableLead, match=r"data\.is_machine: 'perhaps' was found, yes or no"):
        read_incoming_events(sent | {"data": {"is_machine": "perhaps"}}, the_shipped_playbook(), MONDAY)
