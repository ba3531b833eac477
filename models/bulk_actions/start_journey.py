"""Putting contacts on a journey."""

from sqlalchemy import Connection, exists, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.bulk_actions.kinds import BadChoice, Choices, Doing, Remark
from models.database import id_list
from models.events.emit import NewEvent, emit
from models.journeys.runs import start_runs
from models.journeys.start_task import JOURNEY as BY_TASKS
from models.tables.contact import Contact
from models.tables.journey.journey_run import JourneyRun
from models.titles.journeys import JourneyOutline, journey_outlines

STARTED = text("""
SELECT contact_id FROM journey_run
WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND journey = :journey AND key = :key AND started_at = :now
ORDER BY contact_id
""")


class StartJourney:
    """Start a journey; who is on it, or took one that is taken once, stays where they are."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        return {"journey": _outline(given).name}

    def sentence(self, connection: Connection, choices: Choices) -> str:
        return f"are put on the journey “{_outline(choices).title}”"

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        outline, run = _outline(choices), aliased(JourneyRun)
        its = exists().where(col(run.contact_id) == col(Contact.id), col(run.journey) == outline.name)
        is_on = its.where(col(run.ended_at).is_(None))
        no_mail = Remark(col(Contact.suppressed).is_not(None), "gets no marketing mail", "get no marketing mail")
        if outline.reentry == "never":
            return [Remark(its, "took it before and is left out", "took it before and are left out"), no_mail]
        if outline.exclusive:
            return [Remark(is_on, "is on it already and stays there", "are on it already and stay there"), no_mail]
        return [no_mail]

    def perform(self, connection: Connection, doing: Doing) -> int:
        outline = _outline(doing.choices)
        key = "once" if outline.reentry == "never" else doing.key
        starts = [(contact, key) for contact in doing.contacts]
        if not start_runs(connection, outline.name, starts, exclusive=outline.exclusive, now=doing.now):
            return 0
        about = {"contacts": id_list(doing.contacts), "journey": outline.name, "key": key, "now": doing.now}
        started = list(connection.execute(STARTED, about).scalars())
        emit(connection, [_event(contact, outline, doing) for contact in started], doing.now)
        return len(started)


def startable() -> list[JourneyOutline]:
    """The journeys that people start, by title."""
    return [outline for name, outline in journey_outlines().items() if name != BY_TASKS]


def _outline(choices: Choices) -> JourneyOutline:
    typed = choices.get("journey", "").strip()
    outline = next((one for one in startable() if typed in (one.name, one.title)), None)
    if outline is None:
        raise BadChoice("There is no such journey (any more). Choose one of the list.")
    return outline


def _event(contact: int, outline: JourneyOutline, doing: Doing) -> NewEvent:
    return NewEvent(
        name="journey_started",
        contact_id=contact,
        source="ops",
        key=f"{doing.key}:{contact}",
        data={"by": doing.by, "journey": outline.title},
    )
