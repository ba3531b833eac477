"""Move stuck runs on: try again, end or restart them, from the Prefect UI."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

from prefect.runtime import flow_run
from prefect.states import Completed, State
from sqlalchemy import Connection, Row, text

from flows.private_flow import WithoutAddress, contact_link, flow
from flows.run_artifacts import show_table
from flows.runtime.prefect_flow import discover
from models.access.redact import redact
from models.database import engine
from models.journeys.runs import end_runs, restart_runs, retry_runs
from models.titles import title_of_journey
from models.wording import counted

STUCK = text("""
SELECT id, journey, contact_id, split_part(stuck_reason, ':', 1) AS reason FROM journey_run
WHERE status = 'stuck' AND (CAST(:journey AS text) IS NULL OR journey = :journey)
  AND (:runs = '{}' OR id = ANY(CAST(:runs AS bigint[])))
ORDER BY id
""")
LISTED = 500
"""How many runs the list in the Prefect UI shows."""


class Intervention(StrEnum):
    """What to do with the runs."""

    TRY_AGAIN = "try again from where they are"
    END = "end them"
    START_OVER = "start the journey over"


PAST_TENSE = {Intervention.TRY_AGAIN: "go on", Intervention.END: "ended", Intervention.START_OVER: "started over"}


def _choices() -> dict[str, str]:
    """Name -> title of each journey, by title; two of one title are told apart by their names."""
    titles = {name: title_of_journey(name) for name in discover()}
    shared = Counter(titles.values())
    shown = {name: title if shared[title] == 1 else f"{title} ({name})" for name, title in titles.items()}
    return dict(sorted(shown.items(), key=lambda one: one[1]))


JourneyName = Enum("JourneyName", {"ALL": "all journeys"} | _choices())  # type: ignore[misc]
"""The choices in the form: the journeys that there are when the flow is deployed."""


def _run_name() -> str:
    asked = flow_run.parameters
    # A worker hands in what was typed, whoever calls the flow its enum.
    journey = JourneyName(asked["journey"]).value
    return f"{'dry run: ' * asked['dry_run']}{journey}: {asked['action']}"


@flow(name="move-stuck-runs", flow_run_name=_run_name)
async def move_stuck_runs(
    action: Intervention = Intervention.TRY_AGAIN,
    journey: JourneyName = JourneyName.ALL,  # type: ignore[attr-defined]
    runs: list[int] = [],  # noqa: B006  Prefect shows the default in the form
    ending: WithoutAddress = "ended by hand",
    dry_run: bool = True,
) -> State[Any]:
    """Move on runs that are stuck, once the cause is fixed (the contact's page and /runs say what it is).

    Args:
        action: What to do with them.
        journey: Only runs of this journey.
        runs: Only these runs, by number. Empty: all that are stuck.
        ending: What to write as the ending when they are ended.
        dry_run: Only list the runs. Take it away to move them.
    """
    name = None if journey is JourneyName.ALL else journey.name  # type: ignore[attr-defined]
    moved, lines = await asyncio.to_thread(_intervene, action, name, runs, ending, dry_run=dry_run)
    others = f"; {len(runs) - moved} of those named are not stuck" if len(runs) > moved else ""
    said = f"{counted(moved, 'stuck run')} {'found' if dry_run else PAST_TENSE[action]}{others}"
    await show_table(lines, key="moved-runs", description=said)
    return Completed(message=said)


def _intervene(
    action: Intervention, journey: str | None, runs: list[int], ending: str, *, dry_run: bool
) -> tuple[int, list[dict[str, str]]]:
    """Do it in one transaction, which a dry run rolls back; how many runs, and a row for each."""
    with engine().connect() as connection:
        stuck = _stuck(connection, journey, runs)
        moved = _move(connection, [run.id for run in stuck], action, ending)
        if not dry_run:
            connection.commit()
    return moved, _lines(stuck)


def _move(connection: Connection, stuck: list[int], action: Intervention, ending: str) -> int:
    now = datetime.now(UTC)
    match action:
        case Intervention.TRY_AGAIN:
            return retry_runs(connection, stuck, now)
        case Intervention.END:
            return len(end_runs(connection, stuck, ending, now))
        case Intervention.START_OVER:
            return restart_runs(connection, stuck, now)


def _stuck(connection: Connection, journey: str | None, runs: list[int]) -> Sequence[Row[Any]]:
    wanted = {"journey": journey, "runs": "{" + ",".join(map(str, runs)) + "}"}
    return connection.execute(STUCK, wanted).all()


def _lines(stuck: Sequence[Row[Any]]) -> list[dict[str, str]]:
    """A row for each run, by numbers: what its reason quotes stands on the page of the runs."""
    lines = [
        {"run": str(run.id), "journey": run.journey, "contact": contact_link(run.contact_id), "was": redact(run.reason)}
        for run in stuck[:LISTED]
    ]
    more = len(stuck) - len(lines)
    return [*lines, {"run": f"and {more:,} more", "journey": "", "contact": "", "was": ""}] if more else lines
