"""Scores fade by the day; whatever order events come in and whichever nights were missed, the score is the same."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from flows.runtime.react import react
from models.database import engine, to_json
from models.playbook import Playbook, current_playbook
from models.playbook.scoring import AwardFrequency, ScoreRule
from models.scoring import recount
from models.scoring.decay import factors, worth
from models.wording import day_of
from tests.support.scoring import ROME, apply_scoring, crossings, explanation, run_nightly_decay, score
from tests.support.story import MONDAY, Story

RULES: tuple[dict[str, Any], ...] = (
    {"name": "each", "on": ["visited"], "points": 7.77},
    {"name": "daily", "on": ["visited:order"], "points": 20, "counts": "once a day"},
    {"name": "once", "on": ["opted_in"], "points": 30, "counts": "once"},
    {"name": "capped", "on": ["clicked"], "points": 5, "at_most": 8},
    {"name": "left", "on": ["left"], "points": -9.99, "at_most": 15},
    {"name": "lasting", "on": ["ordered"], "points": 12.5, "decays": False},
)
RATES = ("3%", "0%", "90%", "0.1%", "12.34%")


class Happening(NamedTuple):
    """An event as it is drawn: minutes after MONDAY, and whether a machine did it."""

    name: str
    topic: str | None
    minutes: int
    by_machine: bool


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        st.sampled_from(["visited", "opted_in", "clicked", "left", "ordered"]),
        st.sampled_from([None, "order"]),
        st.integers(0, 20 * 24 * 60),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=12,
)


def test_forty_of_a_hundred_points_are_left_after_thirty_days() -> None:
    left = factors(Decimal("0.03"))
    assert worth(Decimal(100), 30, left) == Decimal("40.10")
    assert worth(Decimal(15), 10, left) == Decimal("11.06")
    assert worth(Decimal(10_000), 10**6, left) == 0
    assert worth(Decimal("-0.5"), 0, (Decimal("0.01"),)) == Decimal("-0.01")
    assert worth(Decimal(5), -3, left) == 5


def test_a_rate_of_nothing_keeps_everything_and_ninety_percent_next_to_nothing() -> None:
    assert factors(Decimal(0)) == (Decimal(1),)
    assert worth(Decimal(7), 1000, factors(Decimal(0))) == 7
    assert worth(Decimal(10_000), 8, factors(Decimal("0.9"))) == 0


def test_the_day_is_that_of_the_company() -> None:
    assert day_of(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), ROME) == date(2026, 3, 3)


def expected(playbook: Playbook, happened: Sequence[Happening], day: date) -> Decimal:
    """The score by its definition, in plain Python."""
    return sum((_of_rule(rule, playbook, happened, day) for rule in playbook.scoring.rules), Decimal(0))


def _of_rule(rule: ScoreRule, playbook: Playbook, happened: Sequence[Happening], day: date) -> Decimal:
    days = sorted(
        day_of(MONDAY + timedelta(minutes=one.minutes), ROME)
        for one in happened
        if not one.by_machine and {one.name, f"{one.name}:{one.topic}"} & set(rule.on)
    )
    counted = {AwardFrequency.EACH: days, AwardFrequency.DAILY: sorted(set(days)), AwardFrequency.ONCE: days[:1]}[
        rule.counts
    ]
    left = factors(playbook.scoring.decay) if rule.decays else factors(Decimal(0))
    total = sum((worth(rule.points, (day - earned).days, left) for earned in counted), Decimal(0))
    if rule.at_most is None:
        return total
    return min(total, rule.at_most) if rule.points > 0 else max(total, -rule.at_most)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    HAPPENINGS,
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 40), max_size=4),
    st.sampled_from(RATES),
    st.integers(1, 5),
)
def test_the_score_is_its_definition_and_what_the_page_explains(
    make_story: Callable[..., Story], happened: list[Happening], random: Any, nights: list[int], rate: str, batch: int
) -> None:
    story = make_story()
    playbook = apply_scoring(*RULES, decay=rate)
    story.write("TRUNCATE contact CASCADE")
    contact = story.contact()
    arriving = random.sample(happened, len(happened))
    for one in arriving:
        _arrives(story, contact, one)
        if random.random() < 0.5:
            _reacts(MONDAY + timedelta(days=random.randint(0, 20)), batch)
    for night in sorted(nights):
        run_nightly_decay(MONDAY + timedelta(days=night))
    # At last everything has been seen, and the score is brought to the end, by night or by whoever counts.
    end = MONDAY + timedelta(days=45)
    _reacts(end, 1000)
    story.write("UPDATE event SET reacted_at = NULL")  # as if all of it came a second time
    _reacts(end, 1000)
    run_nightly_decay(end)
    held = story.column(contact, "score")
    assert held == expected(playbook, happened, day_of(end, ROME))
    assert explanation(contact, end).total == held


def _arrives(story: Story, contact: int, one: Happening) -> None:
    story.write(
        "INSERT INTO event (name, topic, contact_id, data, at) "
        "VALUES (:name, :topic, :contact, CAST(:data AS jsonb), :at)",
        name=one.name,
        topic=one.topic,
        contact=contact,
        data=to_json({"is_machine": one.by_machine}),
        at=MONDAY + timedelta(minutes=one.minutes),
    )


def _reacts(now: datetime, limit: int) -> None:
    with engine().begin() as connection:
        while react(connection, {}, current_playbook(connection), now, limit):
            pass


def visited(make_story: Callable[..., Story], **scoring: Any) -> tuple[Story, int]:
    """A contact with a hundred points of Monday."""
    story = make_story()
    apply_scoring({"name": "visit", "on": ["visited"], "points": 100}, **scoring)
    contact = story.contact()
    story.happens("visited", contact=contact)
    return story, contact


def test_twice_a_night_or_after_four_nights_it_is_the_same(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story, thresholds={"hot": 95}, falling={"warm": 95, "cold": 90})
    story.now = MONDAY + timedelta(days=4)
    run_nightly_decay(story.now)
    run_nightly_decay(story.now)
    assert score(story, contact) == Decimal("88.53")
    rome = ZoneInfo(ROME)
    assert crossings(story, contact) == [
        ("score_rose", "hot", MONDAY),
        ("score_fell", "warm", datetime(2026, 3, 4, tzinfo=rome)),
        ("score_fell", "cold", datetime(2026, 3, 6, tzinfo=rome)),
    ]


def test_nights_that_were_all_run_give_the_same_as_one_after_all(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story, falling={"warm": 95, "cold": 90})
    for day in range(1, 5):
        story.now = MONDAY + timedelta(days=day)
        run_nightly_decay(story.now)
    assert score(story, contact) == Decimal("88.53")
    assert [(name, at.astimezone(ZoneInfo(ROME)).day) for _, name, at in crossings(story, contact)] == [
        ("warm", 4),
        ("cold", 6),
    ]


def test_nights_made_up_for_one_do_not_turn_back_the_days_of_another(make_story: Callable[..., Story]) -> None:
    story, asleep = visited(make_story, thresholds={"hot": 190}, falling={"cold": 90})
    awake = story.contact("bob@example.com")
    story.happens("visited", contact=awake)
    story.now = MONDAY + timedelta(days=4)
    story.happens("visited", contact=awake)
    told = crossings(story, awake)
    run_nightly_decay(story.now)
    assert crossings(story, awake) == told
    assert [(name, at.astimezone(ZoneInfo(ROME)).day) for _, name, at in crossings(story, asleep)] == [("cold", 6)]


def test_points_that_lasted_out_are_looked_at_no_more(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story, decay="90%")
    story.now = MONDAY + timedelta(days=30)
    run_nightly_decay(story.now)
    assert (score(story, contact), story.column(contact, "scored_on")) == (0, None)


def test_a_clock_that_is_a_moment_behind_at_midnight_does_not_turn_the_day_back(
    make_story: Callable[..., Story],
) -> None:
    story, contact = visited(make_story, thresholds={"hot": 98})
    run_nightly_decay(datetime(2026, 3, 2, 23, 0, 1, tzinfo=UTC))
    with engine().begin() as connection:
        recount(connection, current_playbook(connection), [contact], datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC))
    assert score(story, contact) == 97
    assert len(crossings(story, contact)) == 1


def test_after_a_clock_that_was_wrong_by_years_scores_recover(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story)
    run_nightly_decay(MONDAY + timedelta(days=365 * 20))
    assert story.column(contact, "score") == 0
    run_nightly_decay(MONDAY + timedelta(days=1))
    assert score(story, contact) == 97


def test_two_nights_at_once_tell_of_each_crossing_once(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story, falling={"cold": 99})
    night = MONDAY + timedelta(days=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run_nightly_decay(night), range(4)))
    assert score(story, contact) == 97
    assert len(crossings(story, contact)) == 1


def test_the_night_waits_for_whoever_holds_a_contact_and_does_the_others_first(
    make_story: Callable[..., Story],
) -> None:
    story, contact = visited(make_story)
    other = story.contact("bob@example.com")
    story.happens("visited", contact=other)
    with ThreadPoolExecutor(1) as pool, engine().begin() as connection:
        connection.execute(text("SELECT FROM contact WHERE id = :id FOR NO KEY UPDATE"), {"id": contact})
        night = pool.submit(run_nightly_decay, MONDAY + timedelta(days=1))
        with pytest.raises(TimeoutError):
            night.result(timeout=1)
        assert (story.column(contact, "score"), story.column(other, "score")) == (100, 97)
        connection.rollback()
        night.result(timeout=20)
    assert score(story, contact) == 97


def test_a_lead_whose_score_fades_loses_its_level_by_night(make_story: Callable[..., Story]) -> None:
    story, contact = visited(make_story, levels={2: "score >= 99", 1: "score >= 90"})
    assert story.column(contact, "mql_level") == 2
    run_nightly_decay(MONDAY + timedelta(days=1))
    assert story.column(contact, "mql_level") == 1
