"""Exclusive offers: one person at a time, each once, in fair order, in their working time; then managers are told."""

from datetime import UTC, datetime, timedelta

import pytest

from models.database import engine
from models.offers import begin, expire_due, next_due
from models.offers.figures import offer_figures
from models.routing import NobodyThere
from tests.offer_story import (
    ANN,
    BEN,
    CAT,
    MANAGER,
    MONDAY_NOON,
    PAT,
    a_business,
    a_lead_on_offer,
    accepts,
    declines,
    mails,
    offered,
    offers,
    open_offer,
    owner,
    pass_time,
    rows,
    write,
)
from tests.web_story import a_contact

FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.usefixtures("database_url")


def test_whoever_accepts_has_the_lead_and_the_ledger_says_how() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert accepts(open_offer(lead), MONDAY_NOON + SECOND)

    assert (owner(lead), offers(lead)) == ("Ann", [("Ann", "accepted")])
    assert rows("SELECT how, because, number, received, candidate_set_id IS NOT NULL FROM assignment") == [
        ("offer", "a test; accepted the offer", 1, 1, True)
    ]
    assert rows("SELECT name, topic FROM event ORDER BY id") == [("lead_assigned", "leads"), ("lead_accepted", "1")]
    assert rows("SELECT settled_at, rep_id FROM placement") == [(MONDAY_NOON + SECOND, 1)]


def test_an_offer_that_nobody_answers_goes_to_the_next_with_its_full_time() -> None:
    a_business()
    lead = a_lead_on_offer()

    assert pass_time(MONDAY_NOON + FIVE - SECOND) == 0
    assert pass_time(MONDAY_NOON + FIVE) == 1

    assert offers(lead) == [("Ann", "expired"), ("Ben", None)]
    assert rows("SELECT expires_at FROM offer WHERE answer IS NULL") == [(MONDAY_NOON + 2 * FIVE,)]


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
    pass_time(MONDAY_NOON + FIVE)
    pass_time(MONDAY_NOON + 2 * FIVE)

    assert offers(lead) == [("Ann", "declined"), ("Ben", "expired"), ("Cat", "expired")]
    assert rows("SELECT settled_at, rep_id FROM placement") == [(MONDAY_NOON + 2 * FIVE, None)]
    assert rows("SELECT name, topic, data ->> 'asked' FROM event") == [("offer_exhausted", "1", "3")]
    assert mails("team/offer_exhausted") == [MANAGER]
    assert next_due_now() is None


def next_due_now() -> datetime | None:
    with engine().connect() as connection:
        return next_due(connection)


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


def test_who_was_asked_before_cannot_take_it_while_it_is_anothers() -> None:
    a_business()
    lead = a_lead_on_offer()
    anns = open_offer(lead)
    pass_time(MONDAY_NOON + FIVE)

    assert not accepts(anns, MONDAY_NOON + FIVE + SECOND)
    assert accepts(open_offer(lead), MONDAY_NOON + FIVE + SECOND)


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
    assert pass_time(morning) == 1
    assert offers(lead) == [("Ann", None)]


def test_a_lead_that_waits_past_the_service_level_is_told_to_the_manager_once_and_still_offered() -> None:
    a_business(members=(ANN,))
    write("UPDATE rep SET most_a_day = 1 WHERE email = :ann", ann=ANN)
    first = a_lead_on_offer()
    accepts(open_offer(first), MONDAY_NOON)
    second = a_lead_on_offer(email="two@example.com")

    for minutes in range(0, 24 * 60, 5):
        pass_time(MONDAY_NOON + timedelta(minutes=minutes))

    assert mails("team/offer_waiting") == [MANAGER]
    assert rows("SELECT escalated_at FROM placement WHERE contact_id = :lead", lead=second) == [
        (MONDAY_NOON + timedelta(minutes=30),)
    ]
    assert offers(second)[0][0] == "Ann"


def test_a_short_absence_is_waited_for_without_alarming_anybody() -> None:
    a_business(members=(ANN,))
    lead = a_lead_on_offer(datetime(2026, 3, 2, 13, 50, tzinfo=UTC))
    pass_time(datetime(2026, 3, 2, 14, tzinfo=UTC))

    accepts(open_offer(lead), datetime(2026, 3, 2, 14, 1, tzinfo=UTC))

    assert mails("team/offer_waiting") == []


