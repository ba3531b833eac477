"""Logs a call on a contact's page. Where an open task asks for that call, it is the report of the task."""

from datetime import timedelta

from sqlalchemy import text

from models.contacts import interactions
from models.tasks.call_tasks import CallTask, open_call_tasks, was_reported
from models.tasks.outcome import complete_task
from models.tasks.undo import Reporter
from models.titles import title_of_task
from web.contacts.acts.act import LONGEST_NOTE, Act
from web.frame.typed_text import UnreadableText

OUTCOMES = {"yes": interactions.TALKED, "no": interactions.NOT_REACHED}

IS_REP = text("SELECT id FROM rep WHERE id = :rep")


def log_call(act: Act) -> bool:
    """Log a talk, which answers a request, or a try; both count as a contact with the lead, for whoever called.

    With an open task that asks for the call it is the report of that task, which can be taken back for a while.
    """
    words, chosen = act.typed("text", "The notes", LONGEST_NOTE), act.given.get("outcome", "")
    reached = OUTCOMES.get(act.given.get("reached", ""))
    key = act.key("call")
    if not chosen and reached is None:
        raise UnreadableText("Choose how the call went: whether somebody talked to them, or not.")
    if was_reported(act.connection, act.contact_id, key):
        return False
    tasks = open_call_tasks(act.connection, act.contact_id)
    if chosen:
        task, outcome = _chosen(tasks, chosen)
        return _report(act, task, outcome, words, key)
    assert reached is not None
    if tasks:
        return _report(act, tasks[0], _outcome_of(tasks[0], reached), words, key)
    call = interactions.LoggedCall(outcome=reached, notes=words, by=act.by, rep_id=_whose(act))
    return interactions.log_call(act.connection, act.contact_id, call, key, act.now)


def _chosen(tasks: list[CallTask], chosen: str) -> tuple[CallTask, str]:
    """The task and the outcome of a choice such as `41:Talked: Settled`. Raises UnreadableText when it is over."""
    number, _, outcome = chosen.partition(":")
    task = next((one for one in tasks if str(one.id) == number and outcome in one.outcomes), None)
    if task is None:
        raise UnreadableText(
            "The task that asked for this call was reported on or closed meanwhile. Nothing was logged: choose anew "
            "how the call went."
        )
    return task, outcome


def _outcome_of(task: CallTask, reached: str) -> str:
    outcome = task.outcome_for(reached)
    if outcome is None:
        title = title_of_task(task.name, task.kind)
        raise UnreadableText(f"The task “{title}” waits for this call: say how it went in its words.")
    return outcome


def _report(act: Act, task: CallTask, outcome: str, words: str, key: str) -> bool:
    reporter = Reporter(act.by, _whose(act))
    undo: timedelta = act.playbook.tasks.undo
    return complete_task(act.connection, task.id, outcome, words, act.now, undo=undo, key=key, reporter=reporter)


def _whose(act: Act) -> int | None:
    """The salesperson whose call it was; None where nobody was chosen."""
    rep = act.number("whose")
    if act.given.get("whose") and act.connection.execute(IS_REP, {"rep": rep}).scalar() is None:
        raise UnreadableText("Whoever you chose as the caller is no salesperson any more. Choose somebody else.")
    return rep or None
