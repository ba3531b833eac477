"""Journeys for ops: how many are on each, how they ended, and the stuck ones with a way to move them on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.audit import Change
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.journeys.runs import end_runs, restart_runs, retry_runs
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text

router = APIRouter(prefix="/runs", dependencies=[Depends(require_ops)])

Action = Literal["retry", "restart", "end"]
DID = {"retry": "let a stuck journey go on", "restart": "began a journey anew", "end": "ended a journey"}
DONE = {"retry": "goes on from where it was", "restart": "began again from the top", "end": "was ended"}
LONGEST_ENDING = 100
NO_RUN = "There is no open run with this number: it has ended, or its contact has been erased. Nothing was changed."
AT_ONCE = 100

JOURNEY_COUNTS = text("""
    SELECT journey, status, ending, count(*) AS runs FROM journey_run
    GROUP BY journey, status, ending ORDER BY journey, runs DESC
""")

STUCK = text(f"""
    SELECT run.id, run.journey, run.contact_id, run.waiting_for, run.steps, run.stuck_reason, run.asked_at,
           {DISPLAY_NAME} AS who,
           count(*) OVER (PARTITION BY run.journey, run.stuck_reason) AS alike
    FROM journey_run run JOIN contact ON contact.id = run.contact_id
    WHERE run.status = 'stuck'
    ORDER BY run.journey, run.stuck_reason, run.id LIMIT :at_once
""")

WHOSE = text("SELECT contact_id FROM journey_run WHERE id = :id")

SAME_PROBLEM = text("""
    SELECT other.id FROM journey_run run
    JOIN journey_run other ON other.journey = run.journey AND other.stuck_reason = run.stuck_reason
    WHERE run.id = :id AND run.status = 'stuck' AND other.status = 'stuck'
""")


@dataclass(frozen=True)
class JourneySummary:
    """One journey: how many are on it, stuck on it, and off it by ending."""

    journey: str
    waiting: int
    stuck: int
    endings: list[tuple[str, int]]

    @property
    def ended(self) -> int:
        """How many have come to an end."""
        return sum(runs for _, runs in self.endings)


@dataclass(frozen=True)
class StuckRun:
    """A stuck run, its reason, and how many more runs are stuck for that reason."""

    id: int
    journey: str
    contact_id: int
    waiting_for: str
    steps: int
    stuck_reason: str | None
    asked_at: datetime | None
    who: str
    alike: int


@router.get("")
def show_runs(request: Request, moved: int | None = None, done: str = "") -> Response:
    """Where everybody stands, and who is stuck."""
    with engine().connect() as connection:
        standings = _journey_summaries(connection)
        stuck = [StuckRun(**run) for run in connection.execute(STUCK, {"at_once": AT_ONCE}).mappings()]
    return page(request, "journeys/runs.html", standings=standings, stuck=stuck, moved=moved, done=DONE.get(done))


@router.post("/{run_id}/move", dependencies=[Depends(require_role("work"))])
def move(
    request: Request,
    run_id: int,
    action: Annotated[Action, Form()],
    ending: Annotated[str, Form()] = "",
    alike: Annotated[bool, Form()] = False,
) -> Response:
    """Move one run on, or with `alike` all that are stuck on the same journey for the same reason."""
    with engine().begin() as connection:
        runs = list(connection.execute(SAME_PROBLEM, {"id": run_id}).scalars()) if alike else [run_id]
        moved = _move(connection, runs, action, ending, datetime.now(UTC))
        if moved == 0:
            raise HTTPException(409, NO_RUN)
        about, whose = {"run": run_id, "runs": moved, "ending": ending}, None if alike else _whose(connection, run_id)
        changes = [Change("journey", "stuck", DONE[action])]
        audit(connection, request, DID[action], contact_id=whose, data=about, changes=changes)
    return RedirectResponse(f"/runs?moved={moved}&done={action}", 303)


def _whose(connection: Connection, run: int) -> int | None:
    """The contact of a run."""
    return connection.execute(WHOSE, {"id": run}).scalar()


def _journey_summaries(connection: Connection) -> list[JourneySummary]:
    counted: dict[str, dict[str, dict[str, int]]] = {}
    for journey, status, ending, runs in connection.execute(JOURNEY_COUNTS):
        counted.setdefault(journey, {}).setdefault(status, {})[ending or ""] = runs
    return [
        JourneySummary(
            journey,
            sum(by_status.get("waiting", {}).values()),
            sum(by_status.get("stuck", {}).values()),
            list(by_status.get("ended", {}).items()),
        )
        for journey, by_status in counted.items()
    ]


def _move(connection: Connection, runs: list[int], action: Action, ending: str, now: datetime) -> int:
    match action:
        case "retry":
            return retry_runs(connection, runs, now)
        case "restart":
            return restart_runs(connection, runs, now)
        case "end":
            return len(end_runs(connection, runs, _ending(ending), now))


def _ending(words: str) -> str:
    try:
        return validate_text(words, "The words for the ending", longest=LONGEST_ENDING) or "ended by hand"
    except UnreadableText as problem:
        raise HTTPException(422, str(problem)) from None
