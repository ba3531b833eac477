"""What Prefect shows of a run's work: how far it has come, and a table or text of what it did.

The work never waits long for it and never fails by it: what was done is done, whether or not Prefect shows it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.context import FlowRunContext

from models.access.redact import redact

T = TypeVar("T")
log = logging.getLogger("tend.flows")

PATIENCE_SECONDS = 5.0
"""For how long one call to Prefect is waited for."""
PROGRESS_EVERY_SECONDS = 1.0
"""Nobody reads progress faster, and each update costs Prefect's server as much as a batch of contacts may take."""


class Progress:
    """How far a run has come. Nothing is shown outside of a flow run, or once Prefect has not answered in time."""

    def __init__(self, artifact: UUID | None) -> None:
        self._artifact = artifact
        self._shown_at = time.monotonic()

    async def reach(self, done: float, total: float = 1.0) -> None:
        """So much of it all is done; the end is always shown."""
        share = min(1.0, done / total) if total > 0 else 1.0
        now = time.monotonic()
        if self._artifact is None or (share < 1.0 and now - self._shown_at < PROGRESS_EVERY_SECONDS):
            return
        self._shown_at = now
        if await _unless_slow(partial(aupdate_progress_artifact, self._artifact, 100.0 * share)) is None:
            self._artifact = None


async def begin_progress(key: str, description: str) -> Progress:
    """Show a bar on the page of the flow run, at its beginning."""
    return Progress(
        await _unless_slow(partial(acreate_progress_artifact, 0.0, key=key, description=redact(description)))
    )


async def show_table(rows: Sequence[Mapping[str, Any]], *, key: str, description: str) -> None:
    """Show what was done, a row for each thing. `key` is letters, digits and dashes: the artifact's name over all runs.

    Rows name no lead and hold no address, for Prefect keeps them, and nobody can erase them there; addresses in the
    description are left out.
    """
    table = [dict(row) for row in rows]
    await _unless_slow(partial(acreate_table_artifact, table, key=key, description=redact(description)))


async def show_counts(counts: Mapping[str, int], *, key: str, description: str) -> None:
    """Show how much was done of each kind; nothing where nothing was."""
    if rows := [{"what": what, "how many": f"{count:,}"} for what, count in counts.items() if count]:
        await show_table(rows, key=key, description=description)


async def show_text(markdown: str, *, key: str, description: str | None = None) -> None:
    """Show a text in Markdown."""
    await _unless_slow(partial(acreate_markdown_artifact, markdown, key=key, description=description))


async def _unless_slow(call: Callable[[], Awaitable[T]]) -> T | None:
    """What Prefect answers; None outside of a flow run, when it takes too long, and for whatever its client raises."""
    if FlowRunContext.get() is None:
        return None
    try:
        return await asyncio.wait_for(call(), PATIENCE_SECONDS)
    except Exception as error:
        log.warning("Prefect has not taken an artifact (%s); the work went on.", type(error).__name__)
        return None
