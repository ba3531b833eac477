"""One contact's story in the order of time: what happened, what the journeys did about it, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from models.titles import (
    is_named_by_events,
    title_of_event,
    title_of_journey,
    title_of_mail,
    title_of_pattern,
    title_of_step,
    title_of_task,
)
from web.contacts.history import AssignmentRow, ContactHistory, EventRow, MessageRow, OfferRow, RunRow, StepRow, TaskRow
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
MERGE_TITLES = {"contacts_merged": "Merged with {}", "contact_separated": "Separated from {} again"}
SAY_TEXT = ("inbound", "ops")
"""Sources of events whose text a person wrote, to be read as it is."""
OFFER_TONES = {"open": "busy", "accepted": "good", "expired": "warn"}


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the story."""

    at: datetime
    kind: str
    """event, run, step, mail or task: how it looks."""
    title: str
    position: tuple[int, int] = (0, 0)
    """Run and step, which put in order what happened at the same moment."""
    journey: str | None = None
    """The journey that it belongs to."""
    answer: str | None = None
    tone: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """What decided it."""
    notes: str | None = None
    link: str | None = None
    link_label: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """The rest, for those who look closer."""
    anchor: str | None = None


def timeline(history: ContactHistory) -> list[TimelineEntry]:
    """All entries, oldest first; at one moment events come before what they caused."""
    return sorted(_entries(history), key=lambda entry: (entry.at, entry.position))


def _entries(history: ContactHistory) -> Iterator[TimelineEntry]:
    messages = {message.key: message for message in history.messages}
    asked = {(task.run_id, task.number) for task in history.tasks}
    # They are read newest first, and the sort keeps the order of those of one moment.
    yield from map(_event, reversed(history.events))
    yield from map(_assignment, history.assignments)
    for offer in history.offers:
        yield _offer(offer, messages.pop(f"offer:{offer.id}", None))
    for run in history.runs:
        yield from _run(run)
    timed_out = {(step.run_id, step.number) for step in history.steps if step.verb == "task" and step.answer is None}
    for task in history.tasks:
        is_missed = (task.run_id, task.number) in timed_out
        yield from _task(task, is_missed, messages.pop(f"{task.run_id}:{task.number}", None))
    for step in history.steps:
        # The task's own entry shows the answer, with who gave it and when.
        if step.verb != "task" or (step.run_id, step.number) not in asked:
            yield _step(step, messages.pop(f"{step.run_id}:{step.number}", None))
    # Those that no step wrote: reminders of tasks.
    yield from map(_message, messages.values())


def _event(event: EventRow) -> TimelineEntry:
    if event.name in MERGE_TITLES:
        return _merge(event)
    entry = _any_event(event)
    because = {name: value for name, value in event.data.items() if name == "event"}
    match event.name:
        case "details_changed":
            notes = changes(event.data.get("before", {}), event.data.get("after", {}))
            why = {"reason": event.data["reason"]} if "reason" in event.data else {}
            return replace(entry, notes=notes, facts=entry.facts | because | why, details={})
        case "other_name_given":
            title, notes = f"Under another name: {event.data.get('name')}", f"{event.data.get('kept')} keeps the name."
            return replace(entry, title=title, notes=notes, facts=entry.facts | because, details={})
        case "score_rose" | "score_fell":
            happened_at = event.data.get("happened_at")
            told_late = {"which happened": datetime.fromisoformat(happened_at)} if happened_at else {}
            details = {name: value for name, value in entry.details.items() if name in ("score", "threshold")}
            return replace(entry, facts=entry.facts | because | told_late, details=details)
    return entry


def changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What was changed, as a person reads it: `City: Austin → Dallas`."""
    return "; ".join(f"{label(name)}: {plain(old)} → {plain(after.get(name))}" for name, old in before.items())


def _any_event(event: EventRow) -> TimelineEntry:
    by_program = event.data.get("is_machine") is True
    return TimelineEntry(
        event.at,
        "event",
        title_of_event(event.name, event.topic),
        answer=_event_answer(event, by_program),
        tone="quiet" if by_program or event.is_history else "busy",
        facts=_who_told(event),
        notes=event.data.get("text") if event.source in SAY_TEXT else None,
        link=f"/replies/{event.data['inbound']}" if event.source == "inbound" else None,
        link_label="Read it whole",
        details={name: value for name, value in event.data.items() if name not in _shown_above(event)},
        anchor=f"event-{event.id}",
    )


def _who_told(event: EventRow) -> dict[str, Any]:
    """Whoever of ops did it, else who noticed it."""
    if "by" in event.data:
        return {"by": event.data["by"]}
    return {"source": event.source} if event.source else {}


def _shown_above(event: EventRow) -> tuple[str, ...]:
    """Parts of its data that are not repeated among the details."""
    return ("by", "text") if event.source in SAY_TEXT else ("by",)


def _event_answer(event: EventRow, by_program: bool) -> str | None:
    if by_program:
        return "by a program"
    if not event.reacted_at:
        return "not worked off yet"
    return "told late" if event.is_history else None


def _merge(event: EventRow) -> TimelineEntry:
    """Two contacts became one, or were separated again."""
    data = dict(event.data)
    who, number = data.pop("who", None), data.pop("contact")
    kept, was = data.pop("kept", {}), data.pop("was", {})
    differing = [f"{label(name)}: {plain(kept[name])} stays, {plain(was[name])} was the other one's." for name in kept]
    title = MERGE_TITLES[event.name].format(f"{who}, contact {number}" if who else f"contact {number}")
    return TimelineEntry(
        event.at,
        "event",
        title,
        facts={name: value for name, value in data.items() if name != "merge"},
        notes="\n".join(differing) or None,
        link=f"/merges/{data['merge']}",
        link_label="What came together" if event.name == "contact_separated" else "See it, or separate them again",
        anchor=f"event-{event.id}",
    )


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
    return TimelineEntry(given.at, "step", f"Assigned to {given.who}", facts=known, link=link, link_label=says)


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


def _run(run: RunRow) -> Iterator[TimelineEntry]:
    yield TimelineEntry(run.started_at, "run", "Journey began", (run.id, START), run.journey, facts=_cause(run.key))
    if run.ended_at:
        tone = "good" if run.ending == "bought" else ""
        yield TimelineEntry(run.ended_at, "run", "Journey ended", (run.id, END), run.journey, run.ending, tone)
    elif run.status == "stuck":
        yield TimelineEntry(
            run.asked_at or run.started_at,
            "run",
            "Stuck",
            (run.id, END),
            run.journey,
            notes=run.stuck_reason,
            link="/runs",
            link_label="Move it on",
        )


def _cause(key: str) -> dict[str, Any]:
    """What started a run, from its key: `event:12`, `run:7`, or a person's own word."""
    kind, _, number = key.partition(":")
    return {kind: number} if number else {"reason": key}


def _step(step: StepRow, message: MessageRow | None) -> TimelineEntry:
    place = (step.run_id, step.number)
    if message is not None:
        entry = _message(message)
        return replace(entry, at=step.at, position=place, journey=step.journey, facts=entry.facts | (step.fact or {}))
    says = f"{VERB_LABELS.get(step.verb, label(step.verb))}:"
    if step.verb == "wait_for" and is_named_by_events(step.name):
        says = "Waited until"
    title, answer = f"{says} {title_of_step(step.verb, step.name, step.journey)}", _answer(step)
    # A step that is named after what it answers does not say it twice.
    facts = {name: value for name, value in (step.fact or {}).items() if name != "silence" and plain(value) != answer}
    return TimelineEntry(step.at, "step", title, place, step.journey, answer, _tone(step), facts)


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
        notes=message.reason,
        link=_mailbox_path(message),
        link_label="Read it",
        details={"template": f"{title_of_journey(journey)}, {title_of_mail(message.template)}"}
        | ({"sent": message.sent_at} if message.sent_at else {})
        | happened,
    )


def _mailbox_path(message: MessageRow | None) -> str | None:
    """The path of the email in the local mailbox; None when it was sent elsewhere."""
    return f"/mailbox/{message.letter_id}" if message and message.letter_id else None


def _task(task: TaskRow, is_missed: bool, message: MessageRow | None) -> Iterator[TimelineEntry]:
    """A task and its outcome; `is_missed` says that the run waited for it in vain."""
    over = "nobody reported" if is_missed else "no longer needed"
    state = "done" if task.done_at else over if task.closed_at else "open"
    facts: dict[str, Any] = {"due": task.due_at}
    if message and message.state in ("failed", "unknown"):
        facts["mail"] = f"{message.state}: {message.reason}"
    asked = TimelineEntry(
        task.created_at,
        "task",
        f"Task for {task.who}: {title_of_task(task.name, task.kind)}",
        (task.run_id, task.number),
        task.journey,
        answer=state,
        tone="busy" if state == "open" else "",
    )
    yield replace(asked, facts=facts, link=_mailbox_path(message), link_label="Read the mail")
    if task.done_at:
        title = f"{task.who} reported: {title_of_task(task.name, task.kind)}"
        reported = replace(asked, at=task.done_at, title=title, answer=task.outcome, tone="good", notes=task.notes)
        yield replace(reported, facts=task.answers)
    elif task.closed_at:
        says = "Nobody reported" if is_missed else "No longer needed"
        title = f"{says}: {title_of_task(task.name, task.kind)}"
        yield replace(asked, at=task.closed_at, title=title, answer="closed", tone="quiet")
