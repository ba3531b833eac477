"""One contact's story in the order of time: what happened, what the journeys did about it, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from web.history import Errand, Happening, History, Mail, Run, Step
from web.words import label, plain

START, END = 0, 1_000_000
"""Where a run's beginning and ending stand among its steps."""

SAYS = {
    "send": "Mail",
    "wait": "Waited",
    "wait_until": "Waited",
    "wait_for": "Waited for",
    "task": "Task",
    "check": "Checked",
    "set": "Set",
    "add_points": "Points",
    "route": "Given to a salesperson",
    "start": "Started",
    "note": "Note",
    "call": "Done outside",
}
"""A verb of the journeys, as ops read it; a new verb reads as it is called."""

SILENCE = {"wait_for": "did not happen in time", "task": "nobody reported in time"}
"""What the answer null means where something was waited for."""

TONES = {"queued": "busy", "sending": "busy", "sent": "good", "unknown": "warn", "failed": "bad"}


@dataclass(frozen=True)
class Entry:
    """One line of the story."""

    at: datetime
    kind: str
    """event, run, step, mail or task: how it looks."""
    title: str
    place: tuple[int, int] = (0, 0)
    """Run and step, which put in order what happened at the same moment."""
    about: str | None = None
    """The journey that it belongs to."""
    answer: str | None = None
    tone: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """What decided it."""
    notes: str | None = None
    link: str | None = None
    link_says: str = ""
    folded: dict[str, Any] = field(default_factory=dict)
    """The rest, for those who look closer."""
    anchor: str | None = None


def timeline(history: History) -> list[Entry]:
    """All entries, oldest first; at one moment events come before what they caused."""
    return sorted(_entries(history), key=lambda entry: (entry.at, entry.place))


def _entries(history: History) -> Iterator[Entry]:
    mails = {mail.key: mail for mail in history.mails}
    asked = {(task.run_id, task.number) for task in history.tasks}
    yield from map(_event, history.events)
    for run in history.runs:
        yield from _run(run)
    for task in history.tasks:
        yield from _task(task, mails.pop(f"{task.run_id}:{task.number}", None))
    for step in history.steps:
        # A task tells its own answer, with who gave it and when.
        if step.verb != "task" or (step.run_id, step.number) not in asked:
            yield _step(step, mails.pop(f"{step.run_id}:{step.number}", None))
    yield from (_mail(mail) for mail in mails.values())


def _event(event: Happening) -> Entry:
    topic = f": {event.topic}" if event.topic else ""
    waits = None if event.reacted_at else "not worked off yet"
    source = {"source": event.source} if event.source else {}
    title, anchor = f"{label(event.name)}{topic}", f"event-{event.id}"
    return Entry(event.at, "event", title, answer=waits, tone="busy", facts=source, folded=event.data, anchor=anchor)


def _run(run: Run) -> Iterator[Entry]:
    yield Entry(run.started_at, "run", "Journey began", (run.id, START), run.journey, facts=_cause(run.key))
    if run.ended_at:
        tone = "good" if run.ending == "bought" else ""
        yield Entry(run.ended_at, "run", "Journey ended", (run.id, END), run.journey, run.ending, tone)
    elif run.status == "stuck":
        at = run.asked_at or run.started_at
        yield Entry(
            at,
            "run",
            "Stuck",
            (run.id, END),
            run.journey,
            tone="bad",
            notes=run.stuck_because,
            link="/runs",
            link_says="Move it on",
        )


def _cause(key: str) -> dict[str, Any]:
    """What started a run, from its key: `event:12`, `run:7`, or a person's own word."""
    kind, _, number = key.partition(":")
    return {kind: number} if number else {"because": key}


def _step(step: Step, mail: Mail | None) -> Entry:
    place = (step.run_id, step.number)
    if mail is not None:
        return _mail(mail, step.at, place, step.journey)
    says = SAYS.get(step.verb, label(step.verb))
    title, answer = f"{says}: {label(step.name)}", _answer(step)
    # A step that is named after what it answers does not say it twice.
    fact = {name: held for name, held in (step.fact or {}).items() if name != "silence" and plain(held) != answer}
    return Entry(step.at, "step", title, place, step.journey, answer, _tone(step), fact)


def _answer(step: Step) -> str | None:
    if step.answer is None:
        return SILENCE.get(step.verb)
    return plain(step.answer)


def _tone(step: Step) -> str:
    if step.verb == "send" or (step.verb == "call" and isinstance(step.answer, dict) and "failed" in step.answer):
        return "warn"
    return {True: "good", False: "", None: "quiet"}.get(step.answer, "") if _is_plain(step.answer) else ""


def _is_plain(answer: Any) -> bool:
    return answer is None or isinstance(answer, bool)


def _mail(mail: Mail, at: datetime | None = None, place: tuple[int, int] = (0, 1), journey: str | None = None) -> Entry:
    to = f" to {mail.to_address}" if mail.to_address else ""
    folded = {"template": mail.template} | ({"sent": mail.sent_at} if mail.sent_at else {})
    return Entry(
        at or mail.queued_at,
        "mail",
        f"Mail{to}: {mail.subject or mail.template}",
        place,
        journey or mail.template.partition("/")[0],
        mail.state,
        TONES[mail.state],
        notes=mail.because,
        link=f"/mailbox/{mail.letter_id}" if mail.letter_id else None,
        link_says="Read it",
        folded=folded,
    )


def _task(task: Errand, mail: Mail | None) -> Iterator[Entry]:
    who, place = task.rep_name or task.assignee, (task.run_id, task.number)
    state = "done" if task.done_at else "no longer needed" if task.closed_at else "open"
    letter = f"/mailbox/{mail.letter_id}" if mail and mail.letter_id else None
    facts: dict[str, Any] = {"due": task.due_at}
    if mail and mail.state in ("failed", "unknown"):
        facts |= {"mail": f"{mail.state}: {mail.because}"}
    yield Entry(
        task.created_at,
        "task",
        f"Task for {who}: {label(task.name)}",
        place,
        task.journey,
        state,
        "busy" if state == "open" else "",
        facts,
        link=letter,
        link_says="Read the mail",
    )
    if task.done_at:
        yield Entry(
            task.done_at,
            "task",
            f"{who} reported on the {task.name}",
            place,
            task.journey,
            task.outcome,
            "good",
            notes=task.notes,
        )
    elif task.closed_at:
        yield Entry(
            task.closed_at, "task", f"Nobody reported on the {task.name}", place, task.journey, "closed", "quiet"
        )
