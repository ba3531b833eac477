"""The chapter about journeys: touched where there is no holdout, and beside those who were kept off where there is."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import insert

from models.database import engine
from models.kpi.contribution.read import HoldoutEffect, JourneysReading, read_journeys, read_steps
from models.kpi.period import Period
from models.kpi.read.question import Question
from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.tables.kpi import KpiHoldout, KpiJourneyStep
from tests.support.kpi_tables import COUNTED_AT, a_run
from tests.support.playbook import apply_playbook

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
DAY = timedelta(days=1)
FIRST_DRAW = date(2025, 11, 1)


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()
    a_run()


def read(period: Period = MARCH) -> JourneysReading:
    with engine().connect() as connection:
        return read_journeys(connection, Question(period))


def steps(*rows: dict[str, object]) -> None:
    whole = {"journey": "welcome", "step": "", "verb": "start", "place": 0, "connected": 0, "ordered": 0}
    with engine().begin() as connection:
        known = {"known_from": COUNTED_AT, "known_until": None}
        connection.execute(insert(KpiJourneyStep), [whole | known | row for row in rows])


def draws(day: date, on: tuple[int, int, int], off: tuple[int, int, int], share: str = "0.5") -> None:
    """(contacts, connected, ordered) of either side."""
    with engine().begin() as connection:
        for variant, (contacts, connected, ordered) in ((ON_THE_JOURNEY, on), (HELD_OUT, off)):
            row = {"day": day, "journey": "welcome", "share": share, "variant": variant, "within_days": 28}
            counts = {"contacts": contacts, "connected": connected, "ordered": ordered}
            connection.execute(insert(KpiHoldout), [row | counts | {"known_from": COUNTED_AT, "known_until": None}])


def effect(goal: str = "ordered") -> HoldoutEffect:
    [line] = read().lines
    return line.effects[goal]  # type: ignore[index]


def test_without_a_holdout_a_journey_is_said_to_have_touched() -> None:
    steps(
        {"day": MARCH.first, "contacts": 40, "connected": 10, "ordered": 4},
        {"day": MARCH.last, "contacts": 10},
        {"day": MARCH.first - DAY, "contacts": 20, "connected": 1},
    )
    [line] = read().lines
    assert (line.now.contacts, line.now.connected, line.now.ordered, line.before.contacts) == (50, 10, 4, 20)
    assert line.now.connected_share.value == 0.2
    assert line.effects == {}


def test_steps_come_in_their_order_with_what_they_touched() -> None:
    for place, (step, verb, contacts) in enumerate((("hello", "send", 9), ("a day", "wait", 8), ("call", "task", 7))):
        steps({"day": MARCH.first, "step": step, "verb": verb, "contacts": contacts, "ordered": 1, "place": place + 1})
    steps(
        {"day": MARCH.first, "contacts": 9}, {"day": MARCH.first - DAY, "step": "hello", "verb": "send", "contacts": 5}
    )
    steps({"day": MARCH.first, "journey": "other", "step": "x", "verb": "send", "contacts": 1})
    with engine().connect() as connection:
        found = read_steps(connection, Question(MARCH), "welcome")
        assert [one.journey for one in read_steps(connection, Question(MARCH))] == ["other"] + 3 * ["welcome"]
    assert [(one.step, one.verb, one.now.contacts, one.before.contacts) for one in found] == [
        ("hello", "send", 9, 5),
        ("a day", "wait", 8, 0),
        ("call", "task", 7, 0),
    ]
    assert found[0].now.ordered_share.is_small


def test_a_journey_that_brings_orders_says_so_with_its_figures() -> None:
    for number in range(30):
        draws(FIRST_DRAW + number * DAY, (40, 10, 8), (40, 10, 2))
    found = effect()
    assert found.brings == "more"
    assert found.difference == pytest.approx(0.15)
    assert found.comparison.always_valid.low > 0
    assert found.comparison.p < 0.001
    assert found.sentence().startswith(
        "It brings more buyers: 20.0% of 1,200 on the journey and 5.0% of 1,200 held out, within 28 days of the draw (+"
    )
    assert effect("connected").brings is None
    assert "than chance explains" in effect("connected").sentence()


def test_a_journey_that_costs_orders_says_that_too() -> None:
    for number in range(30):
        draws(FIRST_DRAW + number * DAY, (40, 0, 2), (40, 0, 8))
    assert effect().brings == "fewer"


def test_whose_time_is_not_over_does_not_count() -> None:
    draws(FIRST_DRAW, (100, 0, 10), (100, 0, 10))
    draws(MARCH.last - 28 * DAY, (100, 0, 90), (100, 0, 0))
    draws(MARCH.last - 27 * DAY, (1000, 0, 900), (1000, 0, 0))
    assert (effect().on_the_journey.contacts, effect().held_out.contacts) == (200, 200)


def test_the_day_of_the_run_is_not_over_either() -> None:
    a_run(datetime(2026, 3, 20, 16, tzinfo=UTC))
    draws(FIRST_DRAW, (10, 0, 1), (10, 0, 1))
    draws(date(2026, 3, 20) - 28 * DAY, (10, 0, 1), (10, 0, 1))
    with engine().connect() as connection:
        question = Question(MARCH, known_at=datetime(2026, 3, 21, tzinfo=UTC))
        # Nothing that this test stored was known then but the run.
        assert read_journeys(connection, question).lines == ()
    assert effect().held_out.contacts == 20


def test_only_draws_by_the_newest_share_are_compared() -> None:
    draws(FIRST_DRAW, (10, 0, 0), (90, 0, 80), share="0.9")
    draws(FIRST_DRAW + DAY, (50, 0, 5), (50, 0, 5))
    assert effect().held_out.contacts == 50


def test_a_broken_draw_claims_nothing() -> None:
    for number in range(30):
        draws(FIRST_DRAW + number * DAY, (60, 0, 20), (20, 0, 1))
    assert effect().is_broken
    assert effect().brings is None
    assert effect().sentence().startswith("The draw is broken")


def test_few_orders_say_nothing_yet() -> None:
    draws(FIRST_DRAW, (20, 0, 2), (20, 0, 0))
    assert effect().brings is None
    assert effect().sentence().startswith("Too few buyers to say")


def test_equal_halves_claim_an_effect_in_at_most_five_of_a_hundred() -> None:
    """Looked at once, after five months of a journey that brings nothing."""
    from models.kpi.contribution.read.journeys import _effect

    claimed = 0
    for seed in range(200):
        random = Random(seed)
        rows = [
            KpiHoldout(
                day=FIRST_DRAW + number * DAY,
                journey="welcome",
                share="0.5",
                variant=variant,
                within_days=28,
                contacts=12,
                connected=0,
                ordered=sum(random.random() < 0.1 for _ in range(12)),
            )
            for number in range(100)
            for variant in (HELD_OUT, ON_THE_JOURNEY)
        ]
        found = _effect(rows, "ordered")
        claimed += found is not None and found.brings is not None
    assert claimed <= 10
