"""How good a model is on leads that it has not seen: how well it ranks them, and whether its probabilities are true."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.prediction.model import Model, Numbers, Term
from models.prediction.reasons import level_text
from models.splits.statistics.interval import Counts, wilson

MOST_FEATURES = 12
MOST_LEVELS = 3
MIN_EFFECT = 0.05
FEATURES_NOTE = "In log odds against the average lead; weight is their standard deviation over all leads."


class FeatureLine(NamedTuple):
    """A feature, and its levels that move leads most."""

    label: str
    weight: float
    up: list[str]
    down: list[str]


def main_features(model: Model) -> list[FeatureLine]:
    """Those that move leads most, the weightiest first."""
    weighty = sorted(model.terms, key=lambda term: -term.weight)[:MOST_FEATURES]
    return [FeatureLine(term.feature.label, term.weight, _levels(term, 1), _levels(term, -1)) for term in weighty]


def _levels(term: Term, sign: int) -> list[str]:
    """The levels that leads have, which move them up (1) or down (-1)."""
    effects = {level: float(term.effects[level]) for level, share in enumerate(term.shares) if share}
    moving = sorted(
        (level for level in effects if sign * effects[level] >= MIN_EFFECT), key=lambda n: -sign * effects[n]
    )
    return [f"{level_text(term.feature, level)} {effects[level]:+.1f}" for level in moving[:MOST_LEVELS]]


def left_out_by_reason(left_out: Mapping[str, str]) -> list[tuple[str, str]]:
    """(names, reason) of the columns that were left out, those with one reason joined."""
    together: dict[str, list[str]] = {}
    for name, why in left_out.items():
        together.setdefault(why, []).append(name)
    return [(", ".join(names), why) for why, names in together.items()]


MOST_BANDS = 10
LEADS_IN_A_BAND = 20
NEARLY = 1e-9


@dataclass(frozen=True)
class Band:
    """Held-out leads with about the same probability, and how many of them bought."""

    lowest: float
    highest: float
    expected: float
    """The mean of their probabilities."""
    leads: int
    won: int

    @property
    def share(self) -> float:
        """Of them that bought."""
        return self.won / self.leads

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies in 95 of 100 cases (Wilson's score interval)."""
        return wilson(Counts(self.leads, self.won))


@dataclass(frozen=True)
class EvaluationMetrics:
    """Metrics of the predictions for held-out leads."""

    leads: int
    won: int
    auc: float | None
    """How often a lead that bought has the higher probability than one that did not; .5 is guessing. None when all or
    none bought."""
    auc_interval: tuple[float, float] | None
    """Where the true AUC lies with the confidence asked for; None where there is no AUC."""
    brier: float
    """Mean squared distance of probability and outcome; smaller is better."""
    brier_of_guessing: float
    """The Brier score of the baseline that predicts, for every lead, the share that bought in the training data."""
    bands: tuple[Band, ...]

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "EvaluationMetrics":
        """Back from JSON."""
        interval = document["auc_interval"] and tuple(document["auc_interval"])
        return cls(**dict(document) | {"auc_interval": interval, "bands": _read_bands(document["bands"])})


def _read_bands(bands: Sequence[Mapping[str, Any]]) -> tuple[Band, ...]:
    return tuple(Band(**band) for band in bands)


def evaluate(
    expected: Numbers, won: npt.NDArray[np.bool_], share_before: float, confidence: float
) -> EvaluationMetrics:
    """Compare probabilities with what happened; share_before is the part that bought in the training leads."""
    auc, bought = area_under_curve(expected, won), int(won.sum())
    return EvaluationMetrics(
        leads=len(won),
        won=bought,
        auc=auc,
        auc_interval=None if auc is None else auc_interval(auc, bought, len(won) - bought, confidence),
        brier=float(np.mean((expected - won) ** 2)),
        brier_of_guessing=float(np.mean((share_before - won) ** 2)),
        bands=_bands(expected, won),
    )


def area_under_curve(expected: Numbers, won: npt.NDArray[np.bool_]) -> float | None:
    """The share of pairs (one bought, one not) that are in the right order, ties half: Mann and Whitney's U."""
    positive, negative = int(won.sum()), int((~won).sum())
    if not positive or not negative:
        return None
    _, places, counts = np.unique(expected, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[places]
    return float((ranks[won].sum() - positive * (positive + 1) / 2) / (positive * negative))


def auc_interval(auc: float, won: int, lost: int, confidence: float) -> tuple[float, float]:
    """The interval of an AUC from so many won and lost leads: all values that the one found does not contradict.

    Newcombe's method 5 (Statistics in Medicine 25, 2006, 559-573), a score interval with the variance of Hanley and
    McNeil. It holds 0.5 exactly when the test of Mann and Whitney finds nothing, and does not shrink to a point when
    few leads happen to be in perfect order.
    """
    # Only training asks for it: the page of a model opens in half the time without them.
    from scipy.optimize import brentq
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))

    def distance(value: float) -> float:
        return (auc - value) ** 2 - z**2 * _auc_variance(value, won, lost)

    # The very ends are no bounds, though nothing is random there.
    lowest = 0.0 if auc == 0 else brentq(distance, 0, min(auc, 1 - NEARLY))
    highest = 1.0 if auc == 1 else brentq(distance, max(auc, NEARLY), 1)
    return float(lowest), float(highest)


def _auc_variance(auc: float, won: int, lost: int) -> float:
    others = (won + lost) / 2 - 1
    spread = 1 + others * (1 - auc) / (2 - auc) + others * auc / (1 + auc)
    return auc * (1 - auc) * spread / (won * lost)


def _bands(expected: Numbers, won: npt.NDArray[np.bool_]) -> tuple[Band, ...]:
    count = min(MOST_BANDS, max(1, len(won) // LEADS_IN_A_BAND))
    parts = np.array_split(np.argsort(expected, kind="stable"), count)
    return tuple(
        Band(float(expected[p[0]]), float(expected[p[-1]]), float(expected[p].mean()), len(p), int(won[p].sum()))
        for p in parts
    )
