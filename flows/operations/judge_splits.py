"""Judge split tests: every night, whether a variant has won, and whether each was drawn as often as it should be."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed, Failed

from flows.private_flow import flow
from flows.run_artifacts import show_table
from models.database import engine
from models.splits.evaluation import EvaluatedSplit, declare_winner_by_rule, evaluate_all

MISMATCH = "tend.split-mismatch"


@dataclass(frozen=True)
class SplitReport:
    """What one evaluation of all tests found."""

    evaluated: Sequence[EvaluatedSplit]
    won: dict[str, str]
    """Test -> the winner that was declared now."""

    @property
    def mismatched(self) -> list[EvaluatedSplit]:
        """Tests that still draw, and whose variants have other shares than their weights (sample-ratio mismatch)."""
        return [one for one in self.evaluated if one.evaluation.has_srm and one.test.winner is None]


@flow(name="judge-splits", flow_run_name="judge split tests")
async def judge_splits() -> State[Any]:
    """Look at every split test, and give the winner to all new contacts where the playbook says `winner: by rule`.

    A variant wins when it is better than each other by an always-valid p-value below 0.05, has as many contacts as
    planned, the draw gave each variant its share, and no guardrail is broken. A test whose shares are wrong proves
    nothing: the run is red, no variant wins, and the event tend.split-mismatch is emitted for automations.
    """
    report = await asyncio.to_thread(evaluate_now, datetime.now(UTC))
    rows = [_row(one) | {"winner": report.won.get(one.test.name, one.test.winner or "")} for one in report.evaluated]
    await show_table(rows, key="split-tests", description="Split tests")
    for one in report.mismatched:
        emit_event(MISMATCH, resource={"prefect.resource.id": f"tend.split.{one.test.name}"}, payload=_row(one))
    return Failed(message=sentence(report)) if report.mismatched else Completed(message=sentence(report))


def evaluate_now(now: datetime) -> SplitReport:
    """Evaluate all tests and declare winners, each in a transaction of its own, as the evaluation takes long."""
    with engine().connect() as connection:
        evaluated = evaluate_all(connection, now)
    won = {}
    for one in evaluated:
        with engine().begin() as connection:
            if winner := declare_winner_by_rule(connection, one, now):
                won[one.test.name] = winner
    return SplitReport(evaluated, won)


def sentence(report: SplitReport) -> str:
    """The state message."""
    parts = [f"{len(report.evaluated)} split tests judged"]
    parts += [f"“{winner}” wins “{test}”" for test, winner in report.won.items()]
    parts += [f"the draw of “{one.test.name}” is broken, see /splits" for one in report.mismatched]
    return "; ".join(parts)


def _row(one: EvaluatedSplit) -> dict[str, Any]:
    return {
        "test": one.test.name,
        "journey": one.test.journey,
        "status": one.evaluation.status.value,
        "drawn": ", ".join(f"{variant}: {count:,}" for variant, count in one.results.draws.drawn.items()),
        "due": ", ".join(f"{variant}: {count:,.0f}" for variant, count in one.results.draws.expected.items()),
        "split p": f"{one.evaluation.srm_p:.2g}",
    }
