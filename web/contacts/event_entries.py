"""Events as lines of a contact's timeline: what people wrote stands open, and no name of the code is shown."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.titles import title_of_event, title_of_task
from web.contacts.history import EventRow
from web.contacts.readable_data import ReadableData
from web.contacts.timeline_entry import TimelineEntry
from web.frame.words import label, plain

MERGE_TITLES = {"contacts_merged": "Merged with {}", "contact_separated": "Separated from {} again"}
CALLS = ("call_connected", "call_tried")
WRITTEN = {"note_added": "text", "feedback_given": "notes", "task_snoozed": "reason", "task_delegated": "reason"}
"""Events with words that a person wrote -> the part of the data where they stand."""
SAY_TEXT = ("inbound", "ops")
"""Sources of events whose text a person wrote, to be read as it is."""
QUIET = frozenset({"contact_changed", "feedback_settled", "mail_delivered", "lead_assigned", "lead_placed"})
"""Events that follow from others and say nothing new to a person."""
OWN_SOURCES = ("person", "task", "ops", "feedback")
"""Sources that say nothing beside who did it."""


def event_entries(events: Sequence[EventRow], data: ReadableData) -> Iterator[TimelineEntry]:
    """A line for each event; the notes of a call stand with it."""
    notes = {(event.at, event.data.get("by")): event for event in events if event.name == "note_added"}
    calls = {(event.at, event.data.get("by")) for event in events if event.name in CALLS}
    for event in events:
        key = (event.at, event.data.get("by"))
        if event.name in CALLS and key in notes:
            yield replace(_event(event, data), notes=_said_in_call(event, notes[key]))
        elif not (event.name == "note_added" and key in calls and event.source == "person"):
            yield _event(event, data)


def _said_in_call(call: EventRow, note: EventRow) -> str:
    """The words of the note without the outcome, which the call says."""
    return str(note.data.get("text", "")).removeprefix(f"{call.data.get('outcome')}. ")


def _event(event: EventRow, data: ReadableData) -> TimelineEntry:
    if event.name in MERGE_TITLES:
        return _merge(event, data)
    entry = _any_event(event, data)
    because = {name: value for name, value in event.data.items() if name == "event"}
    match event.name:
        case "details_changed":
            notes = data.changes(event.data.get("before", {}), event.data.get("after", {}))
            why = {"reason": event.data["reason"]} if "reason" in event.data else {}
            return replace(entry, notes=notes, facts=entry.facts | because | why, details={})
        case "other_name_given":
            title, notes = f"Under another name: {event.data.get('name')}", f"{event.data.get('kept')} keeps the name."
            return replace(entry, title=title, notes=notes, facts=entry.facts | because, details={})
        case "score_rose" | "score_fell":
            told_late = {"which happened": at} if (at := _moment(event.data.get("happened_at"))) else {}
            details = {name: value for name, value in event.data.items() if name in ("score", "threshold")}
            return replace(entry, facts=entry.facts | because | told_late, details=data.details(details))
        case "order_placed" if event.topic:
            return replace(entry, title=f"Ordered: {data.products.get(event.topic) or entry.title.partition(': ')[2]}")
        case "call_connected" | "call_tried" if event.data.get("outcome"):
            return replace(entry, answer=entry.answer or event.data["outcome"], details={})
        case "task_snoozed" | "task_delegated" | "task_requested":
            return _about_task(event, entry, data)
    return entry


def _about_task(event: EventRow, entry: TimelineEntry, data: ReadableData) -> TimelineEntry:
    given = event.data
    if event.name == "task_requested":
        title = f"Task given: {data.kinds.get(given.get('kind', ''), label(str(given.get('kind', 'task'))))}"
        due = {"due": at} if (at := _moment(given.get("due_at"))) else {}
        return replace(entry, title=title, notes=given.get("note"), facts=entry.facts | due, details={})
    title = f"{entry.title}: {title_of_task(str(given.get('name', '')), None, data.kinds)}"
    until = {"until": at} if (at := _moment(given.get("until"))) else {}
    to = {"to": given["to"]} if given.get("to") else {}
    return replace(entry, title=title, facts=entry.facts | until | to, details={})


def _moment(text: Any) -> datetime | None:
    with suppress(TypeError, ValueError):
        return datetime.fromisoformat(text)
    return None


def _any_event(event: EventRow, data: ReadableData) -> TimelineEntry:
    by_program = event.data.get("is_machine") is True
    words = WRITTEN.get(event.name) or ("text" if event.source in SAY_TEXT else None)
    shown = {name: value for name, value in event.data.items() if name != words}
    return TimelineEntry(
        event.at,
        "event",
        title_of_event(event.name, event.topic if event.name != "task_requested" else None),
        answer=_event_answer(event, by_program),
        tone="quiet" if by_program or event.is_history else "busy",
        facts=_who_told(event),
        notes=event.data.get(words) if words else None,
        link=f"/replies/{event.data['inbound']}" if event.source == "inbound" else None,
        link_label="Read it whole",
        details=data.details(shown),
        anchor=f"event-{event.id}",
        quiet=by_program or event.name in QUIET,
    )


def _who_told(event: EventRow) -> dict[str, Any]:
    """Whoever did it, else who noticed it."""
    if event.data.get("by"):
        return {"by": event.by_name or event.data["by"]}
    return {"source": event.source} if event.source and event.source not in OWN_SOURCES else {}


def _event_answer(event: EventRow, by_program: bool) -> str | None:
    if by_program:
        return "by a program"
    if not event.reacted_at:
        return "not worked off yet"
    return "told late" if event.is_history else None


def _merge(event: EventRow, readable: ReadableData) -> TimelineEntry:
    """Two contacts became one, or were separated again."""
    data = dict(event.data)
    who, number = data.pop("who", None), data.pop("contact")
    kept, was = data.pop("kept", {}), data.pop("was", {})
    differing = [
        f"{readable.name(name)}: {plain(kept[name])} stays, {plain(was[name])} was the other one's." for name in kept
    ]
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
