"""The statistics of split tests: against statsmodels and scipy, against published numbers, against chance itself."""

from datetime import date, timedelta
from io import StringIO
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scipy.special import xlog1py, xlogy
from scipy.stats import chisquare
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from deployments.commands.split_plan import split_plan
from deployments.stack.command_error import CommandError
from models.splits.statistics.always_valid import always_valid_interval, log_likelihood_ratio, p_values
from models.splits.statistics.comparison import compare, corrected_p, pooled_z_p
from models.splits.statistics.guardrail import SRM_P_LIMIT, harms, srm_p
from models.splits.statistics.interaction import strongest_interaction
from models.splits.statistics.interval import Counts, InterimLook, _rate_given, relative, score_interval, wilson
from models.splits.statistics.sample_size import contacts_for_one_look, contacts_when_looked_at_daily, total_to_draw
from models.splits.statistics.winner_rule import SplitEvaluation, SplitStatus, evaluate_split

MONDAY = date(2026, 3, 2)
SOME = [(0, 1), (1, 1), (0, 7), (7, 7), (3, 7), (1, 1000), (999, 1000), (250, 1000), (20_000, 100_000)]
PAIRS = [(Counts(n, x), Counts(m, y)) for (x, n), (y, m) in product(SOME, SOME)]

counts = st.integers(1, 10_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


@pytest.mark.parametrize(("successes", "contacts"), SOME)
def test_wilson_is_that_of_statsmodels(successes: int, contacts: int) -> None:
    assert wilson(Counts(contacts, successes)) == pytest.approx(
        proportion_confint(successes, contacts, method="wilson"), abs=1e-12
    )


NEWCOMBE_1998 = {
    (56, 70, 48, 80): (0.0533, 0.3377),
    (9, 10, 3, 10): (0.1821, 0.8370),
    (6, 7, 2, 7): (0.0544, 0.8478),
    (5, 56, 0, 29): (-0.0313, 0.1926),
    (0, 10, 0, 20): (-0.1611, 0.2775),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.7225, 1.0),
    (10, 10, 0, 10): (0.6777, 1.0),
}
"""Successes and contacts of two groups, and Mee's interval: Statistics in Medicine 17, 1998, table II, method 5."""


def test_the_interval_for_one_look_is_the_published_one() -> None:
    for (x, n, y, m), published in NEWCOMBE_1998.items():
        assert score_interval(Counts(m, y), Counts(n, x)) == pytest.approx(published, abs=5.1e-5)


def test_the_rates_given_a_difference_are_the_most_likely_ones() -> None:
    for one, two in PAIRS:
        for difference in (-0.9, -0.3, -0.01, 0.02, 0.5, 0.99):
            low, high = max(0.0, -difference), min(1.0, 1 - difference)
            grid = np.linspace(low, high, 4001)
            likely = _log_likelihood(one, grid) + _log_likelihood(two, grid + difference)
            rate = _rate_given(one, two, difference)
            ours = _log_likelihood(one, rate) + _log_likelihood(two, rate + difference)
            assert ours >= likely.max() - 1e-6, (one, two, difference)


def _log_likelihood(of: Counts, rate: Any) -> Any:
    return xlogy(of.successes, rate) + xlog1py(of.contacts - of.successes, -rate)


@given(counts, counts, st.sampled_from([2, 3, 5]))
def test_a_range_for_one_look_leaves_zero_out_exactly_when_its_p_is_below_5_of_100(
    one: Counts, two: Counts, variants: int
) -> None:
    counted = dict(zip("abcde", [one, two, Counts(), Counts(), Counts()], strict=True))
    found = compare([InterimLook(MONDAY, counted)], "abcde"[:variants], 0.05)[0].one_look

    if found is not None and abs(found.p - 0.05) > 1e-6:
        assert found.interval.excludes_zero == (found.p < 0.05)


def test_the_relative_lift_is_that_of_statsmodels() -> None:
    for one, two in PAIRS:
        if not one.successes * two.successes:
            assert relative(one, two) is None
            continue
        low, high = confint_proportions_2indep(
            two.successes, two.contacts, one.successes, one.contacts, method="log-adjusted", compare="ratio"
        )
        assert relative(one, two) == pytest.approx((low - 1, high - 1), abs=1e-9), (one, two)


