"""Exclusive offers: one person at a time, each once, in fair order, and then managers are told."""

from datetime import timedelta

import pytest

from models.database import engine
from models.routing import UnknownRouter
from models.routing.offers import offer_leads
from models.routing.offers.metrics import offer_metrics
from tests.support.database import rows
from tests.support.offers import (
    ANN,
    BEN,
    CAT,
    MANAGER,
    MONDAY_NOON,
    PAT,
    a_business,
    a_lead_on_offer,
    accepts,
    begin_offers,
    declines,
    expire_offers,
    mails,
    next_due_now,
    offers,
    open_offer,
    owner,
)
from tests.support.web_pages import a_contact

FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


pytestmark = pytest.mark.usefixtures("database_url")


def test_whoever_accepts_has_the_lead_and_the_ledger_says_how() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert accepts(open_offer(lead), MONDAY_NOON + SECOND)

    assert (owner(lead), offers(lead)) == ("Ann", [("Ann", "accepted")])
    assert rows("SELECT how, reason, number, received, candidate_set_id IS NOT NULL FROM assignment") == [
        ("offer", "a test; accepted the offer", 1, 1, True)
    ]
    assert rows("SELECT name, topic FROM event ORDER BY id") == [
        ("lead_assigned", "leads"),
        ("lead_placed", "1"),
        ("lead_accepted", "1"),
    ]
    assert rows("SELECT closed_at, rep_id FROM placement") == [(MONDAY_NOON + SECOND, 1)]


def test_whoever_declines_sets_the_next_one_free_at_once() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert declines(open_offer(lead), MONDAY_NOON + SECOND, "on the road")

    assert offers(lead) == [("Ann", "declined"), ("Ben", None)]
    assert mails("team/offer") == [ANN, BEN]


def test_nobody_takes_it_and_the_manager_is_told_once() -> None:
    a_business()
    lead = a_lead_on_offer()
    declines(open_offer(lead), MONDAY_NOON, "on the road")
    expire_offers(MONDAY_NOON + FIVE)
    expire_offers(MONDAY_NOON + 2 * FIVE)

    assert offers(lead) == [("Ann", "declined"), ("Ben", "expired"), ("Cat", "expired")]
    assert rows("SELECT closed_at, rep_id FROM placement") == [(MONDAY_NOON + 2 * FIVE, None)]
    assert rows("SELECT name, topic, data ->> 'asked' FROM event") == [("offer_exhausted", "1", "3")]
    assert mails("team/offer_exhausted") == [MANAGER]
    assert next_due_now() is None


def test_who_was_asked_before_cannot_take_it_while_it_is_anothers() -> None:
    a_business()
    lead = a_lead_on_offer()
    anns = open_offer(lead)
    expire_offers(MONDAY_NOON + FIVE)

    assert not accepts(anns, MONDAY_NOON + FIVE + SECOND)
    assert accepts(open_offer(lead), MONDAY_NOON + FIVE + SECOND)


def test_first_chances_are_shared_fairly_whoever_declines() -> None:
    a_business()
    leads = [a_contact(email=f"{number}@example.com") for number in range(30)]
    for lead in leads:
        begin_offers(MONDAY_NOON, lead)
        while rows("SELECT FROM offer WHERE contact_id = :lead AND answer IS NULL", lead=lead):
            if offers(lead)[-1][0] == "Ann":
                declines(open_offer(lead), MONDAY_NOON)
            else:
                accepts(open_offer(lead), MONDAY_NOON)

    got = dict(
        rows("SELECT split_part(rep.name, ' ', 1), count(*) FROM contact JOIN rep ON rep.id = owner_id GROUP BY 1")
    )
    assert got["Ben"] + got["Cat"] == 30
    assert abs(got["Ben"] - got["Cat"]) <= 2


