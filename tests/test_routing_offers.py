"""Routers that offer their leads: routing begins the offer, and the journey waits for whoever accepts."""

from datetime import timedelta

from flows.runtime import Journey
from flows.runtime.virtual_time import settle
from models.database import engine
from models.offers import accept
from tests.routing_office import Tell, business, crowd, owners, router, team
from tests.story import Story


async def asking(j: Journey) -> str:
    return await j.route()


def offering(story: Story, *on: str) -> None:
    """All leads are offered to Ann, then Bob."""
    routing = {"on": on, "rules": [{"router": "all"}]}
    business([team("Ann", "Bob")], [router("all", "Ann", "Bob", offer={"lasts": "5m"})], routing=routing)


def take(story: Story) -> bool:
    """Whoever has the open offer accepts it."""
    offer = story.one("SELECT id FROM offer WHERE answer IS NULL")
    with engine().begin() as connection:
        taken = accept(connection, offer, story.now)
    settle(story.definitions, story.now)
    return taken


def test_a_journey_waits_while_its_lead_is_offered_and_goes_on_with_who_took_it(tell: Tell) -> None:
    story = tell(asking)
    offering(story)
    lead, *_ = crowd(story, 1)
    story.start("asking", lead)
    assert story.runs(lead) == [("asking", "waiting for by the rules")]
    assert story.rows("SELECT router, because, offered FROM placement") == [("all", "rule 1: all others", True)]
    story.now += timedelta(minutes=1)
    assert take(story)
    assert story.runs(lead) == [("asking", "Ann")]


def test_newcomers_are_offered_and_a_journey_that_asks_for_them_too_does_not_offer_twice(tell: Tell) -> None:
    story = tell(asking, starts_on=("form_submitted",))
    offering(story, "form_submitted")
    lead, *_ = crowd(story, 1)
    story.happens("form_submitted", contact=lead)
    assert story.one("SELECT count(*) FROM placement") == story.one("SELECT count(*) FROM offer") == 1
    assert owners(story, [lead]) == [None]
    assert take(story)
    assert story.runs(lead) == [("asking", "Ann")]