def test_the_p_value_for_one_look_is_that_of_statsmodels() -> None:
    for one, two in PAIRS:
        both = one + two
        if both.successes in (0, both.contacts):
            assert pooled_z_p(one, two) == 1.0
            continue
        _, theirs = proportions_ztest([two.successes, one.successes], [two.contacts, one.contacts])
        assert pooled_z_p(one, two) == pytest.approx(theirs, abs=1e-12), (one, two)


def test_the_split_is_checked_as_scipy_does() -> None:
    for drawn in ([50, 50], [5050, 4950], [520, 480], [900, 90, 10], [0, 30], [333, 333, 334]):
        for shares in ([1] * len(drawn), [3, 1, 1][: len(drawn)]):
            expected = [sum(drawn) * share / sum(shares) for share in shares]
            theirs = chisquare(drawn, expected).pvalue
            names = "abc"[: len(drawn)]
            ours = srm_p(dict(zip(names, drawn, strict=True)), dict(zip(names, expected, strict=True)))
            assert ours == pytest.approx(theirs, rel=1e-9)


def test_several_comparisons_are_corrected_as_statsmodels_does() -> None:
    for several in ([0.01], [0.04, 0.03, 0.02], [0.001, 0.5, 0.012, 0.9, 0.012, 1.0]):
        variants = {1: 2, 3: 3, 6: 4}[len(several)]
        theirs = multipletests(several, method="bonferroni")[1]
        assert [corrected_p(p, variants) for p in several] == pytest.approx(list(theirs))


@pytest.mark.parametrize(
    ("rate", "lift", "published"),
    [(0.20, 0.05, 1030), (0.20, 0.01, 25255), (0.05, 0.01, 7663), (0.03, 0.006, 13050), (0.10, 0.02, 3623)],
)
def test_the_planner_gives_the_published_numbers(rate: float, lift: float, published: int) -> None:
    assert contacts_for_one_look(rate, lift) == published
    assert contacts_for_one_look(1 - rate, lift) == published


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="a rate of 120"):
        contacts_for_one_look(1.2, 0.05)
    with pytest.raises(ValueError, match="a lift of 0"):
        contacts_when_looked_at_daily(0.2, 0.0)
    assert contacts_when_looked_at_daily(0.0, 0.05) > contacts_for_one_look(0.0, 0.05) > 0
    assert total_to_draw(1000, [0.5, 0.5]) == 2000
    assert total_to_draw(1000, [0.1, 0.9]) == 5556


def test_the_evidence_is_the_published_formula_where_counts_are_large() -> None:
    one, two, t2 = Counts(200_000, 40_000), Counts(200_000, 40_400), 0.01**2
    d = two.rate - one.rate
    v = sum(each.rate * (1 - each.rate) / each.contacts for each in (one, two))

    published = np.sqrt(v / (v + t2)) * np.exp(t2 * d**2 / (2 * v * (v + t2)))

    assert np.exp(log_likelihood_ratio(one, two, 0.01)) == pytest.approx(published, rel=1e-3)


@given(counts, counts, st.sampled_from([0.001, 0.01, 0.05, 0.3]))
def test_the_interval_leaves_zero_exactly_when_the_evidence_is_enough(one: Counts, two: Counts, lift: float) -> None:
    enough = log_likelihood_ratio(one, two, lift) - np.log(20)

    if abs(enough) > 1e-9:
        assert always_valid_interval(one, two, lift).excludes_zero == (enough > 0)
    assert next(p_values([(one, two)], lift)) == pytest.approx(next(p_values([(two, one)], lift)))
    assert log_likelihood_ratio(one, two, lift) == pytest.approx(
        log_likelihood_ratio(*map(_failures, (one, two)), lift)
    )


def test_nothing_is_said_of_a_handful_however_clear_it_looks() -> None:
    assert list(p_values([(Counts(3, 0), Counts(3, 3)), (Counts(0, 0), Counts(9, 9))], 0.05)) == [1.0, 1.0]
    assert always_valid_interval(Counts(), Counts(), 0.05) == (-1, 1)
    assert wilson(Counts()) == (0, 1)
    assert score_interval(Counts(), Counts(5, 5)) == (-1, 1)
    assert pooled_z_p(Counts(), Counts(5, 5)) == 1.0


