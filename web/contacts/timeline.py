"""One contact's story in the order of time: what happened, what the journeys did about it, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from models.titles import (
    is_named_by_events,
    title_of_journey,
    title_of_mail,
    title_of_pattern,
    title_of_step,
    title_of_task,
)
from web.contacts.event_entries import event_entries
from web.contacts.history import AssignmentRow, ContactHistory, MessageRow, OfferRow, RunRow, StepRow, TaskRow
from web.contacts.readable_data import ReadableData
from web.contacts.timeline_entry import TimelineEntry
from web.frame.words import label, plain

START, END = 0, 1_000_000
"""Where a run's beginning and ending stand among its steps."""

VERB_LABELS = {
    "send": "Mail",
    "wait": "Waited",
    "wait_until": "Waited",
    "wait_for": "Waited for",
    "task": "Task",
    "check": "Checked",
    "set": "Set",
    "add_points": "Points",
    "route": "Assigned to a salesperson",
    "offer": "Offered",
    "split": "Split test",
    "fulfil": "On the list",
    "start": "Started",
    "note": "Note",
    "call": "Done outside",
}
"""A verb of the journeys, as ops read it; a new verb reads as it is called."""

NO_ANSWER_LABELS = {"wait_for": "did not happen in time", "task": "nobody reported in time", "offer": "nobody took it"}
"""What the answer null means where something was waited for."""

MESSAGE_TONES = {
    **{"queued": "busy", "sending": "busy", "sent": "good", "unknown": "warn", "failed": "bad"},
    **{"expired": "warn", "skipped": "quiet", "withdrawn": "quiet"},
}
DELIVERY_LABELS = {
    "complained_at": ("called spam", "bad"),
    "bounced_at": ("came back", "bad"),
    "clicked_at": ("clicked", "good"),
    "opened_at": ("opened", "good"),
    "delivered_at": ("delivered", "good"),
}
"""Delivery statuses of a sent mail, the most important first: it becomes the badge, the rest is folded."""
OFFER_TONES = {"open": "busy", "accepted": "good", "expired": "warn"}


def timeline(history: ContactHistory, data: ReadableData | None = None) -> list[TimelineEntry]:
    """All entries, oldest first; at one moment events come before what they caused. `data`: titles of the playbook."""
    return sorted(_entries(history, data or ReadableData()), key=lambda entry: (entry.at, entry.position))


def _entries(history: ContactHistory, data: ReadableData) -> Iterator[TimelineEntry]:
    messages = {message.key: message for message in history.messages}
    asked = {(task.run_id, task.number) for task in history.tasks}
    # They are read newest first, and the sort keeps the order of those of one moment.
    yield from event_entries(history.events[::-1], data)
    yield from map(_assignment, history.assignments)
    for offer in history.offers:
        yield _offer(offer, messages.pop(f"offer:{offer.id}", None))
    journeys = {run.id: run.journey for run in history.runs}
    for run in history.runs:
        yield from _run(run, journeys)
    timed_out = {(step.run_id, step.number) for step in history.steps if step.verb == "task" and step.answer is None}
    for task in history.tasks:
        is_missed = (task.run_id, task.number) in timed_out
        yield from _task(task, is_missed, messages.pop(f"{task.run_id}:{task.number}", None), data)
    for step in history.steps:
        # The task's own entry shows the answer, with who gave it and when.
        if step.verb != "task" or (step.run_id, step.number) not in asked:
            yield _step(step, messages.pop(f"{step.run_id}:{step.number}", None), data)
    # Those that no step wrote: reminders of tasks.
    yield from map(_message, messages.values())


def _assignment(given: AssignmentRow) -> TimelineEntry:
    facts = {
        "router": given.router,
        "how": given.how,
        "reason": given.reason,
        "before": given.previous,
        "out of": ", ".join(given.out_of) if given.out_of else None,
    }
    known = {name: value for name, value in facts.items() if value}
    link = f"/routers/{quote(given.router, safe='')}" if given.router else None
    says = "How fair it is" if link else ""
    return TimelineEntry(given.at, "owner", f"Assigned to {given.who}", facts=known, link=link, link_label=says)


def _offer(offer: OfferRow, message: MessageRow | None) -> TimelineEntry:
    """An offer: to which rep, until when, and the answer."""
    facts: dict[str, Any] = {"until": offer.expires_at}
    if offer.answered_at:
        facts["answered" if offer.answer in ("accepted", "declined") else "over"] = offer.answered_at
    return TimelineEntry(
        offer.offered_at,
        "task",
        f"Offered to {offer.who}",
        answer=offer.answer or "open",
        tone=OFFER_TONES.get(offer.answer or "open", ""),
        facts=facts,
        notes=offer.reason,
        link=_mailbox_path(message),
        link_label="Read the mail",
    )


def _run(run: RunRow, journeys: Mapping[int, str]) -> Iterator[TimelineEntry]:
    title, why = title_of_journey(run.journey), _cause(run.key, journeys)
    yield TimelineEntry(run.started_at, "run", f"{title}: began", (run.id, START), facts=why, quiet=True)
    if run.ended_at:
        tone, place = "good" if run.ending == "bought" else "", (run.id, END)
        yield TimelineEntry(run.ended_at, "run", f"{title}: ended", place, None, run.ending, tone, quiet=True)
    elif run.status == "stuck":
        yield TimelineEntry(
            run.asked_at or run.started_at,
            "run",
            f"{title}: stuck",
            (run.id, END),
            notes=run.stuck_reason,
            link="/runs",
            link_label="Move it on",
        )


