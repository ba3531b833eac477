"""Many who place, offer, take, reassign and change the playbook at once take turns: nobody stands in another's way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

from sqlalchemy import Connection, text

from models.database import engine
from models.playbook import apply, current_playbook
from models.routing import process_queue, route_contacts
from models.routing.offers import accept, decline, expire_due_offers
from models.routing.reassign import reassign
from models.team.absences import note_absence, withdraw_absence
from tests.support.routing import NINE_TO_FIVE, MakeStory, address, apply_business, make_contacts, rep, router, team
from tests.support.story import MONDAY, Story

STATES = {"zeta": "CA", "inbound": "NY", "VIP": "TX", "day": "WA"}
OPEN_OFFER = text("SELECT id FROM offer WHERE answer IS NULL ORDER BY random() LIMIT 1")

Act = Callable[[Connection, Random, list[int]], object]


def routes(connection: Connection, chance: Random, leads: list[int]) -> None:
    route_contacts(
        connection, current_playbook(connection), chance.sample(leads, 20), anew=chance.random() < 0.5, now=MONDAY
    )


def reassigns(connection: Connection, chance: Random, leads: list[int]) -> None:
    reassign(connection, chance.sample(leads, 20), None, by="a test", reason="", now=MONDAY)


def expires(connection: Connection, _: Random, __: list[int]) -> None:
    expire_due_offers(connection, MONDAY.replace(hour=11))


def places(connection: Connection, _: Random, __: list[int]) -> None:
    process_queue(connection, MONDAY.replace(hour=11))


def goes_away_and_comes_back(connection: Connection, _: Random, __: list[int]) -> None:
    note_absence(connection, address("Bob"), MONDAY.date(), MONDAY.date(), None, MONDAY)
    withdraw_absence(connection, address("Bob"), MONDAY.date(), MONDAY.date(), MONDAY)


def answers(connection: Connection, chance: Random, _: list[int]) -> None:
    offer = connection.execute(OPEN_OFFER).scalar()
    if offer is not None and chance.random() < 0.5:
        accept(connection, offer, MONDAY)
    elif offer is not None:
        decline(connection, offer, "", MONDAY)


def changes_the_playbook(connection: Connection, chance: Random, _: list[int]) -> None:
    reminders = (timedelta(hours=chance.randrange(1, 100)),)
    apply(connection, current_playbook(connection).model_copy(update={"reminders": reminders}))


ACTS: tuple[Act, ...] = (routes, reassigns, expires, places, goes_away_and_comes_back, answers, changes_the_playbook)


def busy_office(story: Story) -> list[int]:
    """Routers that share people with limits, two of which offer, in an order that languages sort differently."""
    people = team(rep("Ann", most_a_day=5000), rep("Bob", most_open=5000), "Eve", rep("Zed", hours=NINE_TO_FIVE))
    offer = {"offer": {"lasts": "2m"}}
    routers = [
        router("zeta", "Ann", "Bob", "Eve"),
        router("inbound", "Bob", "Ann", "Zed", **offer),
        router("VIP", "Eve", "Ann", "Bob"),
        router("day", "Zed"),
        router("alpha", "Bob", "Ann", "Eve", **offer),
    ]
    rules = [{"router": name, "when": f'state == "{state}"'} for name, state in STATES.items()]
    apply_business([people], routers, routing={"rules": [*rules, {"router": "alpha"}]})
    return [lead for state in (*STATES.values(), "ME") for lead in make_contacts(story, 20, state=state)]


def test_nobody_waits_for_somebody_who_waits_for_them(make_story: MakeStory) -> None:
    leads = busy_office(make_story())

    def act(number: int) -> None:
        chance = Random(number)
        with engine().begin() as connection:
            chance.choice(ACTS)(connection, chance, leads)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(120)))
