"""Decay scores: every night each score is reduced to what its points are worth on that day."""

import asyncio
from datetime import UTC, datetime

from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import text

from flows.private_flow import flow
from flows.run_artifacts import begin_progress
from models.database import engine
from models.scoring.nightly import decay_all_scores

COUNT = text("SELECT count(*) FROM contact")


@flow(name="decay-scores", flow_run_name="bring scores to today")
async def decay_scores() -> State[None]:
    """Compute all scores, the points of explicit rules, and the levels that follow from them, as of today.

    The day changes at midnight where the company is: the schedule begins just after. Running it twice, at another hour,
    or after nights without a run, gives the same scores.
    """
    now = datetime.now(UTC)
    total = await asyncio.to_thread(_count)
    progress = await begin_progress("scores", "Contacts whose score is of today")
    batches, done = decay_all_scores(engine(), now), 0
    while (reached := await asyncio.to_thread(next, batches, None)) is not None:
        done = reached
        await progress.reach(done, total)
    await progress.reach(1.0)
    return Completed(message=f"{done:,} contacts brought to today")


def _count() -> int:
    with engine().connect() as connection:
        return int(connection.execute(COUNT).scalar_one())
