"""What Prefect shows of a batch, and that the batch goes on without it."""

import asyncio
import json
from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import run_artifacts
from flows.private_flow import flow
from flows.run_artifacts import begin_progress, show_counts, show_text

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@flow(name="a-batch", flow_run_name="a batch")
async def a_batch() -> State[None]:
    """Ten things in two steps."""
    progress = await begin_progress("a-batch-progress", "Things")
    for done in (1, 10):
        await progress.reach(done, 10)
    await show_counts({"made": 1_234, "left out": 0}, key="a-batch-counts", description="Done for ann@example.com")
    await show_text("- all of it", key="a-batch-text")
    return Completed(message="ten things")


async def shown() -> dict[str, Any]:
    """Key -> what stands in it, of this batch."""
    keys = ["a-batch-progress", "a-batch-counts", "a-batch-text"]
    async with get_client() as client:
        found = await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=keys)))
    return {str(one.key): (one.data, one.description) for one in found}


@pytest.mark.usefixtures("prefect_server")
def test_a_batch_shows_how_far_it_is_and_what_it_did_and_goes_on_while_prefect_is_slow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> tuple[dict[str, Any], State[Any], dict[str, Any]]:
        with monkeypatch.context() as impatient:
            impatient.setattr(run_artifacts, "PATIENCE_SECONDS", 0.0)
            state: State[Any] = await a_batch(return_state=True)
        while_slow = await shown()
        await a_batch()
        return while_slow, state, await shown()

    while_slow, state, found = asyncio.run(story())
    assert (while_slow, state.message) == ({}, "ten things")
    assert "Prefect has not taken an artifact (TimeoutError)" in caplog.text
    assert found["a-batch-progress"][0] == 100.0
    counts, description = found["a-batch-counts"]
    assert json.loads(counts) == [{"what": "made", "how many": "1,234"}]
    assert description == "Done for (hidden)"
    assert found["a-batch-text"][0] == "- all of it"


def test_work_without_a_flow_run_asks_nothing_of_prefect(caplog: pytest.LogCaptureFixture) -> None:
    assert asyncio.run(a_batch.fn()).message == "ten things"
    assert caplog.text == ""
