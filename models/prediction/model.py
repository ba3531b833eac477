"""A trained model as plain numbers, and applying it to a table of leads: no library, no pickle, nothing to trust."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.prediction.feature import Feature

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """A feature with what each of its levels adds to the log odds of buying, and how many leads have the level."""

    feature: Feature
    coefficients: tuple[float, ...]
    shares: tuple[float, ...]
    """Of the leads that it was trained on."""

    @cached_property
    def effects(self) -> Numbers:
        """What each level adds compared with the average lead, in log odds."""
        coefficients = np.array(self.coefficients)
        return coefficients - coefficients @ np.array(self.shares)

    @property
    def weight(self) -> float:
        """How much it moves the leads on the whole: the standard deviation of its effects, in log odds."""
        return float(np.sqrt(np.array(self.shares) @ self.effects**2))


@dataclass(frozen=True)
class Model:
    """Logistic regression: the log odds of buying are those of the average lead and the effects of a lead's levels."""

    intercept: float
    """The log odds of a lead that is average in every feature."""
    terms: tuple[Term, ...]

    def effects(self, table: pd.DataFrame) -> Numbers:
        """What each feature (column) adds for each lead (row), in log odds."""
        effects = [term.effects[term.feature.codes(table)] for term in self.terms]
        return np.column_stack(effects) if effects else np.zeros((len(table), 0))

    def probabilities(self, table: pd.DataFrame) -> Numbers:
        """Of buying, for each lead."""
        return probability(self.intercept + self.effects(table).sum(axis=1))

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        terms = [
            term.feature.to_document() | {"coefficients": list(term.coefficients), "shares": list(term.shares)}
            for term in self.terms
        ]
        return {"intercept": self.intercept, "terms": terms}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Model":
        """Back from JSON."""
        terms = (
            Term(Feature.from_document(term), tuple(term["coefficients"]), tuple(term["shares"]))
            for term in document["terms"]
        )
        return cls(document["intercept"], tuple(terms))


def probability(log_odds: Numbers) -> Numbers:
    """Log odds as probabilities."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
