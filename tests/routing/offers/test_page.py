"""The offer's page: one winner, a sentence for the others, and the lead only for whoever has it."""

import re
from datetime import timedelta

import pytest

from models.access.work_link import renew_link
from models.database import engine
from tests.support.database import rows, write
from tests.support.offered_lead import GIVEAWAY, NOW, SECRETS, on_offer
from tests.support.offers import ANN, BEN, accepts, declines, expire_offers, offer_path, offers, open_offer, owner
from tests.support.web_pages import a_run, a_task, browser

pytestmark = pytest.mark.usefixtures("database_url")


def test_looking_takes_nothing() -> None:
    lead = on_offer()

    for method in ("GET", "HEAD", "GET"):
        browser().request(method, offer_path(open_offer(lead)))
    browser().get(f"{offer_path(open_offer(lead))}/accept")
    browser().get(f"{offer_path(open_offer(lead))}/decline")

    assert (owner(lead), offers(lead)) == (None, [("Ann", None)])


def test_taking_shows_the_lead_and_what_to_do() -> None:
    lead = on_offer()
    link = offer_path(open_offer(lead))
    a_task(lead, a_run(lead), name="first_call", assignee=ANN)

    answer = browser().post(f"{link}/accept")
    shown = browser().get(answer.headers["location"])

    assert answer.status_code == 303
    for fact in ("Wilhelmina Ostrowski", "+12075550177", SECRETS["email"], "First call", "/tasks/"):
        assert fact in shown.text
    assert browser().post(f"{link}/accept").status_code == 303
    assert rows("SELECT count(*) FROM assignment") == [(1,)]


def test_whoever_comes_too_late_reads_who_has_it_and_nothing_more() -> None:
    lead = on_offer()
    anns = offer_path(open_offer(lead))
    expire_offers(NOW + timedelta(hours=1))
    accepts(open_offer(lead), NOW + timedelta(hours=1, seconds=1))

    answer = browser().post(f"{anns}/accept")

    assert answer.status_code == 409
    assert "Ben Bolt has this lead" in answer.text
    assert not GIVEAWAY.search(answer.text)


def test_an_expired_offer_says_until_when_it_was() -> None:
    lead = on_offer()
    write("UPDATE offer SET expires_at = :past", past=NOW - timedelta(seconds=1))

    answer = browser().post(f"{offer_path(open_offer(lead))}/accept")

    assert answer.status_code == 409
    assert "Your time for this lead is over" in answer.text
    assert owner(lead) is None


def test_a_lead_that_was_taken_away_again_is_hidden_again() -> None:
    lead = on_offer()
    link = offer_path(open_offer(lead))
    browser().post(f"{link}/accept")
    write("UPDATE contact SET owner_id = (SELECT id FROM rep WHERE email = :ben)", ben=BEN)

    assert not GIVEAWAY.search(browser().get(link).text)


def test_leaving_it_keeps_the_reason_and_asks_the_next() -> None:
    lead = on_offer()
    link = offer_path(open_offer(lead))

    answer = browser().post(f"{link}/decline", data={"reason": "on holiday from tomorrow"})

    assert answer.status_code == 303
    assert "You left this lead to others" in browser().get(link).text
    assert offers(lead) == [("Ann", "declined"), ("Ben", None)]
    assert rows("SELECT reason FROM offer WHERE answer = 'declined'") == [("on holiday from tomorrow",)]
    assert browser().post(f"{link}/decline").status_code == 303
    assert browser().post(f"{link}/accept").status_code == 409


def test_a_reason_that_is_too_long_is_asked_again() -> None:
    lead = on_offer()

    answer = browser().post(f"{offer_path(open_offer(lead))}/decline", data={"reason": "x" * 501})

    assert answer.status_code == 422
    assert offers(lead) == [("Ann", None)]


def test_a_forged_link_opens_nothing() -> None:
    on_offer()

    assert browser().get("/offers/eyJvZmZlciI6MX0.forged").status_code == 404
    assert browser().post("/offers/eyJvZmZlciI6MX0.forged/accept").status_code == 404


def test_an_erased_lead_is_gone_from_the_page() -> None:
    lead = on_offer()
    link = offer_path(open_offer(lead))
    write("DELETE FROM message")
    write("DELETE FROM contact")

    assert browser().get(link).status_code == 404
    assert browser().post(f"{link}/accept").status_code == 404


def test_only_the_open_offer_may_run_its_script() -> None:
    lead = on_offer()
    link = offer_path(open_offer(lead))

    assert "script-src 'self'" in browser().get(link).headers["content-security-policy"]
    browser().post(f"{link}/accept")
    assert "script-src" not in browser().get(link).headers["content-security-policy"]
    assert browser().get("/static/countdown.js").status_code == 200


def test_the_timeline_of_the_contact_tells_who_was_asked_and_what_they_said() -> None:
    lead = on_offer()
    declines(open_offer(lead), NOW, "on the road")
    accepts(open_offer(lead), NOW)

    shown = re.sub(r"\s+", " ", browser().get(f"/contacts/{lead}").text)

    for told in ("Offered to Ann Archer", "declined", "on the road", "Offered to Ben Bolt", "accepted"):
        assert told in shown


def test_a_link_that_was_renewed_takes_and_declines_nothing_and_the_new_page_leads_to_the_offer() -> None:
    lead = on_offer()
    old = offer_path(open_offer(lead))
    [(rep,)] = rows("SELECT rep_id FROM offer")
    with engine().begin() as connection:
        work = renew_link(connection, rep, NOW + timedelta(minutes=1))

    assert [browser().get(old).status_code, browser().post(f"{old}/accept").status_code] == [410, 410]
    assert browser().post(f"{old}/decline").status_code == 410
    assert (owner(lead), offers(lead)) == (None, [("Ann", None)])

    [new] = re.findall(r'href="(/offers/[^"]+)"', browser().get(f"/work/{work}").text)
    assert browser().post(f"{new}/accept").status_code == 303
    assert offers(lead) == [("Ann", "accepted")]
