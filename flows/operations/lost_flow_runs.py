"""Flow runs whose process has ended without telling Prefect: they would be shown as running for ever.

A clock's flow runs are known by its tag, and a clock that lives by its lock in Postgres. A worker's are known by the
number of their process.
"""

import asyncio
import contextlib
import socket
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psutil
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed
from sqlalchemy import text

from models.database import CLOCK_LOCKS, engine

OPEN_STATES = ("RUNNING", "PENDING", "CANCELLING")
CLOCK_TAG = "clock-"
SECOND_LOOK_AFTER = 5.0
"""Seconds. When Postgres was restarted, clocks that live have no lock for a moment."""
LONGEST_RUN = timedelta(hours=6)
"""A clock that lives and works in batches cannot be at one for that long: the answer to its end was lost."""
LONGEST_PENDING = timedelta(minutes=10)
"""A clock begins a flow run in milliseconds; one that is pending for that long never began."""

LIVING_CLOCKS = text(f"""
    SELECT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {CLOCK_LOCKS} AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


async def end_lost_flow_runs() -> int:
    """Set flow runs that nobody works on any more to Crashed, with the reason; returns how many."""
    suspects = await _find_lost()
    if not suspects:
        return 0
    await asyncio.sleep(SECOND_LOOK_AFTER)
    lost = {number: reason for number, reason in (await _find_lost()).items() if number in suspects}
    async with get_client() as client:
        for number, reason in lost.items():
            await client.set_flow_run_state(number, Crashed(message=reason), force=True)
    return len(lost)


async def _find_lost() -> dict[UUID, str]:
    """Flow run -> why it is lost."""
    begun = FlowRunFilter.model_validate({"state": {"type": {"any_": OPEN_STATES}}})
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_run_filter=begun, limit=200)
    living = await asyncio.to_thread(_living_clocks) if runs else set()
    return find_lost(runs, living, datetime.now(UTC))


def find_lost(runs: Sequence[FlowRun], living_clocks: Collection[int], now: datetime) -> dict[UUID, str]:
    """Which of these open flow runs nobody works on, and why."""
    reasons = {run.id: _reason(run, living_clocks, now) for run in runs}
    return {number: reason for number, reason in reasons.items() if reason}


def _reason(run: FlowRun, living_clocks: Collection[int], now: datetime) -> str:
    """Why nobody works on it any more; empty when somebody may."""
    clock = next((tag.removeprefix(CLOCK_TAG) for tag in run.tags if tag.startswith(CLOCK_TAG)), "")
    if clock.isdigit():
        return _clock_reason(run, int(clock) in living_clocks, now)
    if run.infrastructure_pid and not _is_alive(run.infrastructure_pid, run.start_time):
        return "The process of this flow run has ended without a word. Start the deployment again if it was not done."
    return ""


def _clock_reason(run: FlowRun, is_alive: bool, now: datetime) -> str:
    since = run.state.timestamp if run.state else now
    if not is_alive:
        return "The clock that did this was ended in the middle of it. What was left is done by the next clock."
    if run.state and run.state.is_pending() and now - since > LONGEST_PENDING:
        return "Prefect did not answer when this was to begin, and it was done without a flow run."
    if now - since > LONGEST_RUN:
        return "Prefect did not answer when this ended."
    return ""


def _is_alive(process: str, started: datetime | None) -> bool:
    """Whether that process, `host:number`, still is the one that began then; those of other machines may be."""
    host, _, number = process.rpartition(":")
    if host != socket.gethostname() or not number.isdigit():
        return True
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(int(number))
        began = datetime.fromtimestamp(found.create_time(), UTC)
        is_another = started is not None and began > started + timedelta(minutes=1)
        return found.status() != psutil.STATUS_ZOMBIE and not is_another
    return False


def _living_clocks() -> set[int]:
    with engine().connect() as connection:
        return set(connection.scalars(LIVING_CLOCKS))