def _failures(one: Counts) -> Counts:
    return Counts(one.contacts, one.contacts - one.successes)


def days_of_tests(
    tests: int, days: int, first: tuple[int, float], second: tuple[int, float], seed: int = 7
) -> list[list[tuple[Counts, Counts]]]:
    """Tests with so many contacts a day at such a rate in each variant: what is seen at the end of each day."""
    rng = np.random.default_rng(seed)
    one, two = (rng.binomial(a_day, rate, (tests, days)).cumsum(1).tolist() for a_day, rate in (first, second))
    n, m = ([a_day * (day + 1) for day in range(days)] for a_day, _ in (first, second))
    return [
        [(Counts(n[day], x[day]), Counts(m[day], y[day])) for day in range(days)] for x, y in zip(one, two, strict=True)
    ]


def share_found(tests: list[list[tuple[Counts, Counts]]], lift: float) -> float:
    """How many were said to have a difference by somebody who looked every day."""
    return sum(list(p_values(looks, lift))[-1] < 0.05 for looks in tests) / len(tests)


def test_who_peeks_every_day_at_a_thousand_tests_without_a_difference_is_wrong_in_at_most_5_of_100() -> None:
    tests = days_of_tests(1000, 50, (50, 0.2), (50, 0.2))

    naive = sum(any(pooled_z_p(*look) < 0.05 for look in looks) for looks in tests) / len(tests)

    assert share_found(tests, 0.05) <= 0.05
    assert naive > 0.25


@pytest.mark.parametrize(
    ("small", "large", "rate"), [(2, 38, 0.01), (1, 19, 0.05), (19, 1, 0.05), (1, 1, 0.5), (5, 95, 0.98)]
)
def test_the_promise_holds_for_unequal_shares_and_rare_successes(small: int, large: int, rate: float) -> None:
    tests = days_of_tests(400, 60, (small, rate), (large, rate))

    assert share_found(tests, 0.05) <= 0.05


def test_the_interval_holds_the_truth_on_all_days_of_95_of_100_tests() -> None:
    for shares in ((50, 50), (10, 90)):
        tests = days_of_tests(300, 60, (shares[0], 0.2), (shares[1], 0.25))
        missed = sum(any(not _holds(always_valid_interval(*look, 0.05), 0.05) for look in looks) for looks in tests)
        assert missed / 300 <= 0.05