def test_first_chances_are_shared_fairly_whoever_declines() -> None:
    a_business()
    leads = [a_contact(email=f"{number}@example.com") for number in range(30)]
    for lead in leads:
        offered(MONDAY_NOON, lead)
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

    offered(MONDAY_NOON, *leads)

    assert rows("SELECT count(*) FROM offer GROUP BY rep_id") == [(100,), (100,), (100,)]
    assert pass_time(MONDAY_NOON + FIVE) == 300
    assert rows("SELECT count(*) FROM offer WHERE answer IS NULL") == [(300,)]
    assert rows("SELECT max(n) FROM (SELECT count(*) n FROM offer GROUP BY contact_id, rep_id) o") == [(1,)]


def test_the_preferred_are_asked_first_and_then_the_others() -> None:
    a_business(members=(ANN, BEN, {"rep": CAT, "preferred": True}))
    lead = a_lead_on_offer()
    for number in range(1, 4):
        pass_time(MONDAY_NOON + number * FIVE)

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
        pass_time(MONDAY_NOON + number * FIVE)

    assert sorted(name for name, _ in offers(lead)) == asked
    assert mails("team/offer_exhausted") == [MANAGER]


def test_the_managers_of_partners_learn_nothing() -> None:
    a_business(members=(PAT,), partners=True)
    a_lead_on_offer()
    pass_time(MONDAY_NOON + FIVE)

    assert mails("team/offer_exhausted") == ["hello@brightwater.example.com"]


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
    pass_time(MONDAY_NOON + SECOND)
    assert offers(lead) == [("Ann", "withdrawn"), ("Ben", None)]


def test_anew_passes_over_whoever_has_it() -> None:
    a_business()
    lead = a_lead_on_offer()
    accepts(open_offer(lead), MONDAY_NOON)

    offered(MONDAY_NOON, lead, anew=True)
    for number in range(1, 4):
        pass_time(MONDAY_NOON + number * FIVE)

    assert [name for name, _ in offers(lead)[1:]] == ["Ben", "Cat"]
    assert owner(lead) == "Ann"


def test_a_second_beginning_changes_nothing() -> None:
    a_business()
    lead = a_lead_on_offer()
    offered(MONDAY_NOON + SECOND, lead)

    assert offers(lead) == [("Ann", None)]
    assert mails("team/offer") == [ANN]


def test_a_router_that_does_not_exist_is_named() -> None:
    a_business()
    lead = a_contact()

    with pytest.raises(NobodyThere, match="'nowhere'"), engine().begin() as connection:
        begin(connection, [(lead, "nowhere", "a test", None)], MONDAY_NOON)
    assert rows("SELECT FROM placement") == []


def test_after_an_outage_an_offer_ends_once() -> None:
    a_business()
    lead = a_lead_on_offer()

    later = MONDAY_NOON + timedelta(hours=3)
    assert pass_time(later) == 1
    assert pass_time(later) == 0
    assert rows("SELECT expires_at FROM offer WHERE answer IS NULL") == [(later + FIVE,)]
    assert len(offers(lead)) == 2


def test_two_clocks_at_once_pass_on_once() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().begin() as one, engine().begin() as other:
        assert [expire_due(one, MONDAY_NOON + FIVE), expire_due(other, MONDAY_NOON + FIVE)] == [1, 0]
    assert offers(lead) == [("Ann", "expired"), ("Ben", None)]


def test_a_clock_that_dies_leaves_the_offer_as_it_was() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().connect() as connection:
        assert expire_due(connection, MONDAY_NOON + FIVE) == 1

    assert offers(lead) == [("Ann", None)]
    assert mails("team/offer") == [ANN]


def test_the_answer_comes_a_moment_before_the_clock() -> None:
    a_business()
    lead = a_lead_on_offer()

    with engine().begin() as clock:
        assert accepts(open_offer(lead), MONDAY_NOON + FIVE - SECOND)
        assert expire_due(clock, MONDAY_NOON + FIVE) == 0
    assert (owner(lead), offers(lead)) == ("Ann", [("Ann", "accepted")])


def test_figures_count_answers_and_silence() -> None:
    a_business()
    one, two = a_lead_on_offer(), a_contact(email="two@example.com")
    accepts(open_offer(one), MONDAY_NOON + timedelta(seconds=40))
    offered(MONDAY_NOON, two)
    declines(open_offer(two), MONDAY_NOON + timedelta(seconds=20))
    pass_time(MONDAY_NOON + FIVE + timedelta(seconds=20))

    with engine().connect() as connection:
        figures = {one.name: one for one in offer_figures(connection, MONDAY_NOON)}
    ann, ben, cat = figures["Ann Archer"], figures["Ben Bolt"], figures["Cat Cole"]
    assert (ann.accepted, ann.usual_answer_time) == (1, timedelta(seconds=40))
    assert (ben.declined, ben.usual_answer_time) == (1, timedelta(seconds=20))
    assert (cat.expired, cat.usual_answer_time) == (1, None)
