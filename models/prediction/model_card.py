"""The model card: the trained model with its metrics, stored in the database; the newest is in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from models.playbook import Playbook
from models.prediction.evaluation import Band
from models.prediction.proposal import propose_rules, rules_as_yaml
from models.prediction.training import ReportProgress, TooFewLeads, TrainedModel, TrainingData, train
from models.prediction.training_history import WINDOW, TrainingHistory, read_training_history
from models.tables.score import PredictionModel

NEWEST = text("SELECT trained_at, document FROM prediction_model ORDER BY trained_at DESC, id DESC LIMIT 1")


@dataclass(frozen=True)
class ModelCard:
    """A model card: the model, how good it is, and what one has to know before believing it."""

    trained_at: datetime
    trained: TrainedModel
    undecided: int
    horizon: timedelta
    proposed_rules: str
    """YAML for the playbook's section `scoring`."""
    leave_out: Mapping[str, str]
    """Columns that were left out by hand; the next training leaves them out as well."""
    window: timedelta = WINDOW

    def band(self, probability: float) -> Band | None:
        """The held-out leads of about this probability: those of the random fifth."""
        bands = self.trained.random_test.bands if self.trained.random_test else ()
        above = [band for band in bands if band.lowest <= probability]
        return above[-1] if above else next(iter(bands), None)

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        days = {"horizon_days": self.horizon / timedelta(days=1), "window_days": self.window / timedelta(days=1)}
        options = {"undecided": self.undecided, "proposed": self.proposed_rules, "leave_out": dict(self.leave_out)}
        return self.trained.to_document() | days | options


def train_on_history(
    connection: Connection,
    playbook: Playbook,
    leave_out: Mapping[str, str],
    now: datetime,
    say: ReportProgress = lambda _: None,
) -> ModelCard:
    """Learn from our own leads. Raises TooFewLeads, MissingLibrary, or UnknownColumn for what to leave out."""
    history = read_training_history(connection, playbook, now, say)
    trained = _train(history, history.data.without(leave_out), say)
    proposed = rules_as_yaml(propose_rules(trained.model, playbook))
    return ModelCard(now, trained, history.undecided, history.horizon, proposed, dict(leave_out))


def _train(history: TrainingHistory, past: TrainingData, say: ReportProgress) -> TrainedModel:
    try:
        return train(past, say)
    except TooFewLeads as few:
        days = history.horizon.days
        raise TooFewLeads(few.won, few.lost, f"; {history.undecided:,} more are younger than {days} days") from None


def store_model_card(connection: Connection, card: ModelCard) -> None:
    """Store the model card; from now on it is the one that predictions use."""
    connection.execute(insert(PredictionModel).values(trained_at=card.trained_at, document=card.to_document()))


def newest_model_card(connection: Connection) -> ModelCard | None:
    """The model that counts, if there is one."""
    row = connection.execute(NEWEST).one_or_none()
    if row is None:
        return None
    document: dict[str, Any] = row.document
    horizon, window = timedelta(days=document["horizon_days"]), timedelta(days=document["window_days"])
    options = (document["undecided"], horizon, document["proposed"], document["leave_out"])
    return ModelCard(row.trained_at, TrainedModel.from_document(document), *options, window)
