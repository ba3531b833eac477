"""How long leads take to buy, those counted who have not bought yet: textbook values, and times that are known."""

from warnings import catch_warnings, simplefilter

import numpy as np
import pytest

from models.orders.kaplan_meier import Lengths, TimeEstimate, survival_curve, weighted_survival_curve
from models.orders.time_to_buy import estimate_time_to_buy, median_of_buyers

# Remission of leukemia, Freireich and others, Blood 21, 1963: the example of most textbooks.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
IN_REMISSION = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


@pytest.mark.parametrize(
    ("week", "share", "low", "high"),
    [
        (5, 1.0, 1.0, 1.0),
        (6, 0.857, 0.620, 0.952),
        (7, 0.807, 0.563, 0.923),
        (10, 0.753, 0.503, 0.889),
        (13, 0.690, 0.432, 0.849),
        (16, 0.627, 0.368, 0.805),
        (22, 0.538, 0.268, 0.747),
        (35, 0.448, 0.188, 0.680),
    ],
)
def test_the_curve_and_its_log_log_interval_are_those_of_the_textbooks(
    week: int, share: float, low: float, high: float
) -> None:
    assert survival_curve(RELAPSED, IN_REMISSION).share_at(week) == pytest.approx((share, low, high), abs=5e-4)


def test_the_median_is_that_of_the_textbooks_and_its_interval_has_no_end_in_the_data() -> None:
    assert survival_curve(RELAPSED, IN_REMISSION).time_until(0.5, 35) == TimeEstimate(23, 13, None)


def test_a_time_that_the_data_do_not_reach_is_none() -> None:
    assert survival_curve([1, 2], [9] * 8).time_until(0.5, 9) is None
    assert survival_curve([3, 3, 3], []).time_until(0.5, 3) == TimeEstimate(3, 3, None)
    with pytest.raises(ValueError, match="nobody"):
        survival_curve([], [4, 5])


@pytest.mark.parametrize(
    ("happened", "waiting", "time", "expected"),
    [
        ([5], [5], 5, (0.5, 0.005983, 0.91041)),  # who was last seen in that moment was still at risk
        ([1, 2, 2, 3], [2, 3, 4], 1, (0.857143, 0.334054, 0.978561)),
        ([1, 2, 2, 3], [2, 3, 4], 2, (0.571429, 0.171866, 0.837083)),
        ([1, 2, 2, 3], [2, 3, 4], 4, (0.380952, 0.061231, 0.716442)),
        ([2, 3], [1, 1], 1, (1.0, 1.0, 1.0)),  # all who were seen so far still wait
        ([2, 3], [1, 1], 2, (0.5, 0.005983, 0.91041)),
        ([0, 1], [0, 2], 0, (0.75, 0.127947, 0.960549)),
        ([0, 1], [0, 2], 1, (0.375, 0.010971, 0.808001)),
        ([1, 2], [3, 9], 9, (0.5, 0.057847, 0.844861)),
    ],
)
def test_at_the_edges_the_curve_is_that_of_other_programs(
    happened: list[float], waiting: list[float], time: float, expected: tuple[float, float, float]
) -> None:
    """The figures are those of statsmodels 0.15, with the log-log interval by its standard errors."""
    assert survival_curve(happened, waiting).share_at(time) == pytest.approx(expected, abs=2e-6)


def test_where_it_has_happened_to_everybody_at_once_nobody_is_left() -> None:
    assert survival_curve([3, 3, 3], []).share_at(3)[:2] == (0, 0)
    assert survival_curve([5], []).time_until(0.5, 5) == TimeEstimate(5, 5, None)


def leads(
    rng: np.random.Generator, half_life: float, share: float, business_age: float, size: int
) -> tuple[list[float], list[float]]:
    """Leads who came evenly since the business began, of whom so many buy, after exponential times."""
    known_for = rng.uniform(0, business_age, size)
    takes = np.where(rng.random(size) < share, rng.exponential(half_life / np.log(2), size), np.inf)
    has_bought = takes <= known_for
    return takes[has_bought].tolist(), known_for[~has_bought].tolist()


def test_where_everybody_buys_at_last_the_known_half_life_is_found_and_buyers_alone_are_too_fast() -> None:
    rng = np.random.default_rng(1)
    holds, found, alone = 0, [], []
    for _ in range(200):
        bought, waiting = leads(rng, 30, 1.0, 90, 300)
        half = estimate_time_to_buy(bought, waiting).half_of_leads
        assert half is not None
        found.append(half.time)
        holds += half.low <= 30 <= (half.high or np.inf)
        alone.append(median_of_buyers(bought).estimate.time)

    assert np.mean(found) == pytest.approx(30, rel=0.03)
    assert np.mean(alone) < 23
    assert holds / 200 >= 0.92


def test_where_few_buy_half_of_all_never_do_and_the_time_is_that_of_those_who_do() -> None:
    rng = np.random.default_rng(2)
    found = [estimate_time_to_buy(*leads(rng, 30, 0.06, 365, 5000)) for _ in range(40)]

    assert all(one.half_of_leads is None for one in found)
    assert np.mean([one.half_life.time for one in found]) == pytest.approx(30, rel=0.06)
    assert np.mean([one.bought[0] for one in found]) == pytest.approx(0.06, rel=0.05)
    assert np.mean([one.bought[1] <= 0.06 <= one.bought[2] for one in found]) >= 0.85


def test_the_curve_is_looked_at_while_a_tenth_of_all_are_watched() -> None:
    rng = np.random.default_rng(3)

    found = estimate_time_to_buy(*leads(rng, 30, 0.06, 365, 5000))

    assert 300 < found.horizon < 340


@pytest.mark.parametrize("seed", range(8))
def test_counts_give_what_scipy_gives_of_each_one(seed: int) -> None:
    from scipy.stats import CensoredData, ecdf

    rng = np.random.default_rng(seed)
    times = rng.integers(0, 40, size=rng.integers(2, 400))
    has_happened = rng.random(len(times)) < rng.choice([0.1, 0.5, 0.95])
    has_happened[0] = True
    happened, waiting = times[has_happened], times[~has_happened]
    curve = weighted_survival_curve(Lengths.counted(happened), Lengths.counted(waiting))
    expected = ecdf(CensoredData(uncensored=happened, right=waiting)).sf
    with np.errstate(all="ignore"), catch_warnings():
        # At 0 and 1 the logarithms have no value.
        simplefilter("ignore", RuntimeWarning)
        interval = expected.confidence_interval(0.95, method="log-log")
    assert list(curve.times) == list(expected.quantiles)
    assert curve.shares == pytest.approx(expected.probabilities)
    inside = (curve.shares > 0) & (curve.shares < 1)
    assert curve.lows[inside] == pytest.approx(interval.low.probabilities[inside])
    assert curve.highs[inside] == pytest.approx(interval.high.probabilities[inside])


@pytest.mark.parametrize("size", range(2, 200, 2))
def test_half_is_half_however_many_there_are(size: int) -> None:
    estimate = survival_curve(range(1, size // 2 + 1), [1_000] * (size // 2)).time_until(0.5, 999)
    assert estimate is not None
    assert estimate.time == size // 2
