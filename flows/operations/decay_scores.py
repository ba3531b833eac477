"""Decay scores: every night each score is brought to what its points are still worth."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import text

from models.database import engine
from models.scoring.fading import bring_to_today, is_due

COUNT = text("SELECT count(*) FROM contact")


@flow(name="decay-scores", flow_run_name="bring scores to today")
async def decay_scores(even_if_done: bool = False) -> State[None]:
    """Bring all scores, the points of explicit rules, and the levels that follow from them to today.

    The day changes at midnight where the company is. The schedule does not know where that is, so this begins every
    hour and has nothing to do but once a day. Running it twice, or after nights without a run, gives the same scores.

    Args:
        even_if_done: Count everything anew though it has been done today, such as after entries were changed by hand.
    """
    now = datetime.now(UTC)
    total = await asyncio.to_thread(_to_do, now, even_if_done)
    if not total:
        return Completed(message="all scores are of today")
    progress = await acreate_progress_artifact(0.0, key="scores", description="Contacts whose score is of today")
    portions, done = bring_to_today(engine(), now), 0
    while (reached := await asyncio.to_thread(next, portions, None)) is not None:
        done = reached
        await aupdate_progress_artifact(progress, min(100.0, 100 * done / total))
    return Completed(message=f"{done:,} contacts brought to today")


def _to_do(now: datetime, even_if_done: bool) -> int:
    """How many contacts there are; 0 when there is nothing to do."""
    with engine().connect() as connection:
        due = even_if_done or is_due(connection, now)
        return int(connection.execute(COUNT).scalar_one()) if due else 0
