"""Trains a model on decided leads and evaluates it on a random fifth and on the newest fifth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.prediction.binning import Column, learn_features
from models.prediction.evaluation import EvaluationMetrics, evaluate
from models.prediction.model import Model
from models.prediction.regression import SEED, MissingLibrary, Outcomes, can_train, fit

FEWEST_DECIDED = 100
FEWEST_OF_EITHER = 20
TEST_SHARE = 0.2
MIN_AUC = 0.6
"""The AUC on the newest fifth from which on a model is worth having."""
CONFIDENCE = 0.999
"""Of the intervals of the AUC, taken together: as many models are tried as there are landmark days, and where nothing
but chance decides who buys, one of them must not pass by luck, though they may be tried every night."""

GUESSING = 0.5

ReportProgress = Callable[[str], None]


class TooFewLeads(ValueError):
    """Not enough decided leads to learn from: what is there, and what is needed."""

    def __init__(self, won: int, lost: int, undecided: str = "") -> None:
        self.won, self.lost = won, lost
        super().__init__(
            f"{won + lost:,} decided leads were found, {won:,} won and {lost:,} lost{undecided}. A model needs at "
            f"least {FEWEST_DECIDED} decided leads, {FEWEST_OF_EITHER} of them won and {FEWEST_OF_EITHER} lost. "
            "Come back when there are more."
        )


@dataclass(frozen=True)
class TrainingData:
    """Leads whose outcome is known, the oldest first."""

    table: pd.DataFrame
    """A row per lead, with what was known before the outcome."""
    columns: dict[str, Column]
    won: Outcomes
    left_out: Mapping[str, str]
    """Columns that are left out, and why."""

    def without(self, names: Mapping[str, str], *, missing_ok: bool = False) -> "TrainingData":
        """A copy without these columns, named by name or label. Raises UnknownColumn."""
        unwanted = resolve_columns(names, self.columns, missing_ok=missing_ok)
        kept = {name: column for name, column in self.columns.items() if name not in unwanted}
        reasons = {self.columns[name].label: why for name, why in unwanted.items()}
        return TrainingData(self.table, kept, self.won, {**self.left_out, **reasons})


def resolve_columns(
    names: Mapping[str, str], columns: Mapping[str, Column], *, missing_ok: bool = False
) -> dict[str, str]:
    """Names or labels of columns -> why, as names -> why. Raises UnknownColumn for one that is not there."""
    by_label = {column.label.casefold(): name for name, column in columns.items()}
    found = {name: name if name in columns else by_label.get(name.casefold()) for name in names}
    if not missing_ok and (unknown := [name for name, column in found.items() if column is None]):
        there = ", ".join(column.label for column in columns.values())
        raise UnknownColumn(f"There is no column {', '.join(unknown)} to leave out. There are: {there}.")
    return {column: names[name] for name, column in found.items() if column is not None}


class UnknownColumn(LookupError):
    """A column to leave out that is not there."""


class TrainedModel(NamedTuple):
    """A model of all decided leads, and the figures of two others that had not seen a fifth of them."""

    model: Model
    leads: int
    won: int
    random_test: EvaluationMetrics | None
    newest_test: EvaluationMetrics | None
    """None where one of the two parts has only one outcome."""
    left_out: dict[str, str]

    @property
    def beats_guessing(self) -> bool:
        """On leads newer than those it learned from, and by more than luck; nothing else counts."""
        newest = self.newest_test
        if newest is None or newest.auc is None or newest.auc_interval is None:
            return False
        return newest.auc >= MIN_AUC and newest.auc_interval[0] > GUESSING

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        figures = {name: each.to_document() if each else None for name, each in self._metrics().items()}
        return (
            self.model.to_document()
            | figures
            | {"leads": self.leads, "won": self.won, "left_out": list(map(list, self.left_out.items()))}
        )

    def _metrics(self) -> dict[str, EvaluationMetrics | None]:
        return {"random": self.random_test, "newest": self.newest_test}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "TrainedModel":
        """Back from JSON."""
        random, newest = (
            EvaluationMetrics.from_document(document[name]) if document[name] else None for name in ("random", "newest")
        )
        counted = (document["leads"], document["won"])
        return cls(Model.from_document(document), *counted, random, newest, dict(document["left_out"]))


def train(past: TrainingData, say: ReportProgress = lambda _: None, *, models: int = 1) -> TrainedModel:
    """Fit and evaluate one of so many models that are tried at once.

    Raises TooFewLeads, and MissingLibrary without scikit-learn.
    """
    won = int(past.won.sum())
    lost = len(past.won) - won
    if won + lost < FEWEST_DECIDED or min(won, lost) < FEWEST_OF_EITHER:
        raise TooFewLeads(won, lost)
    if not can_train():
        raise MissingLibrary
    # Bonferroni's correction.
    confidence = 1 - (1 - CONFIDENCE) / models
    order, newest_begin = np.arange(won + lost), round((1 - TEST_SHARE) * (won + lost))
    shuffled = np.random.default_rng(SEED).permutation(won + lost)
    say("trying it on a random fifth")
    random = _evaluate_on_unseen(past, shuffled[:newest_begin], shuffled[newest_begin:], confidence)
    say("trying it on the newest fifth")
    newest = _evaluate_on_unseen(past, order[:newest_begin], order[newest_begin:], confidence)
    say("learning from all")
    model, constant = _fit_rows(past, order)
    return TrainedModel(model, len(order), won, random, newest, {**past.left_out, **constant})


def _evaluate_on_unseen(
    past: TrainingData, known: npt.NDArray[np.int64], unseen: npt.NDArray[np.int64], confidence: float
) -> EvaluationMetrics | None:
    if past.won[known].all() or not past.won[known].any():
        return None
    model, _ = _fit_rows(past, known)
    expected = model.probabilities(past.table.iloc[unseen])
    return evaluate(expected, past.won[unseen], float(past.won[known].mean()), confidence)


def _fit_rows(past: TrainingData, rows: npt.NDArray[np.int64]) -> tuple[Model, dict[str, str]]:
    """A model of these rows alone: levels and strength are theirs, too."""
    part = past.table.iloc[rows]
    learned = learn_features(part, past.columns)
    return fit(part, past.won[rows], learned.features), learned.left_out