def _cause(key: str, journeys: Mapping[int, str]) -> dict[str, Any]:
    """What started a run, from its key: `event:12`, `run:7:2`, or a person's own words; other keys say nothing."""
    kind, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    if kind in ("event", "history") and number.isdecimal():
        return {"event": int(number)}
    if kind in ("run", "again") and number.isdecimal() and int(number) in journeys:
        return {"after": title_of_journey(journeys[int(number)])}
    return {"reason": key} if not rest and key != "once" else {}


def _step(step: StepRow, message: MessageRow | None, data: ReadableData) -> TimelineEntry:
    place = (step.run_id, step.number)
    if message is not None:
        entry = _message(message)
        facts = entry.facts | data.facts(step.fact or {})
        return replace(entry, at=step.at, position=place, journey=step.journey, facts=facts)
    says = f"{VERB_LABELS.get(step.verb, label(step.verb))}:"
    if step.verb == "wait_for" and is_named_by_events(step.name):
        says = "Waited until"
    title, answer = f"{says} {title_of_step(step.verb, step.name, step.journey)}", _answer(step)
    # A step that is named after what it answers does not say it twice.
    told = {name: value for name, value in (step.fact or {}).items() if name != "silence" and plain(value) != answer}
    is_quiet = step.verb != "send"  # what was not sent should be seen
    return TimelineEntry(
        step.at, "step", title, place, step.journey, answer, _tone(step), data.facts(told), quiet=is_quiet
    )


def _answer(step: StepRow) -> str | None:
    if step.answer is None:
        return NO_ANSWER_LABELS.get(step.verb)
    if step.verb.startswith("wait") and isinstance(step.answer, str):
        return title_of_pattern(step.answer)
    return plain(step.answer)


def _tone(step: StepRow) -> str:
    # A step that sends and has no message was refused one: the contact is suppressed, or has no address.
    if step.verb == "send" or (step.verb == "call" and isinstance(step.answer, dict) and "failed" in step.answer):
        return "warn"
    if step.answer is None:
        return "quiet"
    return "good" if step.answer is True else ""


def _message(message: MessageRow) -> TimelineEntry:
    journey = message.template.partition("/")[0]
    to = f" to {message.to_address}" if message.to_address else ""
    happened = {says: at for name, (says, _) in DELIVERY_LABELS.items() if (at := getattr(message, name))}
    fate, tone = next(
        (DELIVERY_LABELS[name] for name in DELIVERY_LABELS if getattr(message, name)), (message.state, None)
    )
    return TimelineEntry(
        message.queued_at,
        "mail",
        f"Mail{to}: {message.subject or title_of_mail(message.template)}",
        position=(0, 1),
        journey=journey,
        answer=fate,
        tone=tone or MESSAGE_TONES[message.state],
        facts={"not before": message.due_at} if message.is_postponed else {},
        notes=f"In test mode it went to {message.redirected_to} only." if message.redirected_to else message.reason,
        link=_mailbox_path(message),
        link_label="Read it",
        details={"template": f"{title_of_journey(journey)}, {title_of_mail(message.template)}"}
        | ({"sent": message.sent_at} if message.sent_at else {})
        | happened,
    )


def _mailbox_path(message: MessageRow | None) -> str | None:
    """The path of the email in the local mailbox; None when it was sent elsewhere."""
    return f"/mailbox/{message.letter_id}" if message and message.letter_id else None


def _task(task: TaskRow, is_missed: bool, message: MessageRow | None, data: ReadableData) -> Iterator[TimelineEntry]:
    """A task and its outcome; `is_missed` says that the run waited for it in vain."""
    over = "nobody reported" if is_missed else "no longer needed"
    state = "done" if task.done_at else over if task.closed_at else "open"
    facts: dict[str, Any] = {"due": task.due_at}
    what = title_of_task(task.name, task.kind, data.kinds or None)
    if message and message.state in ("failed", "unknown"):
        facts["mail"] = f"{message.state}: {message.reason}"
    asked = TimelineEntry(
        task.created_at,
        "task",
        f"Task for {task.who}: {what}",
        (task.run_id, task.number),
        task.journey,
        answer=state,
        tone="busy" if state == "open" else "",
    )
    yield replace(asked, facts=facts, link=_mailbox_path(message), link_label="Read the mail")
    if task.done_at:
        by = task.reported_by if task.reported_by and "@" not in task.reported_by else task.who
        title = f"{by} reported: {what}"
        reported = replace(asked, at=task.done_at, title=title, answer=task.outcome, tone="good", notes=task.notes)
        yield replace(reported, facts=data.details(task.answers))
    elif task.closed_at:
        says = "Nobody reported" if is_missed else "No longer needed"
        title = f"{says}: {what}"
        yield replace(asked, at=task.closed_at, title=title, answer="closed", tone="quiet")
