"""Journeys that people start and end on a contact's page, and what would come of starting one."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.journeys.runs import end_runs, start_runs
from models.titles import title_of_journey, with_journey_titles
from models.titles.journeys import JourneyOutline, journey_outlines
from models.wording import full_date
from web.contacts.acts.act import Act
from web.frame.moments import company_clock
from web.frame.typed_text import UnreadableText

BY_TASK_FORM = "follow_up_task"
"""The journey of tasks that people give each other: it has a form of its own."""

TOLD = text("SELECT EXISTS (SELECT FROM event WHERE key = :key)")
OPEN_RUN = text("SELECT id, journey FROM journey_run WHERE id = :run AND contact_id = :contact AND ended_at IS NULL")
TAKEN = text("""
SELECT DISTINCT ON (journey) journey, started_at, ended_at, ending FROM journey_run WHERE contact_id = :contact
ORDER BY journey, ended_at IS NULL DESC, ended_at DESC, id DESC
""")


@dataclass(frozen=True)
class JourneyChoice:
    """A journey in the form, with what starting it would do."""

    outline: JourneyOutline
    can_start: bool
    says: str
    """Whether it would start now, in a sentence."""


def journey_choices(connection: Connection, contact: int) -> list[JourneyChoice]:
    """Every journey by title, with what would come of starting it for this contact."""
    taken = {row.journey: row for row in connection.execute(TAKEN, {"contact": contact})}
    found = [outline for name, outline in journey_outlines().items() if name != BY_TASK_FORM]
    return [_choice(outline, taken.get(outline.name)) for outline in found]


def _choice(outline: JourneyOutline, last: object) -> JourneyChoice:
    if last is None:
        return JourneyChoice(outline, True, "Would start now.")
    started, ended = last.started_at, last.ended_at  # type: ignore[attr-defined]
    zone = company_clock()
    if ended is None and outline.exclusive:
        return JourneyChoice(outline, False, f"They are on it since {full_date(started.astimezone(zone).date())}.")
    if outline.reentry == "never":
        return JourneyChoice(
            outline, False, f"They took it on {full_date(started.astimezone(zone).date())}, and it is taken once."
        )
    if ended is None:
        return JourneyChoice(outline, True, "Would start now, beside the one that they are on.")
    ending = with_journey_titles(last.ending or "")  # type: ignore[attr-defined]
    return JourneyChoice(
        outline,
        True,
        f"Would start now, again: the last time it ended on {full_date(ended.astimezone(zone).date())}, “{ending}”.",
    )


def start_journey(act: Act) -> bool:
    """Put the contact on a journey. Raises UnreadableText when they are on it, or took it and it is taken once."""
    outline = journey_outlines().get(act.given.get("journey", ""))
    if outline is None:
        raise UnreadableText("There is no such journey (any more). Choose one of the list.")
    key = "once" if outline.reentry == "never" else act.key("journey")
    start = [(act.contact_id, key)]
    if start_runs(act.connection, outline.name, start, exclusive=outline.exclusive, now=act.now):
        return act.tell("journey_started", "journey", {"journey": outline.title})
    if not act.connection.execute(TOLD, {"key": act.key("journey")}).scalar_one():
        raise UnreadableText(f"They are on “{outline.title}” already, or took it once and it is taken once only.")
    return False


def end_journey(act: Act) -> bool:
    """End an open run of the contact and close its task; one that ended meanwhile stays as it is."""
    values = {"run": act.number("run"), "contact": act.contact_id}
    found = act.connection.execute(OPEN_RUN, values).one_or_none()
    if found is None:
        return False
    ending = act.typed("ending", "The words for the ending", 100) or "ended by hand"
    ended = end_runs(act.connection, [found.id], ending, act.now)
    if ended:
        act.tell("journey_ended", f"journey-end:{found.id}", {"journey": title_of_journey(found.journey), "as": ending})
    return bool(ended)
