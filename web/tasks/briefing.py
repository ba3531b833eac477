"""What a salesperson reads before the form of a task: the instructions of its mail, for one task or for several."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from models.mail.rendering.sample import recipients
from models.mail.rendering.task_texts import Instructions, task_instructions
from models.playbook import NoPlaybook, current_playbook


class HasInstructions(Protocol):
    """A task, as far as its mail needs it."""

    @property
    def id(self) -> int: ...
    @property
    def contact_id(self) -> int: ...
    @property
    def template(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def assignee(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, object]: ...


def instructions(
    connection: Connection, tasks: Sequence[HasInstructions], now: datetime
) -> dict[int, Instructions | None]:
    """Task -> its instructions; None where its mail cannot be written for this lead."""
    try:
        playbook = current_playbook(connection)
    except NoPlaybook:
        return dict.fromkeys((task.id for task in tasks), None)
    whom = recipients(connection, {task.contact_id for task in tasks})
    return {
        task.id: task_instructions(
            task.template,
            {
                "id": task.id,
                "name": task.name,
                "kind": task.kind,
                "assignee": task.assignee,
                "due_at": task.due_at,
                "data": task.data,
            },
            whom[task.contact_id],
            playbook,
            now,
        )
        for task in tasks
    }


def kind_titles(connection: Connection) -> dict[str, str]:
    """Kind of task -> what to do, as one would say it."""
    try:
        return {name: kind.title for name, kind in current_playbook(connection).tasks.all_kinds.items()}
    except NoPlaybook:
        return {}
