"""The verb of tasks that somebody asked for: what is to be done stands with the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import text

from flows.runtime.contract.ask import Asked, StepResult, Turn
from flows.runtime.verbs.task import TaskStep
from models.database import id_list
from models.journeys.start_task import USUAL_KIND
from models.playbook.tasks import TaskKinds

RUN_DATA = text("SELECT id, start_data FROM journey_run WHERE id = ANY(CAST(:runs AS bigint[]))")


class AnyOutcome:
    """Stands on the map for whatever is reported: the outcomes are those of the kind that is asked for."""

    def __repr__(self) -> str:
        return "any outcome"


ANY_OUTCOME = AnyOutcome()


@dataclass(slots=True)
class RequestedTaskStep(TaskStep):
    """Answers the outcome that the person chose."""

    verb: ClassVar[str] = "task"

    def possible_answers(self) -> tuple[Any, ...]:
        """Whatever the kind says, which is known with the run."""
        return (ANY_OUTCOME,)

    def defined(self, kinds: TaskKinds) -> Self:
        """The step as it is: what it asks for is known with the run."""
        return self

    def kind_problem(self, kinds: TaskKinds) -> str | None:
        """None: the kind was looked at when it was asked for."""
        return None

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """As any task, with what each run was started with."""
        found = turn.connection.execute(RUN_DATA, {"runs": id_list(one.run_id for one in asked)})
        data: dict[int, Mapping[str, Any]] = {run: data or {} for run, data in found}
        return TaskStep.execute(
            turn, [replace(one, step=requested_step(one.step.name, data[one.run_id])) for one in asked]
        )


def requested_step(name: str, asked_for: Mapping[str, Any]) -> TaskStep:
    """The task as it was asked for: the start data is a models.journeys.start_task.TaskData."""
    due_at = asked_for.get("due_at")
    return TaskStep(
        name,
        template=asked_for.get("kind") or USUAL_KIND,
        to=asked_for.get("to"),
        data={key: asked_for[key] for key in ("note", "by") if asked_for.get(key)},
        kind=asked_for.get("kind") or USUAL_KIND,
        rep_id=asked_for.get("rep_id"),
        due_at=datetime.fromisoformat(due_at) if due_at else None,
    )
