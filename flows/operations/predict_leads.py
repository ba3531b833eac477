"""Predict leads: the probability that each open lead buys, by the model, which is trained anew once a month."""

import asyncio
from datetime import UTC, datetime, timedelta

from prefect import flow
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from models.database import engine
from models.playbook import current_playbook
from models.prediction import (
    MissingLibrary,
    ModelCard,
    TooFewLeads,
    UnknownColumn,
    apply_model,
    newest_model_card,
    store_model_card,
    train_on_history,
)

OLD = timedelta(days=30)
NO_MODEL = "No lead has a probability yet."


@flow(name="predict-leads", flow_run_name="predict leads")
async def predict_leads() -> State[None]:
    """Write the probability to buy, with its main reasons, beside the score of each open lead.

    Open is a lead that has neither bought nor been suppressed and is younger than the time in which nine of ten buyers
    buy. A lead of the last days is judged by what is known so far. Without a model, or when it is a month old, one is
    trained first, if scikit-learn is installed and enough leads are decided; it is kept if it beats guessing.
    """
    now = datetime.now(UTC)
    card, remark = await asyncio.to_thread(model_for, now)
    if card is None:
        return Completed(message=f"{NO_MODEL} {remark}")
    progress = await acreate_progress_artifact(0.0, key="predict-leads", description="Open leads")
    chunks, leads = apply_model(engine(), card.trained.model, card.horizon, now), 0
    while chunk := await asyncio.to_thread(next, chunks, None):
        done, open_leads = chunk
        leads += open_leads
        await aupdate_progress_artifact(progress, 100.0 * done)
    await aupdate_progress_artifact(progress, 100.0)
    return Completed(message=f"{leads:,} open leads predicted. {remark}".strip())


def model_for(now: datetime) -> tuple[ModelCard | None, str]:
    """The model in use, trained if there is none or it is old, and a sentence about the training."""
    with engine().begin() as connection:
        card = newest_model_card(connection)
        if card and card.trained_at > now - OLD:
            return card, ""
        try:
            fresh = train_on_history(connection, current_playbook(connection), card.leave_out if card else {}, now)
        except (TooFewLeads, MissingLibrary, UnknownColumn) as reason:
            return card, str(reason)
        if not fresh.trained.beats_guessing:
            return card, "The model trained today does not beat guessing on the newest leads and was not kept."
        store_model_card(connection, fresh)
        return fresh, f"Trained today on {fresh.trained.leads:,} decided leads."
