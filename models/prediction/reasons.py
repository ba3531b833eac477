"""Why the model thinks what it thinks of one lead, in sentences. Pure.

The points of a reason are percentage points of the probability: how much lower it would be, were the lead average in
this one feature and otherwise the same. They do not add up to the probability: log odds add up, probabilities do not.
"""

from typing import Any

import numpy as np
import pandas as pd

from models.prediction.feature import Feature, FeatureKind
from models.prediction.model import Model, Numbers, probability

MOST_REASONS = 3
MIN_POINTS = 0.5
"""Points below this are no reason."""


def reasons(model: Model, table: pd.DataFrame) -> list[list[str]]:
    """For each lead the features that move it most, the weightiest first: `Lead source is Reference (+18 points)`."""
    if not model.terms:
        return [[] for _ in range(len(table))]
    effects = model.effects(table)
    codes = np.column_stack([term.feature.codes(table) for term in model.terms])
    points = 100 * _moved(model, effects)
    order = np.argsort(-np.abs(points), axis=1)[:, :MOST_REASONS]
    said = [[level_phrase(term.feature, level) for level in range(term.feature.size)] for term in model.terms]
    return [
        [
            f"{said[place][codes[row, place]]} ({points[row, place]:+.0f} points)"
            for place in order[row]
            if abs(points[row, place]) >= MIN_POINTS
        ]
        for row in range(len(table))
    ]


def _moved(model: Model, effects: Numbers) -> Numbers:
    """How much each feature moves the probability of each lead."""
    log_odds = model.intercept + effects.sum(axis=1, keepdims=True)
    moved: Any = probability(log_odds) - probability(log_odds - effects)
    return moved


def level_phrase(feature: Feature, level: int) -> str:
    """A level as a sentence."""
    said = level_text(feature, level)
    return f"{feature.label}: {said}" if feature.kind is FeatureKind.COUNT else f"{feature.label} is {said}"


def level_text(feature: Feature, level: int) -> str:
    """A level in words, without its feature."""
    if feature.kind is FeatureKind.COUNT:
        return _times(feature, level)
    if level == feature.missing:
        return "not known"
    if feature.kind is FeatureKind.NUMBER:
        return _range(feature, level)
    return feature.values[level] if level < len(feature.values) else "none of the usual"


def _range(feature: Feature, level: int) -> str:
    edges = [f"{edge:,.4g}" if abs(edge) < 1_000 else f"{edge:,.0f}" for edge in feature.edges]
    if not edges:
        return "known"
    if level == 0:
        return f"below {edges[0]}"
    if level == len(edges):
        return f"{edges[-1]} or more"
    return f"from {edges[level - 1]} to below {edges[level]}"


def _times(feature: Feature, level: int) -> str:
    if level == 0:
        return "never"
    if feature.edges == (1.0,):
        return "at least once"
    if level >= len(feature.edges):
        return f"{feature.edges[-1]:,.0f} or more times"
    lowest, highest = feature.edges[level - 1], np.ceil(feature.edges[level]) - 1
    if lowest == highest:
        return "once" if lowest == 1 else f"{lowest:,.0f} times"
    return f"{lowest:,.0f} to {highest:,.0f} times"
