"""Which number an address of the people behind one means, and the words for it."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import HTTPException
from pydantic import Field
from sqlalchemy import Connection, text

from models.kpi.measures import BY_NAME
from models.kpi.people.contribution import MailsAsked, StepsAsked
from models.kpi.people.facts import FactsAsked
from models.kpi.people.lines import NoSuchNumber, NumberAsked
from models.kpi.people.stages import StageAsked
from models.tables.kpi import Dimension
from models.wording import duration
from web.reports.query import ReportAddress, ReportRequest

NONE = "(none)"
"""In an address: no journey, no variant."""
NO_NUMBER = "This address names no number. Open the people behind one from a page of the reports."
NO_DIMENSION = "There is no dimension {found!r}. Numbers are cut by: " + ", ".join(Dimension) + "."

STAGE_WORDS = {
    "entered": "Came to the stage {stage}.",
    "moved_on": "Went on from the stage {stage} to a higher one.",
    "standing": "Stood in the stage {stage} at the end of the last day.",
    "stalled": "Stood in the stage {stage} at the end of the last day, with nothing new for {stalled}.",
}
MAIL_WORDS = {
    "sent": "Mails that were sent",
    "delivered": "Mails that were delivered",
    "reached": "Mails that reached somebody",
    "opened": "Mails that a person opened",
    "clicked": "Mails in which a person followed a link",
    "bot_opened": "Mails that programs alone opened",
    "bot_clicked": "Mails in which programs alone followed a link",
    "bounced": "Mails that came back",
    "unsubscribed": "Mails after which the receiver opted out",
    "complained": "Mails that were called spam",
    "replied": "Mails that a person answered",
    "connected": "Mails after which the receiver talked with us for the first time; touched, not caused",
    "ordered": "Mails after which the receiver ordered; touched, not caused",
    "first_touches": "Orders by the first mail in time before them",
    "last_touches": "Orders by the last mail before them",
}
STEP_WORDS = {
    "contacts": "Runs that took this step.",
    "connected": "Runs that took this step, and whose contact talked with us for the first time after it. "
    "Touched, not caused.",
    "ordered": "Runs that took this step, and whose contact ordered after it. Touched, not caused.",
}
REP = text("SELECT name FROM rep WHERE id = :rep")


class PeopleAddress(ReportAddress):
    """The address of the people behind a number."""

    measure: str = ""
    """Of kpi_daily; with a goal, where a cohort begins; with a stage, the column of kpi_funnel."""
    dimension: str = Dimension.ALL.value
    member: str = ""
    currency: str = ""
    reading: Literal["", "period", "cohort"] = ""
    """Of cohorts: whether the day of the goal is to be in the period, or that of the begin."""
    goal: str = ""
    after: bool = False
    missing: bool = False
    stage: str = ""
    of: Literal["", "mails", "steps"] = ""
    """Of mails or steps of journeys, rather than of facts; `measure` is the column of their table."""
    template: str = ""
    journey: str = ""
    """Of mails and steps; NONE for mails of none, empty for all."""
    variant: str = ""
    step: str = ""
    verb: str = ""
    weekday: int = Field(0, ge=0, le=7)
    hours: str = Field("", pattern=r"^([0-9]{1,2}-[0-9]{1,2})?$")
    leaf: int = Field(1, ge=1, le=100_000)

    @property
    def file(self) -> str:
        """The name of a download, of letters alone that every system takes for a file's."""
        said = "-".join(["people", *filter(None, (self.stage, self.measure, self.goal))])
        return re.sub(r"[^a-z0-9]+", "-", said.lower())[:60]


@dataclass(frozen=True)
class NumberWords:
    """What people read about a number."""

    about: str
    """What was counted, in a sentence."""
    of: str
    """Of whom alone; empty: of all."""
    value: str
    """What the values are, such as `seconds by the clock`; empty: nothing."""
    has_money: bool = False


def read_number(address: PeopleAddress, asked: ReportRequest) -> NumberAsked:
    """The number that an address means; 404 for one that is not counted."""
    if not address.measure:
        raise HTTPException(404, NO_NUMBER)
    if address.dimension not in list(Dimension):
        raise HTTPException(404, NO_DIMENSION.format(found=address.dimension[:40]))
    cell: dict[str, Any] = {
        "first": asked.period.first,
        "last": asked.period.last,
        "dimension": Dimension(address.dimension),
        "member": address.member,
        "team_id": asked.team_id,
        "known_at": asked.known_at,
    }
    try:
        if address.of:
            return _of_contribution(address, asked, cell)
        if address.stage:
            return StageAsked(column=address.measure, stage=address.stage, zone=asked.zone.key, **cell)
        return FactsAsked(
            measure=address.measure,
            goal=address.goal,
            dated="goal" if address.goal and address.reading == "period" else "begin",
            after=address.after,
            missing=address.missing and bool(address.goal),
            currency=address.currency,
            weekday=address.weekday,
            hours=_hours(address.hours),
            zone=asked.zone.key,
            **cell,
        )
    except NoSuchNumber as problem:
        raise HTTPException(404, str(problem)) from None


def _of_contribution(address: PeopleAddress, asked: ReportRequest, cell: dict[str, Any]) -> NumberAsked:
    journey = {"": None, NONE: ""}.get(address.journey, address.journey)
    about = cell | {"column": address.measure, "playbook": asked.playbook, "journey": journey}
    if address.of == "steps":
        return StepsAsked(step=address.step, verb=address.verb, **about)
    variant = {"": None, NONE: ""}.get(address.variant, address.variant)
    return MailsAsked(template=address.template, variant=variant, **about)


def _hours(written: str) -> tuple[int, int] | None:
    begin, _, end = written.partition("-")
    return (int(begin), int(end)) if written else None


def number_words(connection: Connection, number: NumberAsked, asked: ReportRequest) -> NumberWords:
    """What was counted, of whom alone, and what the values are."""
    of = _of(connection, number)
    match number:
        case MailsAsked():
            return NumberWords(f"{MAIL_WORDS[number.column]}, by the day on which they were sent.", number.template, "")
        case StepsAsked():
            return NumberWords(STEP_WORDS[number.column], f"{number.journey or ''} {number.step}".strip(), "")
        case StageAsked():
            stalled = duration(asked.playbook.reports.stalled_after)
            about = STAGE_WORDS[number.column].format(stage=number.stage, stalled=stalled)
            return NumberWords(about, of, "" if number.column == "entered" else "days in the stage")
        case FactsAsked(goal=""):
            measure = BY_NAME[number.measure]
            return NumberWords(measure.about, of, measure.value, measure.has_money)
        case FactsAsked():
            return _cohort_words(number, of)
    raise TypeError(number)


def _cohort_words(number: FactsAsked, of: str) -> NumberWords:
    begin, goal = BY_NAME[number.measure], BY_NAME[number.goal]
    came = f"{goal.about[:1].lower()}{goal.about[1:]}"
    if number.missing:
        return NumberWords(f"{begin.about} And this has not come yet: {came}", of, "")
    value = "days between the two" if number.is_cohort else goal.value
    when = "within these days" if number.dated == "goal" else "by now"
    return NumberWords(f"{begin.about} And {when}: {came}", of, value, goal.has_money)


def _of(connection: Connection, number: NumberAsked) -> str:
    match number.dimension:
        case Dimension.ALL:
            return ""
        case Dimension.PERSON:
            return connection.scalar(REP, number.values) or "nobody"
        case dimension:
            return f"{dimension.value} {number.member or 'not known'}"
