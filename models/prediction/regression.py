"""Fits a model to leads whose outcome is known. The only place that needs scikit-learn, and it asks for it late."""

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.prediction.feature import Feature
from models.prediction.model import Model, Term

Outcomes = npt.NDArray[np.bool_]

C_VALUES = (0.03, 0.1, 0.3, 1.0)
"""How freely coefficients may leave zero (scikit-learn's C); which is best is tried out."""
FOLDS = 5
MAX_TUNING_LEADS = 10_000
SMALL = 100_000
"""Numbers in a matrix up to which a dense one is quicker than a sparse one."""
SEED = 82


class MissingLibrary(RuntimeError):
    """Training needs scikit-learn, which is not installed here. Install it with: pip install 'tend[predict]'."""

    def __init__(self) -> None:
        super().__init__(MissingLibrary.__doc__)


def can_train() -> bool:
    """Whether scikit-learn is installed."""
    return find_spec("sklearn") is not None


def fit(table: pd.DataFrame, won: Outcomes, features: tuple[Feature, ...]) -> Model:
    """Regularised logistic regression over the levels of the features; its strength is found on these leads alone."""
    if not can_train():
        raise MissingLibrary
    if not features:
        share = float(won.mean())
        return Model(float(np.log(share / (1 - share))), ())
    from sklearn import config_context
    from threadpoolctl import threadpool_limits

    levels = _levels(table, features)
    # On vectors this short several threads wait for each other most of the time, above all on a busy machine, and
    # scikit-learn looks longer at what it is given than it calculates.
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        regression = _regression(_best_c(levels, won)).fit(levels, won)
    shares = np.asarray(levels.mean(axis=0)).ravel()
    return _model(features, float(regression.intercept_[0]), regression.coef_[0], shares)


def _levels(table: pd.DataFrame, features: Iterable[Feature]) -> Any:
    """A matrix with a row per lead and a column per level, 1 where the lead has the level; sparse unless small."""
    from scipy.sparse import csr_matrix

    features = tuple(features)
    begins = np.cumsum([0, *(feature.size for feature in features)])
    codes = [feature.codes(table) + begin for feature, begin in zip(features, begins, strict=False)]
    places = np.column_stack(codes).ravel()
    rows = np.arange(len(table) + 1) * len(features)
    levels = csr_matrix((np.ones(len(places)), places, rows), shape=(len(table), begins[-1]))
    return levels.toarray() if len(table) * begins[-1] <= SMALL else levels


def _regression(c: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=2_000)


def _best_c(levels: Any, won: Outcomes) -> float:
    """The one whose probabilities fit best to folds that were held back, measured on a part of very many leads."""
    order = np.random.default_rng(SEED).permutation(len(won))[:MAX_TUNING_LEADS]
    losses = [_losses(levels, won, np.setdiff1d(order, fold), fold) for fold in np.array_split(order, FOLDS)]
    return C_VALUES[int(np.argmin(np.sum(losses, axis=0)))]


def _losses(levels: Any, won: Outcomes, rest: Any, fold: Any) -> list[float]:
    """How far off the fold each of the C values is that learned from the rest."""
    if won[rest].all() or not won[rest].any():
        return [0.0] * len(C_VALUES)
    known, unseen, outcomes = levels[rest], levels[fold], won[rest]
    expected = (_regression(c).fit(known, outcomes).predict_proba(unseen)[:, 1] for c in C_VALUES)
    return [_loss(one, won[fold]) for one in expected]


def _loss(expected: Any, won: Outcomes) -> float:
    right = np.where(won, expected, 1 - expected)
    return float(-np.log(np.clip(right, 1e-12, 1)).sum())


def _model(features: tuple[Feature, ...], intercept: float, coefficients: Any, shares: Any) -> Model:
    terms, begin = [], 0
    for feature in features:
        part = slice(begin, begin + feature.size)
        terms.append(Term(feature, tuple(map(float, coefficients[part])), tuple(map(float, shares[part]))))
        begin += feature.size
    return Model(intercept + float(coefficients @ shares), tuple(terms))
