"""The verb call: have an activity performed outside the turn, and wait for its result."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import text

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Turn
from flows.runtime.contract.errors import ActivityFailed
from models.database import to_json

WRITE = text("""
INSERT INTO activity (run_id, number, contact_id, name, arguments, created_at)
SELECT n.run_id, n.number, n.contact_id, n.name, CAST(n.arguments AS jsonb), :now
FROM unnest(CAST(:runs AS bigint[]), CAST(:numbers AS int[]), CAST(:contacts AS bigint[]), CAST(:names AS text[]),
            CAST(:arguments AS text[])) AS n (run_id, number, contact_id, name, arguments)
RETURNING run_id, id
""")


@dataclass(slots=True)
class CallStep(Ask):
    """Answers what the activity returned; raises ActivityFailed in the journey when all its tries failed."""

    function: str = ""
    arguments: tuple[Any, ...] = ()

    verb: ClassVar[str] = "call"

    def __await__(self) -> Generator[Ask, Any, Any]:
        """The result, or the failure as an exception that the journey may catch."""
        recorded = yield self
        if "failed" in recorded:
            raise ActivityFailed(recorded["failed"])
        return recorded["result"]

    def possible_answers(self) -> tuple[Any, ...]:
        """A result, whose content is not known beforehand, or a failure."""
        return ({"result": None}, {"failed": "any reason"})

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The result or the failure that the event brings."""
        assert event is not None
        return Answered(event.data, {"activity": event.subject_id})

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Insert an activity for each run; the flow perform-activities performs them."""
        rows = {
            "runs": [one.run_id for one in asked],
            "numbers": [one.number for one in asked],
            "contacts": [one.contact_id for one in asked],
            "names": [one.step.function for one in asked],
            "arguments": [to_json(one.step.arguments) for one in asked],
            "now": turn.now,
        }
        ids: dict[int, int] = dict(turn.connection.execute(WRITE, rows).tuples().all())
        return [Paused(None, (f"activity_done:{ids[one.run_id]}",)) for one in asked]
