"""Prefect's own history of flow runs, kept from growing without end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterEndTime
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, State

AT_ONCE = 200
"""Flow runs fetched per request; the server gives at most this many."""

SIDE_BY_SIDE = 10


@flow(name="prune-history", flow_run_name="keep {keep_days} days")
async def prune_history(keep_days: int = 7) -> State[Any]:
    """Delete flow runs that ended longer ago than this. What happened to contacts is not touched.

    Args:
        keep_days: How many days of Prefect's run history to keep.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    pruned = 0
    async with get_client() as client:
        while runs := await client.read_flow_runs(flow_run_filter=_ended(before), limit=AT_ONCE):
            pruned += await _delete(client, runs)
    return Completed(message=f"{pruned} flow runs from before {before:%Y-%m-%d} deleted")


def _ended(before: datetime) -> FlowRunFilter:
    return FlowRunFilter(end_time=FlowRunFilterEndTime.model_validate({"before_": before}))


async def _delete(client: Any, runs: list[FlowRun]) -> int:
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(run: FlowRun) -> None:
        async with gate:
            await client.delete_flow_run(run.id)

    await asyncio.gather(*(one(run) for run in runs))
    return len(runs)
