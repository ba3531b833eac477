"""The map of a journey as it is stored: what stands at each place, in people's words, without running its code."""

import json
from datetime import timedelta

from flows.runtime import Journey, hand_over
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import build_map
from flows.runtime.maps.places import journey_places
from flows.runtime.maps.stored_map import stored_map
from flows.runtime.prefect_flow import discover
from models import Contact
from models.journeys.maps.places import JourneyPlaces, Place


async def asks(j: Journey) -> str:
    await j.send("thanks", transactional=True)
    if await j.check(Contact.score >= 30):
        await j.start("check_in")
        return hand_over("offer_sequence")
    if await j.task("first_look", outcomes=("Good", "Bad"), within=timedelta(days=2), to="desk@example.org") == "Good":
        return "liked"
    return "not liked"


def _asks() -> JourneyPlaces:
    definition = Definition("asks", asks, ("form_submitted:trial",), {"order_placed": "bought"})
    return journey_places(definition, build_map(definition))


def _named(places: JourneyPlaces, name: str) -> Place:
    return next(place for place in places.places if place.name == name)


def test_a_place_says_what_it_is_whose_work_it_is_and_where_its_line_is() -> None:
    places = _asks()
    mail, task, question = _named(places, "thanks"), _named(places, "first_look"), _named(places, "score >= 30")
    assert (mail.verb, mail.templates, mail.transactional, mail.to_person) == ("send", ("asks/thanks",), True, False)
    assert (task.to_person, task.to_owner, task.waits) == (True, False, 172_800)
    assert question.condition == "contact.score >= 30"
    assert _named(places, "check_in").starts == "check_in"
    lines = [place.line for place in places.places]
    assert all(line is not None for line in lines)
    assert mail.line is not None
    assert question.line == mail.line + 1
    assert mail.file == "tests/journeys/maps/test_places.py"


def test_a_way_says_which_answers_lead_there_and_nothing_where_all_do() -> None:
    places = _asks()
    says = {way.id: places.says(way) for way in places.ways}
    start, mail, question = "start", _named(places, "thanks").id, _named(places, "score >= 30").id
    task = _named(places, "first_look").id
    endings = {ending.name: ending.id for ending in places.endings}
    assert says[f"{start}-{mail}"] == says[f"{mail}-{question}"] == ""
    assert says[f"{question}-{task}"] == "no"
    assert says[f"{task}-{endings['not liked']}"] == "Bad or nobody reports in time"


def test_hand_overs_exit_conditions_and_starts_beside_are_on_it() -> None:
    places = _asks()
    assert places.hand_overs == ("offer_sequence",)
    assert places.starts == ("check_in",)
    assert places.starts_on == ("form_submitted:trial",)
    assert {
        event: ending.name for event, id in places.ends_on.items() for ending in places.endings if ending.id == id
    } == {"order_placed": "bought"}


def test_what_is_stored_is_read_back_as_it_was_and_survives_keys_of_other_versions() -> None:
    places = _asks()
    stored = json.loads(json.dumps(places.to_json()))
    assert JourneyPlaces.from_json("asks", stored) == places
    stored["places"][0]["of a later version"] = 1
    del stored["fallback"]
    assert JourneyPlaces.from_json("asks", stored) == places
    assert JourneyPlaces.from_json("asks", {}) == JourneyPlaces("asks")


def test_each_shipped_journey_has_a_map_whose_ways_all_lead_to_something_on_it() -> None:
    definitions = discover()
    for definition in definitions.values():
        stored = stored_map(definition, definitions)
        places = JourneyPlaces.from_json(definition.name, stored.places)
        known = {"start", *(place.id for place in places.places), *(ending.id for ending in places.endings)}
        assert {id for way in places.ways for id in (way.source, way.target)} | set(places.ends_on.values()) == known
        assert all(place.line for place in places.places if place.verb != "split" or "holdout" not in place.name)
        assert all(f'id="map-{place.id}"' in stored.drawing for place in places.places)


def test_what_happens_when_they_ask_again_stands_at_the_places_where_runs_wait() -> None:
    definitions = discover()
    stored = stored_map(definitions["lead_qualification"], definitions)
    places = JourneyPlaces.from_json("lead_qualification", stored.places)
    assert _named(places, "first call").asks_again == "the open task moves up and shows it"
    assert _named(places, "a week after the first call").asks_again == (
        "goes on at once; the task that comes next shows it"
    )


def test_who_is_held_out_is_on_the_map_too() -> None:
    definitions = discover()
    held = next(one for one in definitions.values() if one.holdout)
    places = JourneyPlaces.from_json(held.name, stored_map(held, definitions).places)
    assert places.places[0].verb == "split"
    assert "held out" in [ending.name for ending in places.endings]
