"""Move stuck runs on: try again, end or restart them, from the Prefect UI."""

import asyncio
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

from prefect.states import Completed, State
from sqlalchemy import Connection, text

from flows.private_flow import WithoutAddress, flow
from flows.runtime.prefect_flow import discover
from models.database import engine
from models.journeys.runs import end_runs, restart_runs, retry_runs

STUCK = text("""
SELECT id FROM journey_run
WHERE status = 'stuck' AND (:journey = 'all journeys' OR journey = :journey)
  AND (:runs = '{}' OR id = ANY(CAST(:runs AS bigint[])))
""")


class Intervention(StrEnum):
    """What to do with the runs."""

    TRY_AGAIN = "try again from where they are"
    END = "end them"
    START_OVER = "start the journey over"


PAST_TENSE = {Intervention.TRY_AGAIN: "go on", Intervention.END: "ended", Intervention.START_OVER: "started over"}

JourneyName = Enum("JourneyName", {"ALL": "all journeys"} | {name: name for name in sorted(discover())})  # type: ignore[misc]
"""The choices in the form: the journeys that there are when the flow is deployed."""


@flow(name="move-stuck-runs", flow_run_name="{journey.value}: {action.value}")
async def move_stuck_runs(
    action: Intervention = Intervention.TRY_AGAIN,
    journey: JourneyName = JourneyName.ALL,  # type: ignore[attr-defined]
    runs: list[int] = [],  # noqa: B006  Prefect shows the default in the form
    ending: WithoutAddress = "ended by hand",
) -> State[Any]:
    """Move on runs that are stuck, once the cause is fixed (the contact's page and /runs say what it is).

    Args:
        action: What to do with them.
        journey: Only runs of this journey.
        runs: Only these runs, by number. Empty: all that are stuck.
        ending: What to write as the ending when they are ended.
    """
    moved = await asyncio.to_thread(_intervene, action, journey.value, runs, ending)
    others = f"; {len(runs) - moved} of those named are not stuck" if len(runs) > moved else ""
    return Completed(message=f"{moved} stuck {'run' if moved == 1 else 'runs'} {PAST_TENSE[action]}{others}")


def _intervene(action: Intervention, journey: str, runs: list[int], ending: str) -> int:
    now = datetime.now(UTC)
    with engine().begin() as connection:
        stuck = _stuck(connection, journey, runs)
        match action:
            case Intervention.TRY_AGAIN:
                return retry_runs(connection, stuck, now)
            case Intervention.END:
                return len(end_runs(connection, stuck, ending, now))
            case Intervention.START_OVER:
                return restart_runs(connection, stuck, now)


def _stuck(connection: Connection, journey: str, runs: list[int]) -> list[int]:
    wanted = {"journey": journey, "runs": "{" + ",".join(map(str, runs)) + "}"}
    return list(connection.execute(STUCK, wanted).scalars())
