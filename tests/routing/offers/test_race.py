"""Many who answer the same offer, or different offers, at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.database import rows, write
from tests.support.offered_lead import NOW, on_offer
from tests.support.offers import (
    ANN,
    a_business,
    accepts,
    begin_offers,
    declines,
    expire_offers,
    newest_offer,
    offer_path,
    offers,
    open_offer,
)
from tests.support.web_pages import a_contact, browser

pytestmark = pytest.mark.usefixtures("database_url")


def test_of_two_hundred_who_accept_at_once_exactly_one_has_it() -> None:
    lead = on_offer()
    anns = offer_path(open_offer(lead))
    declines(open_offer(lead), NOW)
    bens = offer_path(open_offer(lead))
    write("UPDATE offer SET expires_at = :past WHERE answer IS NULL", past=NOW)
    expire_offers(NOW)
    cats = offer_path(newest_offer(lead))
    links = [anns, bens, *[cats] * 8] * 20

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda link: (link, browser().post(f"{link}/accept")), links))

    assert len(answers) == 200
    assert rows("SELECT count(*), count(DISTINCT rep_id) FROM assignment") == [(1, 1)]
    assert rows("SELECT count(*) FROM event WHERE name IN ('lead_assigned', 'lead_accepted')") == [(2,)]
    assert offers(lead) == [("Ann", "declined"), ("Ben", "expired"), ("Cat", "accepted")]
    assert {answer.status_code for link, answer in answers if link == cats} == {303}
    late = [answer for link, answer in answers if link != cats]
    assert {answer.status_code for answer in late} == {409}
    assert "Cat Cole has this lead" in late[-1].text


def test_accepting_declining_and_expiring_at_once_leave_one_ending() -> None:
    lead = on_offer()
    offer = open_offer(lead)

    def act(number: int) -> bool:
        acts = (accepts, declines)
        return acts[number % 2](offer, NOW + timedelta(seconds=1))

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(act, range(64)))

    assert won.count(True) == 1
    assert offers(lead) in ([("Ann", "accepted")], [("Ann", "declined"), ("Ben", None)])


def test_different_leads_of_one_person_can_be_taken_at_once() -> None:
    a_business(members=(ANN,))
    write("UPDATE rep SET hours = NULL")
    leads = [a_contact(email=f"{number}@example.com") for number in range(40)]
    begin_offers(NOW, *leads, lasts=timedelta(hours=1))
    found = [open_offer(lead) for lead in leads]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda offer: accepts(offer, NOW), found))

    assert [row[0] for row in rows("SELECT received FROM assignment ORDER BY received")] == list(range(1, 41))
