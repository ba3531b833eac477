"""Delete old flow runs from Prefect's own history."""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterExpectedStartTime
from prefect.states import Completed, State
from pydantic import PositiveInt

from flows.private_flow import flow


@flow(name="prune-history", flow_run_name="keep {keep_days} days")
async def prune_history(keep_days: PositiveInt = 7) -> State[Any]:
    """Delete flow runs that began longer ago than this, with their logs. What happened to contacts is not touched.

    Prefect's server drops its events after as many days by itself, and artifacts once their flow run is gone.

    Args:
        keep_days: How many days of Prefect's run history to keep.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    pruned = 0
    async with get_client() as client:
        while deleted := await _delete_some(client, before):
            pruned += deleted
    return Completed(message=f"{pruned} flow runs from before {before:%Y-%m-%d} deleted")


async def _delete_some(client: Any, before: datetime) -> int:
    """Delete as many as the server does in one request, also runs that were killed and never ended; how many."""
    old = FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": before}))
    answer = await client.request(
        "POST", "/flow_runs/bulk_delete", json={"flow_runs": old.model_dump(mode="json", exclude_unset=True)}
    )
    return len(answer.json()["deleted"])
