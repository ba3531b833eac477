"""The verb feedback: ask the owner of a lead how it goes, on the day that the playbook's cycle says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Turn
from models.feedback.outcomes import OUTCOMES, SETTLED
from models.feedback.plan import plan_requests
from models.playbook import current_playbook


@dataclass(slots=True)
class FeedbackStep(Ask):
    """Answers what came of the next request, or why none is made."""

    verb: ClassVar[str] = "feedback"

    def possible_answers(self) -> tuple[str, ...]:
        """Every outcome of a request."""
        return OUTCOMES

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The outcome that the request was settled with."""
        assert event is not None, "a request is given up by its own clock"
        return Answered(event.data["outcome"], {"request": event.subject_id, "event": event.id})

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Plan the requests of the whole group."""
        runs = [(one.run_id, one.number) for one in asked]
        planned = plan_requests(turn.connection, current_playbook(turn.connection), runs, turn.now)
        return [
            Answered(one.outcome) if one.request is None else Paused(None, (f"{SETTLED}:{one.request}",))
            for one in (planned[run] for run, _ in runs)
        ]
