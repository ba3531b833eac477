"""What the predictive model says: of one contact beside the score, and of itself on its own page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.database import engine
from web.frame.login import require_ops
from web.frame.pages import page

if TYPE_CHECKING:
    # Brings pandas along, which would make the web process start late and weigh more; few pages need it.
    from models.prediction import LandmarkModel
    from models.prediction.evaluation import Band

router = APIRouter(dependencies=[Depends(require_ops)])

SIZE = 300
"""Of the square that the calibration is drawn in."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of one contact."""

    probability: float
    reason: list[str]
    day: int
    """What was known so many days after the lead came is what counts."""
    band: "Band | None"
    """Held-out leads of about the same probability, and how many of them bought."""


@dataclass(frozen=True)
class CalibrationPoint:
    """A band where it stands in the plot, with the range that its true share lies in."""

    x: float
    y: float
    top: float
    bottom: float
    label: str


def prediction_of(connection: Connection, contact: Mapping[str, Any]) -> Prediction | None:
    """The prediction that stands in a contact's row; None where there is none."""
    if contact["probability"] is None:
        return None
    from models.prediction import newest_model_card

    card, probability = newest_model_card(connection), float(contact["probability"])
    landmark = card.on_day(contact["probability_day"]) if card else None
    band = landmark.band(probability) if landmark else None
    return Prediction(probability, contact["probability_reasons"] or [], contact["probability_day"], band)


@router.get("/prediction")
def show_model(request: Request, day: int | None = None) -> Response:
    """The model card, with one of its models in detail, or how to get one."""
    from models.prediction import can_train, newest_model_card

    with engine().connect() as connection:
        card = newest_model_card(connection)
    if card is None or not card.landmarks:
        return page(request, "contacts/model_card.html", card=None, can_train=can_train())
    shown = card.on_day(day) or card.reference
    return page(request, "contacts/model_card.html", card=card, shown=shown, size=SIZE, **_lines(shown))


def _lines(shown: "LandmarkModel") -> dict[str, Any]:
    """What the page lists and draws of a model."""
    from models.prediction.evaluation import FEATURES_NOTE, left_out_by_reason, main_features

    held_out = {"On a random fifth": shown.trained.random_test, "On the newest fifth": shown.trained.newest_test}
    parts = {name: figures for name, figures in held_out.items() if figures}
    plots = {name: [_point(band) for band in figures.bands] for name, figures in parts.items()}
    features, left_out = main_features(shown.trained.model), left_out_by_reason(shown.trained.left_out)
    return {"parts": parts, "plots": plots, "features": features, "movers": FEATURES_NOTE, "left_out": left_out}


def _point(band: "Band") -> CalibrationPoint:
    y, top, bottom = (SIZE * (1 - share) for share in (band.share, *reversed(band.interval)))
    says = f"{band.expected:.0%} predicted, {band.share:.0%} of {band.leads:,} leads bought"
    return CalibrationPoint(SIZE * band.expected, y, top, bottom, says)