def test_many_leads_are_offered_evenly_in_one_go() -> None:
    a_business()
    leads = [a_contact(email=f"{number}@example.com") for number in range(300)]

    begin_offers(MONDAY_NOON, *leads)

    assert rows("SELECT count(*) FROM offer GROUP BY rep_id") == [(100,), (100,), (100,)]
    assert expire_offers(MONDAY_NOON + FIVE) == 300
    assert rows("SELECT count(*) FROM offer WHERE answer IS NULL") == [(300,)]
    assert rows("SELECT max(n) FROM (SELECT count(*) n FROM offer GROUP BY contact_id, rep_id) o") == [(1,)]


def test_the_preferred_are_asked_first_and_then_the_others() -> None:
    a_business(members=(ANN, BEN, {"rep": CAT, "preferred": True}))
    lead = a_lead_on_offer()
    for number in range(1, 4):
        expire_offers(MONDAY_NOON + number * FIVE)

    assert [name for name, _ in offers(lead)] == ["Cat", "Ann", "Ben"]


@pytest.mark.parametrize(
    ("partners", "state", "asked"),
    [
        (False, "CA", ["Ann"]),
        (True, "CA", ["Ann", "Pat"]),
        ('state == "CA"', "CA", ["Ann", "Pat"]),
        ('state == "CA"', "NY", ["Ann"]),
    ],
)
def test_partners_are_asked_where_the_terms_say_so(partners: bool | str, state: str, asked: list[str]) -> None:
    a_business(members=(ANN, PAT), partners=partners)
    lead = a_lead_on_offer(state=state)
    for number in range(1, 3):
        expire_offers(MONDAY_NOON + number * FIVE)

    assert sorted(name for name, _ in offers(lead)) == asked
    assert mails("team/offer_exhausted") == [MANAGER]


def test_the_managers_of_partners_learn_nothing() -> None:
    a_business(members=(PAT,), partners=True)
    a_lead_on_offer()
    expire_offers(MONDAY_NOON + FIVE)

    assert mails("team/offer_exhausted") == ["hello@brightwater.example.com"]


def test_anew_passes_over_whoever_has_it() -> None:
    a_business()
    lead = a_lead_on_offer()
    accepts(open_offer(lead), MONDAY_NOON)

    begin_offers(MONDAY_NOON, lead, anew=True)
    for number in range(1, 4):
        expire_offers(MONDAY_NOON + number * FIVE)

    assert [name for name, _ in offers(lead)[1:]] == ["Ben", "Cat"]
    assert owner(lead) == "Ann"


def test_a_second_beginning_changes_nothing() -> None:
    a_business()
    lead = a_lead_on_offer()
    begin_offers(MONDAY_NOON + SECOND, lead)

    assert offers(lead) == [("Ann", None)]
    assert mails("team/offer") == [ANN]


def test_a_router_that_does_not_exist_is_named() -> None:
    a_business()
    lead = a_contact()

    with pytest.raises(UnknownRouter, match="'nowhere'"), engine().begin() as connection:
        offer_leads(connection, [(lead, "nowhere", "a test", None)], MONDAY_NOON)
    assert rows("SELECT FROM placement") == []


def test_figures_count_answers_and_silence() -> None:
    a_business()
    one, two = a_lead_on_offer(), a_contact(email="two@example.com")
    accepts(open_offer(one), MONDAY_NOON + timedelta(seconds=40))
    begin_offers(MONDAY_NOON, two)
    declines(open_offer(two), MONDAY_NOON + timedelta(seconds=20))
    expire_offers(MONDAY_NOON + FIVE + timedelta(seconds=20))

    with engine().connect() as connection:
        figures = {one.name: one for one in offer_metrics(connection, MONDAY_NOON)}
    ann, ben, cat = figures["Ann Archer"], figures["Ben Bolt"], figures["Cat Cole"]
    assert (ann.accepted, ann.median_answer_time) == (1, timedelta(seconds=40))
    assert (ben.declined, ben.median_answer_time) == (1, timedelta(seconds=20))
    assert (cat.expired, cat.median_answer_time) == (1, None)
