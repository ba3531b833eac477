"""What ops find in Prefect after the demo: the mailer in force, and real runs of the flows of the night."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.flow_engine import run_flow_async
from prefect.states import Pending
from prefect.variables import Variable
from sqlalchemy import text

from blocks.current_mailer import VARIABLE
from blocks.local_mailbox import LocalMailbox
from deployments.stack.register import POOL
from flows.operations.apply_playbook import apply_playbook
from flows.operations.decay_scores import decay_scores
from flows.operations.judge_splits import judge_splits
from flows.operations.kpi_report import kpi_report
from flows.operations.leads.check_leads import check_leads
from flows.operations.mail.fulfilment_lists import send_fulfilment_lists
from flows.operations.predict_leads import predict_leads
from models.database import engine
from models.playbook import current_playbook
from models.prediction import MissingLibrary, TooFewLeads, store_model_card, train_on_history

BLOCK = "demo"

FLOWS: tuple[Any, ...] = (
    *(apply_playbook, decay_scores, predict_leads, judge_splits, check_leads, send_fulfilment_lists, kpi_report),
)
"""In the order of a night, which their schedules name; apply-playbook is what ops start most. The report comes last, so
that what the clock makes up for meanwhile is in it.
"""

IDLE_SECONDS = 60.0
OPEN_WORK = text("""
    SELECT EXISTS (SELECT FROM event WHERE reacted_at IS NULL)
        OR EXISTS (SELECT FROM journey_run WHERE status = 'waiting' AND resume_at <= now())
        OR EXISTS (SELECT FROM message WHERE state IN ('queued', 'sending') AND due_at <= now())
""")


def use_local_mailbox() -> None:
    """Name the local mailbox in the variable `mailer`, where ops would name SendGrid."""
    LocalMailbox().save(BLOCK, overwrite=True)
    Variable.set(VARIABLE, f"{LocalMailbox.get_block_type_slug()}/{BLOCK}", overwrite=True)


@contextmanager
def pause_worker() -> Iterator[None]:
    """Let no scheduled flow begin meanwhile: it would go by the real time, weeks after the demo's."""
    asyncio.run(_set_paused(True))
    try:
        yield
    finally:
        asyncio.run(_set_paused(False))


async def _set_paused(is_paused: bool) -> None:
    async with get_client() as client:
        await client.update_work_pool(POOL, WorkPoolUpdate(is_paused=is_paused))


def train_model() -> None:
    """Train the model that predicts who buys, and keep it though it has learned from few, as `tend predict --keep`."""
    with engine().begin() as connection, contextlib.suppress(TooFewLeads, MissingLibrary):
        playbook, now = current_playbook(connection), datetime.now(UTC)
        store_model_card(connection, train_on_history(connection, playbook, {}, now, keep=True))


def run_nightly_flows() -> None:
    """Run them one after the other as runs of their deployments, in this process, which has loaded them already."""
    asyncio.run(_run_nightly_flows())


async def _run_nightly_flows() -> None:
    async with get_client() as client:
        for flow in FLOWS:
            named = FlowFilter(name=FlowFilterName(any_=[flow.name]))
            [deployment, *_] = await client.read_deployments(flow_filter=named)
            # Pending, as a worker makes it: what is scheduled a worker would take.
            run = await client.create_flow_run_from_deployment(deployment.id, state=Pending())
            await run_flow_async(flow, flow_run=run, parameters=run.parameters, return_type="state")


def wait_until_idle() -> None:
    """Wait until the clock has made up for the time that was left to it; at most a minute."""
    give_up = time.monotonic() + IDLE_SECONDS
    with engine().connect() as connection:
        while connection.execute(OPEN_WORK).scalar_one() and time.monotonic() < give_up:
            time.sleep(0.2)
