"""Back-test of a playbook on past leads: who would have crossed which threshold when, and how many of them bought.

Pure.

Scores are counted as models/scoring/decay.py defines them, for every moment at which one could rise. What happened at
or after a lead's first order does not count: it is no reason for having called.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd

from models.playbook.scoring import Direction, Scoring, Threshold
from models.scoring.decay import factors

PAIRS_PER_BATCH = 2_000_000
"""Of a moment and an entry before it: what bounds the memory."""
MOMENTS_PER_BATCH = 1_000_000
"""At which scores are counted: with years of nights of everybody they would fill the memory."""
SCALE = 10**12
MOST_CENTS = 9_000_000
"""The largest points that still fit into 64 bits when multiplied by SCALE."""


@dataclass(frozen=True)
class BackTestData:
    """The past, as one playbook gives points for it."""

    leads: pd.DataFrame
    """A row for each: contact (unique), seen_at (the first we heard of them), bought_at (or NaT)."""
    entries: pd.DataFrame
    """Points: contact, rule (its place among the playbook's, -1 without one), cents, day (number), at, decays."""
    nights: pd.DataFrame
    """Every midnight where the company is, from the first entry's day on: at, day (the number of the day it begins)."""
    until: pd.Timestamp
    """The moment that the past is looked at from."""


@dataclass(frozen=True)
class ThresholdResult:
    """How leads that would have crossed one threshold did, beside all others."""

    name: str
    score: Decimal
    leads: int
    hot: int
    """Leads that rose to it before they bought: each is a call."""
    hot_bought: int
    bought: int
    weeks: float
    median_lead_time: timedelta | None
    """The median time from the call to the order."""

    @property
    def calls_a_week(self) -> float:
        """How much work it is."""
        return self.hot / self.weeks

    @property
    def hot_close_rate(self) -> float | None:
        """The share of those who would have been called that bought."""
        return self.hot_bought / self.hot if self.hot else None

    @property
    def other_close_rate(self) -> float | None:
        """The share of all others that bought."""
        cold = self.leads - self.hot
        return (self.bought - self.hot_bought) / cold if cold else None

    @property
    def buyer_recall(self) -> float | None:
        """The share of the buyers that would have been called before they bought."""
        return self.hot_bought / self.bought if self.bought else None


@dataclass(frozen=True)
class BackTest:
    """What one playbook would have said."""

    leads: pd.DataFrame
    """The history's leads with `peak`, the highest score in points before they bought."""
    hot_at: Mapping[str, "pd.Series[pd.Timestamp]"]
    """Threshold -> when each contact first rose to it."""
    results: tuple[ThresholdResult, ...]
    weeks: float


def back_test(history: BackTestData, scoring: Scoring) -> BackTest:
    """Score the past anew. Its thresholds are those that rise above 0, the lowest first."""
    rising = [each for each in scoring.thresholds if each.direction is Direction.RISING and each.score > 0]
    rising.sort(key=lambda each: each.score)
    reached = [
        _peaks_and_crossings(score_history(part, scoring), rising)
        for part in _contact_batches(_before_the_order(history))
    ]
    leads = history.leads.set_index("contact", drop=False)
    leads["peak"] = pd.concat([peak for peak, _ in reached]).reindex(leads.index).fillna(0.0).clip(lower=0)
    weeks = _weeks(history)
    hot_at = {each.name: pd.concat([crossed[each.name] for _, crossed in reached]) for each in rising}
    results = [_result(each.name, each.score, hot_at[each.name], leads, weeks) for each in rising]
    return BackTest(leads, hot_at, tuple(results), weeks)


def _contact_batches(history: BackTestData) -> Iterator[BackTestData]:
    """The history in parts of whole contacts, each with at most about MOMENTS_AT_ONCE nights to score."""
    entries = history.entries.sort_values("contact", kind="stable")
    entry_rows = entries["contact"].to_numpy()
    contacts = np.unique(entry_rows)
    each = (
        max(MOMENTS_PER_BATCH // max(len(history.nights), 1), 1)
        if _lowers_until_decayed(entries).any()
        else len(contacts)
    )
    starts = (
        np.append(np.searchsorted(entry_rows, contacts[:: max(each, 1)]), len(entry_rows))
        if len(entry_rows)
        else [0, 0]
    )
    for begin, end in pairwise(starts):
        yield replace(history, entries=entries.iloc[begin:end])


def _peaks_and_crossings(
    scored: pd.DataFrame, rising: Sequence[Threshold]
) -> tuple["pd.Series[float]", dict[str, "pd.Series[pd.Timestamp]"]]:
    """The highest score of each contact in points, and when each first rose to the thresholds."""
    peaks = scored.groupby("contact")["cents"].max() / 100
    above = {each.name: scored[scored["cents"] >= int(each.score * 100)] for each in rising}
    return peaks, {name: found.groupby("contact")["at"].min() for name, found in above.items()}


def _before_the_order(history: BackTestData) -> BackTestData:
    bought = history.entries["contact"].map(history.leads.set_index("contact")["bought_at"])
    kept = history.entries[bought.isna() | (history.entries["at"] < bought)]
    return replace(history, entries=kept)


def _weeks(history: BackTestData) -> float:
    if history.leads.empty:
        return 1.0
    return max((history.until - history.leads["seen_at"].min()) / timedelta(weeks=1), 1.0)


def _result(
    name: str, score: Decimal, crossed: "pd.Series[pd.Timestamp]", leads: pd.DataFrame, weeks: float
) -> ThresholdResult:
    took = (leads["bought_at"].reindex(crossed.index) - crossed).dropna()
    before = took.median().to_pytimedelta() if len(took) else None
    bought = int(leads["bought_at"].notna().sum())
    return ThresholdResult(name, score, len(leads), len(crossed), len(took), bought, weeks, before)


def score_history(history: BackTestData, scoring: Scoring) -> pd.DataFrame:
    """The score at every moment at which it may have risen: contact, at, cents."""
    entries = history.entries.sort_values(["contact", "at"], ignore_index=True)
    moments = pd.concat([entries[["contact", "at", "day"]], _nights(history)]).drop_duplicates(["contact", "at"])
    begin, end = _spans(entries, moments)
    cents = [_scores(part, entries, moments, begin, end, scoring) for part in _batches(end - begin)]
    return moments[["contact", "at"]].assign(cents=np.concatenate(cents) if cents else np.array([], dtype=np.int64))


def _nights(history: BackTestData) -> pd.DataFrame:
    """Negative points decay too, which lets a score rise overnight: every midnight until the order, or the end."""
    entries = history.entries[["contact", "at", "day"]]
    bad = entries[_lowers_until_decayed(history.entries)].groupby("contact")["day"].min()
    if bad.empty:
        return entries.head(0)
    each = bad.rename("since").reset_index().merge(history.nights, how="cross")
    bought = each["contact"].map(history.leads.set_index("contact")["bought_at"])
    return each[(each["day"] > each["since"]) & (bought.isna() | (each["at"] < bought))][["contact", "at", "day"]]


def _lowers_until_decayed(entries: pd.DataFrame) -> "pd.Series[bool]":
    return (entries["cents"] < 0) & entries["decays"]


def _spans(entries: pd.DataFrame, moments: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For each moment: from and to which row the contact's entries up to then stand."""
    both = pd.concat([entries[["contact", "at"]], moments[["contact", "at"]]])
    contact = both["contact"].factorize(sort=True)[0].astype(np.int64)
    at, ranks = both["at"].factorize(sort=True)
    key = contact * (len(ranks) + 1) + at
    of_entries, of_moments = key[: len(entries)], key[len(entries) :]
    begin = np.searchsorted(of_entries, contact[len(entries) :] * (len(ranks) + 1), "left")
    return begin, np.searchsorted(of_entries, of_moments, "right")


def _batches(lengths: np.ndarray) -> Iterator[slice]:
    """The moments in slices of not much more than PAIRS_AT_ONCE pairs."""
    total = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        done = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, done + PAIRS_PER_BATCH, "right")), start + 1)
        yield slice(start, stop)
        start = stop


