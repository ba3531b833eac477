"""Finds the levels of each column in the leads of the past: frequent words, ranges of numbers. Pure."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from models.prediction.feature import Feature, FeatureKind, is_constant, normalize_value

MOST_VALUES = 30
MOST_RANGES = 10
MIN_LEVEL_SHARE = 0.005
"""Values that fewer leads than this share have are taken together."""
MIN_LEADS = 10
"""Nor does a level stand on fewer leads than these."""
LONGEST_VALUE = 100
IS_CONSTANT = "the same in all leads, or different in nearly each, so there is nothing to learn"


class Column(NamedTuple):
    """How people call a column, and what it holds."""

    label: str
    kind: FeatureKind


class LearnedFeatures(NamedTuple):
    """The features of a table, and why other columns are none."""

    features: tuple[Feature, ...]
    left_out: dict[str, str]


def learn_features(table: pd.DataFrame, columns: dict[str, Column]) -> LearnedFeatures:
    """The levels of each column; they follow from the leads alone, their outcome is not looked at."""
    features, left_out = [], {}
    for name, column in columns.items():
        feature = _feature(name, column, table[name])
        if is_constant(feature, table):
            left_out[column.label] = IS_CONSTANT
        else:
            features.append(feature)
    return LearnedFeatures(tuple(features), left_out)


def _feature(name: str, column: Column, values: "pd.Series[Any]") -> Feature:
    if column.kind is FeatureKind.CATEGORY:
        return Feature(name, column.label, column.kind, values=_frequent(values))
    return Feature(name, column.label, column.kind, edges=_edges(values, column.kind))


def _frequent(values: "pd.Series[Any]") -> tuple[str, ...]:
    """The values that enough leads have, the most frequent first, each in its most frequent spelling."""
    enough = max(MIN_LEADS, MIN_LEVEL_SHARE * len(values))
    spelled = {str(value).strip(): count for value, count in values.value_counts().items()}
    totals: Counter[str] = Counter()
    for spelling, count in spelled.items():
        totals[normalize_value(spelling)] += count
    usual = {normalize_value(spelling): spelling for spelling in reversed(spelled)}
    chosen = [one for one, count in totals.most_common(MOST_VALUES) if count >= enough and len(one) <= LONGEST_VALUE]
    return tuple(usual[one] for one in chosen if one)


def _edges(values: "pd.Series[Any]", kind: FeatureKind) -> tuple[float, ...]:
    """Where ranges of about equally many leads begin. Never, of a count, is always a range of its own."""
    numbers = pd.to_numeric(values, errors="coerce").dropna().to_numpy(float)
    if kind is FeatureKind.COUNT:
        return (1.0, *(edge for edge in _quantiles(numbers[numbers > 0]) if edge > 1))
    lowest = numbers.min() if len(numbers) else 0.0
    return tuple(edge for edge in _quantiles(numbers) if edge > lowest)


def _quantiles(numbers: "np.ndarray[Any, np.dtype[np.float64]]") -> list[float]:
    ranges = min(MOST_RANGES, len(numbers) // (2 * MIN_LEADS))
    if ranges < 2:
        return []
    shares = np.arange(1, ranges) / ranges
    return [float(edge) for edge in np.unique(np.quantile(numbers, shares, method="higher"))]
