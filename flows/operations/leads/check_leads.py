"""Check leads: every night, whether every lead has an owner and a next step; if not, who, why, and whose it is."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from models.database import engine
from models.response.orphaned_leads import Gap, find_gaps, tell_managers

ALL_WELL = "Every lead has an owner and a next step."


@flow(name="check-leads", flow_run_name="check that no lead fell between")
async def check_leads() -> State[Any]:
    """Look for leads without an owner or a task, forms that started no journey, stuck runs, and leads nobody took.

    What is found is listed in the artifact `lead-check` and mailed to the managers, at most once a day to each. The
    run is red as long as there is anything to mend, and green when every lead has an owner and a next step.
    """
    gaps = await asyncio.to_thread(_check_now)
    await acreate_table_artifact(key="lead-check", table=_rows(gaps), description=_sentence(gaps))
    return Failed(message=_sentence(gaps)) if gaps else Completed(message=ALL_WELL)


def _check_now() -> list[Gap]:
    now = datetime.now(UTC)
    with engine().begin() as connection:
        gaps = find_gaps(connection, now)
        tell_managers(connection, gaps, now)
    return gaps


def _rows(gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    return [asdict(gap) for gap in gaps]


def _sentence(gaps: Sequence[Gap]) -> str:
    """How many there are of each kind."""
    if not gaps:
        return ALL_WELL
    counts = Counter(gap.kind for gap in gaps)
    return "Leads that need a person: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
