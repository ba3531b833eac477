"""The stored model with all that its page tells; the newest counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from models.playbook import Playbook
from models.prediction.evaluation import Band
from models.prediction.history import WINDOW, History, read_history
from models.prediction.proposal import propose, written
from models.prediction.training import Past, Say, TooFew, Trained, train
from models.tables.score import PredictionModel

NEWEST = text("SELECT trained_at, document FROM prediction_model ORDER BY trained_at DESC, id DESC LIMIT 1")


@dataclass(frozen=True)
class Card:
    """A model card: the model, how good it is, and what one has to know before believing it."""

    trained_at: datetime
    trained: Trained
    undecided: int
    horizon: timedelta
    proposed: str
    """YAML for the playbook's section `scoring`."""
    leave_out: Mapping[str, str]
    """Columns that were left out by hand; the next training leaves them out as well."""
    window: timedelta = WINDOW

    def band(self, probability: float) -> Band | None:
        """The held-out leads of about this probability: those of the random fifth."""
        bands = self.trained.random.bands if self.trained.random else ()
        above = [band for band in bands if band.lowest <= probability]
        return above[-1] if above else next(iter(bands), None)

    def document(self) -> dict[str, Any]:
        """As JSON holds it."""
        days = {"horizon_days": self.horizon / timedelta(days=1), "window_days": self.window / timedelta(days=1)}
        told = {"undecided": self.undecided, "proposed": self.proposed, "leave_out": dict(self.leave_out)}
        return self.trained.document() | days | told


def train_on_history(
    connection: Connection, playbook: Playbook, leave_out: Mapping[str, str], now: datetime, say: Say = lambda _: None
) -> Card:
    """Learn from this business's own leads. Raises TooFew, NoLibrary, or UnknownColumn for what to leave out."""
    history = read_history(connection, playbook, now, say)
    trained = _train(history, history.past.without(leave_out), say)
    proposed = written(propose(trained.model, playbook))
    return Card(now, trained, history.undecided, history.horizon, proposed, dict(leave_out))


def _train(history: History, past: Past, say: Say) -> Trained:
    try:
        return train(past, say)
    except TooFew as few:
        days = history.horizon.days
        raise TooFew(few.won, few.lost, f"; {history.undecided:,} more are younger than {days} days") from None


def store(connection: Connection, card: Card) -> None:
    """Keep it; from now on it is the one that counts."""
    connection.execute(insert(PredictionModel).values(trained_at=card.trained_at, document=card.document()))


def newest(connection: Connection) -> Card | None:
    """The model that counts, if there is one."""
    row = connection.execute(NEWEST).one_or_none()
    if row is None:
        return None
    held: dict[str, Any] = row.document
    horizon, window = timedelta(days=held["horizon_days"]), timedelta(days=held["window_days"])
    told = (held["undecided"], horizon, held["proposed"], held["leave_out"])
    return Card(row.trained_at, Trained.read(held), *told, window)
