"""The model card: the trained models with their metrics, stored in the database; the newest is in use."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from models.playbook import Playbook
from models.prediction.evaluation import Band
from models.prediction.proposal import propose_rules, rules_as_yaml
from models.prediction.training import ReportProgress, TooFewLeads, TrainedModel, TrainingData, train
from models.prediction.training_history import TrainingHistory, read_training_history
from models.tables.score import PredictionModel

NEWEST = text("SELECT trained_at, document FROM prediction_model ORDER BY trained_at DESC, id DESC LIMIT 1")
REFERENCE_DAY = 7
"""By then a lead has said and done most of what it will, and most are still open."""


@dataclass(frozen=True)
class LandmarkModel:
    """The model for leads that are open so many days after they came."""

    day: int
    trained: TrainedModel

    def band(self, probability: float) -> Band | None:
        """The held-out leads of about this probability: those of the random fifth."""
        bands = self.trained.random_test.bands if self.trained.random_test else ()
        above = [band for band in bands if band.lowest <= probability]
        return above[-1] if above else next(iter(bands), None)


@dataclass(frozen=True)
class ModelCard:
    """A model card: a model per landmark day, how good each is, and what one has to know before believing it."""

    trained_at: datetime
    landmarks: tuple[LandmarkModel, ...]
    """By day. None in a card of an installation that was upgraded: its model had learned from the outcome."""
    too_few: Mapping[int, str]
    """Landmark day -> why there is no model for it."""
    undecided: int
    horizon: timedelta
    proposed_rules: str
    """YAML for the playbook's section `scoring`."""
    leave_out: Mapping[str, str]
    """Columns that were left out by hand; the next training leaves them out as well."""
    is_kept_by_hand: bool = False
    """Somebody wants its probabilities though it may not beat guessing."""

    @property
    def beats_guessing(self) -> bool:
        """On one landmark day at least."""
        return any(one.trained.beats_guessing for one in self.landmarks)

    @property
    def in_use(self) -> tuple[LandmarkModel, ...]:
        """The models that leads get their probability by."""
        return tuple(one for one in self.landmarks if self.is_kept_by_hand or one.trained.beats_guessing)

    @property
    def reference(self) -> LandmarkModel:
        """The one that is shown and that points are proposed by: of those in use, else of all, that of the first week's
        end or the last before it.
        """
        choice = self.in_use or self.landmarks
        return next((one for one in reversed(choice) if one.day <= REFERENCE_DAY), choice[0])

    def on_day(self, day: int | None) -> LandmarkModel | None:
        """The model of a landmark day."""
        return next((one for one in self.landmarks if one.day == day), None)

    def model_at(self, age: timedelta) -> LandmarkModel | None:
        """The model for an open lead of this age: that of the last landmark day, if it is in use."""
        days = (*(one.day for one in self.landmarks), *self.too_few)
        last = max((day for day in days if timedelta(days=day) <= age), default=None)
        return next((one for one in self.in_use if one.day == last), None)

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "landmarks": [{"day": one.day} | one.trained.to_document() for one in self.landmarks],
            "too_few": [list(one) for one in self.too_few.items()],
            "horizon_days": self.horizon / timedelta(days=1),
            "undecided": self.undecided,
            "proposed": self.proposed_rules,
            "leave_out": dict(self.leave_out),
            "is_kept_by_hand": self.is_kept_by_hand,
        }

    @classmethod
    def from_document(cls, trained_at: datetime, document: Mapping[str, Any]) -> "ModelCard":
        """Back from JSON."""
        return cls(
            trained_at=trained_at,
            landmarks=tuple(
                LandmarkModel(one["day"], TrainedModel.from_document(one)) for one in document["landmarks"]
            ),
            too_few=dict(document["too_few"]),
            undecided=document["undecided"],
            horizon=timedelta(days=document["horizon_days"]),
            proposed_rules=document["proposed"],
            leave_out=document["leave_out"],
            is_kept_by_hand=document["is_kept_by_hand"],
        )


def train_on_history(
    connection: Connection,
    playbook: Playbook,
    leave_out: Mapping[str, str],
    now: datetime,
    say: ReportProgress = lambda _: None,
    *,
    keep: bool = False,
) -> ModelCard:
    """Learn from our own leads. Raises TooFewLeads, MissingLibrary, or UnknownColumn for what to leave out.

    With `keep` all its models are in use, though they may not beat guessing.
    """
    history = read_training_history(connection, playbook, now, say).without(leave_out)
    landmarks, too_few = [], {}
    for day, past in history.landmarks.items():
        try:
            landmarks.append(LandmarkModel(day, _train(past, history, day, say)))
        except TooFewLeads as few:
            too_few[day] = few
    if not landmarks:
        raise _with_undecided(next(iter(too_few.values())), history)
    said = {day: str(few) for day, few in too_few.items()}
    card = ModelCard(
        now, tuple(landmarks), said, history.undecided, history.horizon, "", dict(leave_out), is_kept_by_hand=keep
    )
    proposed = rules_as_yaml(propose_rules(card.reference.trained.model, playbook))
    return replace(card, proposed_rules=proposed)


def _train(past: TrainingData, history: TrainingHistory, day: int, say: ReportProgress) -> TrainedModel:
    return train(past, lambda doing: say(f"day {day}: {doing}"), models=len(history.landmarks))


def _with_undecided(few: TooFewLeads, history: TrainingHistory) -> TooFewLeads:
    return TooFewLeads(few.won, few.lost, f"; {history.undecided:,} more are younger than {history.horizon.days} days")


def store_model_card(connection: Connection, card: ModelCard) -> None:
    """Store the model card; from now on it is the one that predictions use."""
    connection.execute(insert(PredictionModel).values(trained_at=card.trained_at, document=card.to_document()))


def newest_model_card(connection: Connection) -> ModelCard | None:
    """The card that counts, if there is one."""
    row = connection.execute(NEWEST).one_or_none()
    return ModelCard.from_document(row.trained_at, row.document) if row else None
