"""Giving a task about each of the contacts."""

from sqlalchemy import Connection, exists, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.bulk_actions.kinds import BadChoice, Choices, Doing, Remark
from models.journeys.start_task import LONGEST_NOTE, BadTaskRequest, TaskRequest, start_tasks
from models.playbook import current_playbook
from models.routing.lead_selection import BadReassignment, find_rep
from models.tables.contact import Contact
from models.tables.task import Task

EMAIL = text("SELECT name, email, active FROM rep WHERE id = :id")


class GiveTask:
    """A task of one kind for each, for the owner or for one person."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        kinds, typed = current_playbook(connection).tasks.all_kinds, given.get("task", "").strip()
        titles = {title: name for name, kind in kinds.items() for title in (kind.title, f"{kind.title} ({name})")}
        name = typed if typed in kinds else titles.get(typed, typed)
        if name not in kinds or not kinds[name].by_hand:
            raise BadChoice("There is no such kind of task (any more). Choose one of the list.")
        note = given.get("note", "").strip()
        if len(note) > LONGEST_NOTE:
            raise BadChoice(f"The note is longer than {LONGEST_NOTE:,} characters. Say it shorter.")
        chosen = {"task": name, "note": note}
        if rep := given.get("rep", "").strip():
            try:
                chosen["rep"] = str(find_rep(connection, rep).id)
            except BadReassignment as error:
                raise BadChoice(str(error)) from None
            _assignee(connection, chosen)
        return chosen

    def sentence(self, connection: Connection, choices: Choices) -> str:
        title = current_playbook(connection).tasks.all_kinds[choices["task"]].title
        who = (
            connection.execute(EMAIL, {"id": int(choices["rep"])}).one().name
            if "rep" in choices
            else "the owner of each"
        )
        return f"get a task “{title}” for {who}"

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        task = aliased(Task)
        same = exists().where(
            col(task.contact_id) == col(Contact.id),
            col(task.kind) == choices["task"],
            col(task.done_at).is_(None),
            col(task.closed_at).is_(None),
        )
        remarks = [Remark(same, "has such a task open and gets another", "have such a task open and get another")]
        if "rep" in choices:
            return remarks
        nobody = col(Contact.owner_id).is_(None)
        return [*remarks, Remark(nobody, "has no owner and goes to a router", "have no owner and go to a router")]

    def perform(self, connection: Connection, doing: Doing) -> int:
        assignee = _assignee(connection, doing.choices)
        requests = [
            TaskRequest(
                contact_id=contact,
                kind=doing.choices["task"],
                assignee=assignee,
                note=doing.choices.get("note", ""),
                by=doing.by,
                key=f"{doing.key}:{contact}",
            )
            for contact in doing.contacts
        ]
        try:
            return start_tasks(connection, requests, doing.now)
        except BadTaskRequest as error:
            raise BadChoice(str(error)) from None


def _assignee(connection: Connection, choices: Choices) -> str | None:
    if "rep" not in choices:
        return None
    rep = connection.execute(EMAIL, {"id": int(choices["rep"])}).one()
    if not rep.active:
        raise BadChoice(f"{rep.name} is not active any more, so nobody would do it. Choose somebody else.")
    return str(rep.email)