def _scores(
    part: slice, entries: pd.DataFrame, moments: pd.DataFrame, begin: np.ndarray, end: np.ndarray, scoring: Scoring
) -> np.ndarray:
    """The scores at some moments, in cents: what each entry is worth then, summed by rule, capped, and summed."""
    lengths = (end - begin)[part]
    moment = np.repeat(np.arange(len(lengths)), lengths)
    entry = (
        np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(begin[part], lengths)
    )
    entry_rows = entries.iloc[entry]
    age = moments["day"].to_numpy()[part][moment] - entry_rows["day"].to_numpy()
    worth = _worth(entry_rows["cents"].to_numpy(), np.where(entry_rows["decays"].to_numpy(), age, 0), scoring.decay)
    rules = len(scoring.rules) + 1
    place = moment * rules + entry_rows["rule"].to_numpy() + 1
    sums = np.bincount(place, weights=worth, minlength=len(lengths) * rules).reshape(-1, rules)
    return np.clip(sums, *_caps(scoring)).sum(axis=1).round().astype(np.int64)


def _worth(cents: np.ndarray, age: np.ndarray, rate: Decimal) -> np.ndarray:
    """What decay.worth says, for many at once, and as exactly: in whole numbers."""
    left = np.array([int(factor * SCALE) for factor in factors(rate)], dtype=np.int64)
    exact = np.clip(np.abs(cents), 0, MOST_CENTS) * left[np.clip(age, 0, len(left) - 1)]
    return np.sign(cents) * ((exact + SCALE // 2) // SCALE)


def _caps(scoring: Scoring) -> tuple[Sequence[float], Sequence[float]]:
    """The least and the most that each rule may make up; the first place is for points without a rule."""
    most = [float(rule.at_most * 100) if rule.at_most else np.inf for rule in scoring.rules]
    return [-np.inf, *(-each for each in most)], [np.inf, *most]