def _holds(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def test_a_difference_worth_finding_is_found_by_the_planned_number_of_contacts() -> None:
    planned = contacts_when_looked_at_daily(0.2, 0.05)
    tests = days_of_tests(300, 50, (planned // 50 + 1, 0.2), (planned // 50 + 1, 0.25))

    found = share_found(tests, 0.05)

    by_one_look = days_of_tests(2000, 1, (1030, 0.2), (1030, 0.25))
    assert 0.8 <= found < 0.99
    assert sum(pooled_z_p(*looks[0]) < 0.05 for looks in by_one_look) / 2000 == pytest.approx(0.8, abs=0.05)


def test_the_split_is_hardly_ever_called_broken_when_it_is_not() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.multinomial(1000, [0.5, 0.3, 0.2], 2000)
    expected = {"a": 500.0, "b": 300.0, "c": 200.0}

    alarms = sum(srm_p(dict(zip("abc", each.tolist(), strict=True)), expected) < SRM_P_LIMIT for each in drawn)

    assert alarms / 2000 < 0.004
    assert srm_p({"a": 600, "b": 300, "c": 100}, expected) < SRM_P_LIMIT
    assert srm_p({"a": 1}, {"a": 0.0}) == 0.0
    assert srm_p({}, {}) == 1.0
    assert srm_p({"a": 2, "b": 18}, {"a": 0.2, "b": 19.8}) == 1.0


def test_a_guardrail_sounds_for_the_variant_that_does_harm() -> None:
    fine, bad = Counts(4000, 20), Counts(4000, 160)

    assert [(harm.variant, harm.compared_with) for harm in harms("unsubscribed", {"a": fine, "b": bad})] == [("b", "a")]
    assert list(harms("unsubscribed", {"a": fine, "b": Counts(4000, 28)})) == []


def test_an_interaction_is_told_from_two_effects_that_add_up() -> None:
    adds_up = {("a", "x"): 100, ("a", "y"): 150, ("b", "x"): 200, ("b", "y"): 250}
    depends = adds_up | {("b", "y"): 100}

    quiet, loud = (
        strongest_interaction({cell: Counts(1000, wins) for cell, wins in each.items()}) for each in (adds_up, depends)
    )

    assert quiet is not None
    assert loud is not None
    assert (round(quiet.difference, 2), quiet.p > 0.9) == (0, True)
    assert (round(loud.difference, 2), loud.p < 0.001) == (-0.15, True)
    assert strongest_interaction({("a", "x"): Counts(5, 1), ("b", "y"): Counts(5, 1)}) is None


def looks(*days: tuple[Counts, ...]) -> list[InterimLook]:
    return [
        InterimLook(MONDAY + timedelta(days=day), dict(zip("abc", each, strict=False))) for day, each in enumerate(days)
    ]


def evaluation(*days: tuple[Counts, ...], drawn: dict[str, int] | None = None, harmed: bool = False) -> SplitEvaluation:
    variants = "abc"[: len(days[0])]
    shares = {variant: 1 / len(variants) for variant in variants}
    drawn = drawn or dict.fromkeys(variants, 1000)
    expected = {variant: sum(drawn.values()) * share for variant, share in shares.items()}
    left = {variant: Counts(3000, 300 if harmed and variant == "b" else 15) for variant in variants}
    return evaluate_split(looks(*days), shares, 0.05, (drawn, expected), {"unsubscribed": left})


def test_a_winner_needs_evidence_enough_contacts_an_honest_split_and_no_harm() -> None:
    clear = (Counts(2500, 500), Counts(2500, 650))

    assert (evaluation(clear).status, evaluation(clear).winner) == (SplitStatus.DECIDED, "b")
    assert evaluation((Counts(500, 100), Counts(500, 180))).status is SplitStatus.AHEAD
    assert evaluation(clear, drawn={"a": 1000, "b": 1200}).status is SplitStatus.SAMPLE_RATIO_MISMATCH
    assert (evaluation(clear, harmed=True).leader, evaluation(clear, harmed=True).winner) == ("b", None)
    assert evaluation((Counts(), Counts())).status is SplitStatus.WAITING


def test_a_test_without_a_difference_ends_with_that() -> None:
    standings = [evaluation((Counts(n, n // 5), Counts(n, n // 5 + 3))).status for n in (500, 1500, 2500)]

    assert standings == [SplitStatus.UNDER_WAY, SplitStatus.UNDECIDED, SplitStatus.NO_DIFFERENCE]


def test_a_lead_that_turned_round_wins_nothing() -> None:
    before, now = (Counts(1000, 200), Counts(1000, 300)), (Counts(5000, 1250), Counts(5000, 1249))

    found = compare(looks(before, now), "ab", 0.05)[0]

    assert found.p < 0.001
    assert (found.better, found.has_turned) == (None, True)


def test_of_three_only_one_that_is_better_than_both_others_wins() -> None:
    two_alike = evaluation((Counts(4000, 800), Counts(4000, 1000), Counts(4000, 1005)))
    one_best = evaluation((Counts(4000, 800), Counts(4000, 810), Counts(4000, 1040)))

    assert (two_alike.leader, len(two_alike.comparisons)) == (None, 3)
    assert one_best.winner == "c"
    assert all((one.p < 0.05) == one.always_valid.excludes_zero for one in one_best.comparisons)


def test_the_command_plans_a_test_and_refuses_what_cannot_be_planned() -> None:
    written = StringIO()
    split_plan("20%", "5%", 2, "80%", 120, Console(file=written, width=200))

    assert "│ 1,030 │" in " ".join(written.getvalue().split())
    assert "18 to 36" in written.getvalue()
    for rate, lift, variants, told in (
        ("20", "5%", 2, "--rate 20"),
        ("20%", "70%", 2, "70.0%"),
        ("2%", "1%", 1, "1 was"),
    ):
        with pytest.raises(CommandError, match=told):
            split_plan(rate, lift, variants, "80%", None, Console(file=StringIO()))
