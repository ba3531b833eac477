"""Merge likely duplicates in a batch, from the Prefect UI."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field

from flows.private_flow import contact_link, flow
from flows.run_artifacts import show_table
from models.database import engine
from models.merging import MergeReport, Pair, merge_all
from models.merging.duplicates import CERTAIN, pairs_to_merge
from models.tables.identifier import DuplicateReason
from models.wording import counted

LISTED = 500
"""How many pairs the list in the Prefect UI shows."""

BY = "the flow merge-contacts"


def _run_name() -> str:
    asked = flow_run.parameters
    return f"{'dry run: ' * asked['dry_run']}merge up to {asked['limit']}"


@flow(name="merge-contacts", flow_run_name=_run_name)
async def merge_contacts(
    reasons: Sequence[DuplicateReason] = CERTAIN,
    limit: Annotated[int, Field(ge=1, le=100_000)] = 100,
    dry_run: bool = True,
) -> State[None]:
    """Merge contacts that /duplicates lists as one person, a hundred per transaction; journeys go on meanwhile.

    Of each pair the contact stays that has come further, else the one with an email, else the older one. Each merge is
    on the contact's timeline, with a button that separates them again. What is being worked on just now is left out.

    Args:
        reasons: What must show that two contacts are one person. By default only what is certain.
        limit: At most so many pairs, the likeliest first.
        dry_run: Only list the pairs.
    """
    now = datetime.now(UTC)
    pairs = await asyncio.to_thread(_pairs, reasons, limit)
    lines = _lines(pairs)
    report = MergeReport() if dry_run else await asyncio.to_thread(_merge, pairs, now)
    said = counted(len(pairs), "pair") if dry_run else summary(report)
    await show_table(lines, key="merged-contacts", description=f"{'Dry run: ' * dry_run}{said}")
    return Completed(message=said)


def _pairs(reasons: Sequence[DuplicateReason], limit: int) -> list[Pair]:
    with engine().connect() as connection:
        return pairs_to_merge(connection, reasons, limit)


def _merge(pairs: Sequence[Pair], now: datetime) -> MergeReport:
    total = MergeReport()
    for report in merge_all(engine(), pairs, BY, now):
        total += report
    return total


def summary(report: MergeReport) -> str:
    """What became of the pairs, in a line."""
    parts = [f"{len(report.merged):,} merged"]
    parts += [f"{counted(len(report.left_out), 'pair')} one contact already"] if report.left_out else []
    parts += [f"{counted(len(report.busy), 'pair')} being worked on: start it again for them"] if report.busy else []
    return ", ".join(parts)


def _lines(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """A row for each pair, by numbers."""
    lines = [
        {"stays": contact_link(pair.kept), "merged": contact_link(pair.merged), "reason": pair.reason}
        for pair in pairs[:LISTED]
    ]
    more = len(pairs) - len(lines)
    return [*lines, {"stays": f"and {more:,} more", "merged": "", "reason": ""}] if more else lines
