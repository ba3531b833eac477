"""Whose turn it is, without a database: shares are kept lead by lead, whoever comes and goes."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.playbook.routing import RouterKind
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.distribute import Distribution, distribute
from models.routing.assignment.pool import RankingData, draw_number, index_of_draw
from models.routing.assignment.rotation import WHOLE_LEAD, apportion, clamp_credits, lead_shares, rebalance_credits
from models.routing.assignment.router import LockedRouter
from models.values.working_hours import WorkingHours

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AROUND_THE_CLOCK = WorkingHours()

Weights = st.lists(st.integers(1, 1000), min_size=1, max_size=12)


def people(*weights: int, **more: object) -> list[RepCandidate]:
    """Numbered from 0."""
    return [
        RepCandidate(
            rep_id=number,
            name=f"rep {number}",
            email=f"rep{number}@example.com",
            hours=AROUND_THE_CLOCK,
            weight=Fraction(weight),
            **more,  # type: ignore[arg-type]
        )
        for number, weight in enumerate(weights)
    ]


def leads(count: int, first: int = 0, **more: object) -> list[LeadToAssign]:
    return [LeadToAssign(contact_id=first + number, reason="test", **more) for number in range(count)]  # type: ignore[arg-type]


class Office:
    """A router that remembers between batches what its tables in the database would."""

    def __init__(self, kind: RouterKind, staff: Sequence[RepCandidate], seed: str = "seed") -> None:
        self.kind, self.staff, self.seed = kind, list(staff), seed
        self.got: list[int] = []
        self.present_before: list[int] = []

    def deal(
        self, count: int, away: Collection[int] = (), measures: RankingData | None = None, **more: object
    ) -> Distribution:
        router = LockedRouter(1, "test", self.kind, self.seed, len(self.got))
        there = [replace(one, left_out="is away") if one.rep_id in away else one for one in self.staff]
        distribution = distribute(
            router, there, leads(count, len(self.got), **more), measures or RankingData(), self.present_before
        )
        self.staff = [replace(one, credit=distribution.credits[one.rep_id]) for one in self.staff]
        if distribution.candidates:
            self.present_before = [
                one["rep"] for one in distribution.candidates[-1] if "share" in one
            ] or self.present_before
        self.got += [turn.candidate.rep_id for turn in distribution.picks]
        return distribution


@given(Weights)
def test_shares_are_whole_trillionths_that_sum_to_a_lead(weights: list[int]) -> None:
    parts = lead_shares([Fraction(weight) for weight in weights])
    assert sum(parts) == WHOLE_LEAD
    assert all(
        abs(part - Fraction(weight * WHOLE_LEAD, sum(weights))) < 1 for part, weight in zip(parts, weights, strict=True)
    )


@given(st.integers(-WHOLE_LEAD, WHOLE_LEAD), st.lists(st.integers(0, WHOLE_LEAD), min_size=1, max_size=9).filter(any))
def test_what_is_spread_is_neither_lost_nor_made(amount: int, by: list[int]) -> None:
    parts = apportion(amount, by)
    assert sum(parts) == amount
    assert all(abs(part - Fraction(amount * one, sum(by))) < 1 for part, one in zip(parts, by, strict=True))


@given(Weights, st.integers(1, 300))
def test_nobody_is_ever_a_lead_ahead_of_or_behind_their_share(weights: list[int], count: int) -> None:
    office = Office(RouterKind.WEIGHTED, people(*weights))
    office.deal(count)
    parts, got = lead_shares([Fraction(weight) for weight in weights]), Counter[int]()
    for number, rep in enumerate(office.got, start=1):
        got[rep] += 1
        assert all(abs(got[place] - Fraction(part * number, WHOLE_LEAD)) < 1 for place, part in enumerate(parts))


@given(Weights, st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_it_does_not_matter_how_leads_are_batched(weights: list[int], batches: list[int]) -> None:
    at_once, in_batches = (Office(RouterKind.WEIGHTED, people(*weights)) for _ in range(2))
    at_once.deal(sum(batches))
    for count in batches:
        in_batches.deal(count)
    assert at_once.got == in_batches.got


def test_round_robin_goes_by_the_order_of_the_playbook() -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(1, 1, 1))
    office.deal(7)
    assert office.got == [0, 1, 2, 0, 1, 2, 0]


Days = st.lists(st.tuples(st.integers(1, 9), st.sets(st.integers(0, 5), max_size=5)), min_size=1, max_size=40)
"""How many leads come, and who of six is away meanwhile."""


@given(Days)
def test_round_robin_differs_by_at_most_one_among_those_who_are_always_there(days: list[tuple[int, set[int]]]) -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(*[1] * 8))
    got: Counter[int] = Counter()
    for count, away in days:
        got.update(turn.candidate.rep_id for turn in office.deal(count, away).picks)
        assert abs(got[6] - got[7]) <= 1


@given(Days)
def test_credits_sum_to_nothing_and_stay_within_a_lead_whoever_comes_and_goes(days: list[tuple[int, set[int]]]) -> None:
    office = Office(RouterKind.WEIGHTED, people(7, 1, 30, 12, 2, 5, 9, 400))
    for count, away in days:
        office.deal(count, away)
        there = [one.credit for one in office.staff if one.rep_id not in away]
        assert sum(there) == 0
        assert all(abs(one.credit) < WHOLE_LEAD for one in office.staff)


@given(st.integers(1, 500), st.integers(0, 7), st.integers(1, 60), st.integers(0, 20))
def test_who_is_back_from_leave_gets_no_burst_and_is_not_left_out(
    leave: int, who: int, after: int, before: int
) -> None:
    office = Office(RouterKind.WEIGHTED, people(7, 1, 30, 12, 2, 5, 9, 40))
    office.deal(before)
    office.deal(leave, away={who})
    back = Counter(turn.candidate.rep_id for turn in office.deal(after).picks)
    parts = lead_shares([one.weight for one in office.staff])
    assert abs(back[who] - Fraction(parts[who] * after, WHOLE_LEAD)) < 3


def test_a_lead_at_night_for_the_one_on_call_does_not_begin_the_round_anew() -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(1, 1, 1, 1))
    got: Counter[int] = Counter()
    for _ in range(60):
        got.update(turn.candidate.rep_id for turn in office.deal(2, away={3}).picks)
        office.deal(1, away={0, 1, 2})
    assert [got[rep] for rep in range(3)] == [40, 40, 40]


@given(st.lists(st.integers(-3 * WHOLE_LEAD, 3 * WHOLE_LEAD), min_size=2, max_size=9))
def test_what_is_more_than_a_lead_goes_to_those_with_room(credits: list[int]) -> None:
    credits[0] -= sum(credits)
    kept = clamp_credits(credits)
    assert sum(kept) == 0
    assert all(abs(credit) < WHOLE_LEAD for credit in kept)


def test_who_was_alone_has_nothing_coming() -> None:
    assert rebalance_credits([WHOLE_LEAD], [900], [False]) == [0]


def test_the_owner_is_passed_over_where_there_is_anybody_else() -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(1, 1, 1))
    office.deal(1, owner=0)
    assert office.got == [1]
    alone = Office(RouterKind.ROUND_ROBIN, people(1))
    alone.deal(2, owner=0)
    assert alone.got == [0, 0]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=120))
def test_passing_owners_over_does_not_harm_evenness(owners: list[int]) -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(*[1] * 4))
    for owner in owners:
        office.deal(1, owner=owner)
        office.deal(3)
    got = Counter(office.got)
    assert max(got.values()) - min(got[rep] for rep in range(4)) <= 3


def test_who_was_asked_before_is_not_asked_again_and_the_others_stay_in_turn() -> None:
    office = Office(RouterKind.ROUND_ROBIN, people(1, 1, 1))
    office.deal(1, excluded_reps=frozenset({0, 1}))
    assert office.got == [2]
    assert not office.deal(1, excluded_reps=frozenset({0, 1, 2})).picks
    assert not office.deal(1, away={0}, excluded_reps=frozenset({1, 2})).picks


def test_the_preferred_come_first_as_long_as_they_have_room() -> None:
    staff = people(1, 1, 1)
    staff[2] = replace(staff[2], preferred=True, capacity_today=2)
    office = Office(RouterKind.ROUND_ROBIN, staff)
    distribution = office.deal(4)
    assert office.got == [2, 2, 0, 1]
    assert [one.get("left_out") for one in distribution.candidates[0]] == [None, *["comes after the preferred"] * 2]
    assert distribution.candidates[1][-1]["left_out"] == "has got as many leads today as they may"


def test_limits_hold_exactly_inside_a_batch() -> None:
    staff = people(1, 1, 1)
    staff[0], staff[1] = replace(staff[0], capacity_today=3), replace(staff[1], open_capacity=1, capacity_today=5)
    office = Office(RouterKind.ROUND_ROBIN, staff)
    office.deal(20)
    assert Counter(office.got) == {0: 3, 1: 1, 2: 16}


def test_what_nobody_has_room_for_is_left() -> None:
    office = Office(RouterKind.LEAST_BUSY, people(1, 1, open_capacity=2))
    assert [lead.contact_id for lead in office.deal(6).left] == [4, 5]


def test_the_least_busy_fill_up_evenly() -> None:
    staff = people(1, 1, 1)
    office = Office(RouterKind.LEAST_BUSY, [replace(one, open_leads=3 * one.rep_id) for one in staff])
    office.deal(9)
    assert Counter(office.got) == {0: 6, 1: 3}


def test_the_best_performer_gets_all_and_equal_ones_share() -> None:
    office = Office(RouterKind.BEST_PERFORMER, people(1, 1, 1))
    office.deal(6, measures=RankingData(performance={0: 0.1, 1: 0.3, 2: 0.3}))
    assert Counter(office.got) == {1: 3, 2: 3}


def test_the_nearest_gets_it_and_without_a_place_it_goes_in_turn() -> None:
    office = Office(RouterKind.NEAREST, people(1, 1, 1))
    office.deal(4, measures=RankingData(kilometres={0: {0: 9.0, 1: 2.0}, 1: {0: 9.0, 1: 2.0}}))
    assert office.got[:2] == [1, 1]
    assert sorted(office.got[2:]) == [0, 2]


def test_draws_come_from_the_seed_and_converge_to_the_shares() -> None:
    """Chi-square of 10,000 draws; 11.34 is its 99th percentile at three degrees of freedom."""
    office = Office(RouterKind.WEIGHTED_RANDOM, people(50, 25, 15, 10), seed="a fixed seed")
    distribution = office.deal(10_000)
    got = Counter(office.got)
    expected = [5000, 2500, 1500, 1000]
    assert sum((got[rep] - wanted) ** 2 / wanted for rep, wanted in enumerate(expected)) < 11.34
    assert [turn.draw for turn in distribution.picks[:3]] == [
        draw_number("a fixed seed", number) for number in (1, 2, 3)
    ]


def test_a_draw_falls_into_somebodys_part_at_the_edges_too() -> None:
    assert index_of_draw(0.0, [0, 3, 1]) == 1
    assert index_of_draw(0.75, [0, 3, 1]) == 2
    assert index_of_draw(1 - 2**-53, [2, 1, 1]) == 2
