"""How long an offer lasts, in working time, and what the clock does with it, also late, twice, or when it dies."""

from datetime import UTC, datetime, timedelta

import pytest

from models.database import engine
from models.routing.offers import expire_due_offers
from tests.support.database import rows, write
from tests.support.offers import (
    ANN,
    MANAGER,
    MONDAY_NOON,
    a_business,
    a_lead_on_offer,
    accepts,
    declines,
    expire_offers,
    mails,
    next_due_now,
    offers,
    open_offer,
    owner,
)

FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


pytestmark = pytest.mark.usefixtures("database_url")


def test_an_offer_that_nobody_answers_goes_to_the_next_with_its_full_time() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert expire_offers(MONDAY_NOON + FIVE - SECOND) == 0
    assert expire_offers(MONDAY_NOON + FIVE) == 1

    assert offers(lead) == [("Ann", "expired"), ("Ben", None)]
    assert rows("SELECT expires_at FROM offer WHERE answer IS NULL") == [(MONDAY_NOON + 2 * FIVE,)]


def test_the_clock_is_due_when_the_first_offer_expires() -> None:
    a_business()
    a_lead_on_offer()

    assert next_due_now() == MONDAY_NOON + FIVE


def test_expired_is_expired_also_before_the_clock_came_by() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert not accepts(open_offer(lead), MONDAY_NOON + FIVE)
    assert not declines(open_offer(lead), MONDAY_NOON + FIVE)
    assert (owner(lead), offers(lead)) == (None, [("Ann", None)])


def test_an_offer_near_closing_time_ends_the_next_morning() -> None:
    a_business()
    closing = datetime(2026, 3, 2, 22, 58, tzinfo=UTC)  # 17:58 in New York
    a_lead_on_offer(closing)

    assert rows("SELECT expires_at FROM offer") == [(datetime(2026, 3, 3, 14, 3, tzinfo=UTC),)]


def test_at_night_a_lead_waits_for_the_morning() -> None:
    a_business()
    night, morning = datetime(2026, 3, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, 14, tzinfo=UTC)
    lead = a_lead_on_offer(night)

    assert offers(lead) == []
    assert next_due_now() == morning
    assert expire_offers(morning) == 1
    assert offers(lead) == [("Ann", None)]


def test_a_lead_that_waits_past_the_service_level_is_told_to_the_manager_once_and_still_offered() -> None:
    a_business(members=(ANN,))
    write("UPDATE rep SET most_a_day = 1 WHERE email = :ann", ann=ANN)
    first = a_lead_on_offer()
    accepts(open_offer(first), MONDAY_NOON)
    second = a_lead_on_offer(email="two@example.com")

    for minutes in range(0, 24 * 60, 5):
        expire_offers(MONDAY_NOON + timedelta(minutes=minutes))

    assert mails("team/offer_waiting") == [MANAGER]
    assert rows("SELECT escalated_at FROM placement WHERE contact_id = :lead", lead=second) == [
        (MONDAY_NOON + timedelta(minutes=30),)
    ]
    assert offers(second)[0][0] == "Ann"


def test_a_short_absence_is_waited_for_without_alarming_anybody() -> None:
    a_business(members=(ANN,))
    lead = a_lead_on_offer(datetime(2026, 3, 2, 13, 50, tzinfo=UTC))
    expire_offers(datetime(2026, 3, 2, 14, tzinfo=UTC))

    accepts(open_offer(lead), datetime(2026, 3, 2, 14, 1, tzinfo=UTC))

    assert mails("team/offer_waiting") == []


def test_the_terms_of_the_router_say_how_long() -> None:
    a_business(lasts="2h")
    a_lead_on_offer()

    assert rows("SELECT expires_at FROM offer") == [(MONDAY_NOON + timedelta(hours=2),)]


def test_whoever_leaves_is_not_waited_for() -> None:
    a_business()
    lead = a_lead_on_offer()
    write("UPDATE rep SET active = false WHERE email = :ann", ann=ANN)

    assert not accepts(open_offer(lead), MONDAY_NOON)
    due = next_due_now()
    assert due is not None
    assert due <= MONDAY_NOON
    expire_offers(MONDAY_NOON + SECOND)
    assert offers(lead) == [("Ann", "withdrawn"), ("Ben", None)]


def test_after_an_outage_an_offer_ends_once() -> None:
    a_business()
    lead = a_lead_on_offer()

    later = MONDAY_NOON + timedelta(hours=3)
    assert expire_offers(later) == 1
    assert expire_offers(later) == 0
    assert rows("SELECT expires_at FROM offer WHERE answer IS NULL") == [(later + FIVE,)]
    assert len(offers(lead)) == 2


def test_two_clocks_at_once_pass_on_once() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().begin() as one, engine().begin() as other:
        assert [expire_due_offers(one, MONDAY_NOON + FIVE), expire_due_offers(other, MONDAY_NOON + FIVE)] == [1, 0]
    assert offers(lead) == [("Ann", "expired"), ("Ben", None)]


def test_a_clock_that_dies_leaves_the_offer_as_it_was() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().connect() as connection:
        assert expire_due_offers(connection, MONDAY_NOON + FIVE) == 1

    assert offers(lead) == [("Ann", None)]
    assert mails("team/offer") == [ANN]


def test_the_answer_comes_a_moment_before_the_clock() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().begin() as clock:
        assert accepts(open_offer(lead), MONDAY_NOON + FIVE - SECOND)
        assert expire_due_offers(clock, MONDAY_NOON + FIVE) == 0
    assert (owner(lead), offers(lead)) == ("Ann", [("Ann", "accepted")])
