"""Routers that offer their leads: routing begins the offer, and the journey waits for whoever accepts."""

from datetime import timedelta

from flows.runtime import Journey
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.routing import available_reps
from models.routing.offers import accept
from tests.support.routing import (
    MakeStory,
    apply_business,
    assign_now,
    counts,
    make_contacts,
    owners,
    rep,
    router,
    team,
)
from tests.support.story import Story


async def asking(j: Journey) -> str:
    return await j.route()


async def moving_on(j: Journey) -> str:
    return await j.route("all", anew=True)


async def offering_anew(j: Journey) -> str | None:
    return await j.offer("all", anew=True)


def offering(story: Story, *on: str) -> None:
    """All leads are offered to Ann, then Bob."""
    routing = {"on": on, "rules": [{"router": "all"}]}
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob", offer={"lasts": "5m"})], routing=routing)


def take(story: Story) -> bool:
    """Whoever has the open offer accepts it."""
    offer = story.one("SELECT id FROM offer WHERE answer IS NULL")
    with engine().begin() as connection:
        taken = accept(connection, offer, story.now)
    run_due(story.definitions, story.now)
    return taken


def test_a_journey_waits_while_its_lead_is_offered_and_goes_on_with_who_took_it(make_story: MakeStory) -> None:
    story = make_story(asking)
    offering(story)
    lead, *_ = make_contacts(story, 1)
    story.start("asking", lead)
    assert story.runs(lead) == [("asking", "waiting for by the rules")]
    assert story.rows("SELECT router, reason, offered FROM placement") == [("all", "rule 1: all others", True)]
    story.now += timedelta(minutes=1)
    assert take(story)
    assert story.runs(lead) == [("asking", "Ann")]


def test_newcomers_are_offered_and_a_journey_that_asks_for_them_too_does_not_offer_twice(make_story: MakeStory) -> None:
    story = make_story(asking, starts_on=("form_submitted",))
    offering(story, "form_submitted")
    lead, *_ = make_contacts(story, 1)
    story.happens("form_submitted", contact=lead)
    assert story.one("SELECT count(*) FROM placement") == story.one("SELECT count(*) FROM offer") == 1
    assert owners(story, [lead]) == [None]
    assert take(story)
    assert story.runs(lead) == [("asking", "Ann")]


def test_what_nobody_takes_is_given_to_whose_turn_it_is_and_the_manager_is_told_once(make_story: MakeStory) -> None:
    story = make_story(asking)
    offering(story)
    lead, *_ = make_contacts(story, 1)
    story.start("asking", lead)
    story.pass_time(timedelta(minutes=11))
    assert story.rows("SELECT answer FROM offer") == [("expired",), ("expired",)]
    # Ann had the first chance.
    assert story.runs(lead) == [("asking", "Bob")]
    assert story.rows("SELECT how, reason FROM assignment") == [
        ("round robin", "rule 1: all others; nobody took the offer")
    ]
    assert story.rows("SELECT to_address FROM message WHERE template LIKE 'team/%' AND template <> 'team/offer'") == [
        ("boss.sales@firm.example.com",)
    ]


def test_what_nobody_takes_is_not_given_to_partners(make_story: MakeStory) -> None:
    story = make_story(asking)
    partners = team("Pia", name="Partner", partner=True)
    offer = {"lasts": "5m", "partners": True}
    apply_business([team("Ann"), partners], [router("all", "Pia", offer=offer)], routing={"rules": [{"router": "all"}]})
    lead, *_ = make_contacts(story, 1)
    story.start("asking", lead)
    story.pass_time(timedelta(hours=3))
    assert owners(story, [lead]) == [None]
    assert story.one("SELECT count(*) FROM message WHERE template = 'team/offer_exhausted'") == 1
    apply_business([team("Ann"), partners], [router("all", "Pia", "Ann", offer=offer)])
    run_due(story.definitions, story.now)
    assert story.runs(lead) == [("asking", "Ann")]


def test_leads_that_are_somebodys_to_take_count_towards_their_limits(make_story: MakeStory) -> None:
    story = make_story(asking)
    people = team(rep("Ann", most_a_day=1), rep("Bob", most_open=2), "Eve")
    offer = {"lasts": "1h"}
    routers = [router("all", "Ann", "Bob", "Eve", offer=offer), router("plain", "Ann", "Bob", "Eve")]
    apply_business([people], routers, routing={"rules": [{"router": "all"}]})
    for lead in make_contacts(story, 9):
        story.start("asking", lead)
    asked = story.rows("SELECT rep.name, count(*) FROM offer JOIN rep ON rep.id = rep_id GROUP BY 1 ORDER BY 1")
    assert asked == [("Ann", 1), ("Bob", 2), ("Eve", 6)]
    with engine().begin() as connection:
        assert [person.name for person in available_reps(connection, "plain", story.now)] == ["Eve"]
    given = make_contacts(story, 2)
    assign_now("plain", given, story.now)
    assert counts(story, given) == {"Eve": 2}


def test_an_older_assignment_is_not_taken_for_the_one_that_is_waited_for(make_story: MakeStory) -> None:
    story = make_story(moving_on, offering_anew)
    offering(story)
    lead, *_ = make_contacts(story, 1)
    assign_now("all", [lead], story.now)
    # Nobody has reacted to that yet when the run begins to wait.
    story.start("moving_on", lead)
    story.start("offering_anew", lead)
    assert story.runs(lead) == [("moving_on", "waiting for all"), ("offering_anew", "waiting for all")]
    assert take(story)
    assert story.runs(lead) == [("moving_on", "Bob"), ("offering_anew", "Bob")]


def test_a_lead_that_waits_already_ends_the_waiting_of_whoever_offers_it(make_story: MakeStory) -> None:
    story = make_story(offering_anew)
    offering(story)
    lead, *_ = make_contacts(story, 1)
    story.write("UPDATE rep SET active = false")
    assign_now("all", [lead], story.now)
    story.start("offering_anew", lead)
    story.write("UPDATE rep SET active = true")
    story.pass_time(timedelta(minutes=6))
    assert story.runs(lead) == [("offering_anew", "Ann")]
