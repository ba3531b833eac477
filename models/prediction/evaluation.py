"""How good a model is on leads that it has not seen: how well it ranks them, and whether its probabilities are true."""

from collections.abc import Mapping
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
        return cls(**dict(document) | {"bands": tuple(Band(**band) for band in document["bands"])})


def evaluate(expected: Numbers, won: npt.NDArray[np.bool_], share_before: float) -> EvaluationMetrics:
    """Compare probabilities with what happened; share_before is the part that bought in the training leads."""
    return EvaluationMetrics(
        leads=len(won),
        won=int(won.sum()),
        auc=area_under_curve(expected, won),
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


def _bands(expected: Numbers, won: npt.NDArray[np.bool_]) -> tuple[Band, ...]:
    count = min(MOST_BANDS, max(1, len(won) // LEADS_IN_A_BAND))
    parts = np.array_split(np.argsort(expected, kind="stable"), count)
    return tuple(
        Band(float(expected[p[0]]), float(expected[p[-1]]), float(expected[p].mean()), len(p), int(won[p].sum()))
        for p in parts
    )
