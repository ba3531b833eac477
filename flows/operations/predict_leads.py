"""Predict leads: the probability that each open lead buys, by the model, which is trained anew once a month."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.private_flow import flow
from flows.run_artifacts import begin_progress
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
    buy. There is a model for leads that just came, and one for those still open after 1, 3, 7 days and so on; a lead is
    judged by the last of them, by what was known of it on that day. Without models, or when they are a month old, they
    are trained first, if scikit-learn is installed and enough leads are decided. Those that beat guessing on the newest
    leads are used; while none does, no lead has a probability.
    """
    now = datetime.now(UTC)
    card, remark = await asyncio.to_thread(model_for, now)
    chunks, leads = apply_model(engine(), card, now), 0
    if card is None or not card.in_use:
        # What a model gave that is not in use any more is taken away.
        await asyncio.to_thread(deque, chunks, 0)
        return Completed(message=f"{NO_MODEL} {remark}")
    progress = await begin_progress("predict-leads", "Open leads")
    while chunk := await asyncio.to_thread(next, chunks, None):
        done, predicted = chunk
        leads += predicted
        await progress.reach(done)
    await progress.reach(1.0)
    return Completed(message=f"{leads:,} open leads predicted. {remark}".strip())


def model_for(now: datetime) -> tuple[ModelCard | None, str]:
    """The models in use, trained if there are none or they are old, and a sentence about the training."""
    with engine().begin() as connection:
        card = newest_model_card(connection)
        if card and card.in_use and card.trained_at > now - OLD:
            return card, ""
        try:
            fresh = train_on_history(connection, current_playbook(connection), card.leave_out if card else {}, now)
        except (TooFewLeads, MissingLibrary, UnknownColumn) as reason:
            return card, str(reason)
        if not fresh.beats_guessing:
            return card, "The model trained today does not beat guessing on the newest leads and was not kept."
        store_model_card(connection, fresh)
        days = ", ".join(str(one.day) for one in fresh.in_use)
        return fresh, f"Trained today on {fresh.landmarks[0].trained.leads:,} decided leads; in use for day {days}."
