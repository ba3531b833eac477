"""The main features of a model as lines, for the terminal and the page. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from models.prediction.model import Model, Term
from models.prediction.reasons import level_of

MOST_FEATURES = 12
MOST_LEVELS = 3
SMALLEST = 0.05
MOVERS = "In log odds against the average lead; weight is their standard deviation over all leads."


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
    moving = sorted((level for level in effects if sign * effects[level] >= SMALLEST), key=lambda n: -sign * effects[n])
    return [f"{level_of(term.feature, level)} {effects[level]:+.1f}" for level in moving[:MOST_LEVELS]]


def not_looked_at(left_out: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was left out with the reason; what has the same reason stands together."""
    together: dict[str, list[str]] = {}
    for name, why in left_out.items():
        together.setdefault(why, []).append(name)
    return [(", ".join(names), why) for why, names in together.items()]
