"""What the owners of leads are asked about them, and how often, until each lead is won or lost."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from models.playbook.section import Duration, Section, Text
from models.tables.contact import Stage

MOST_REQUESTS = 100
"""About one lead and one owner: a lead of ten years, asked about each month or so."""


class AfterLoss(StrEnum):
    """What becomes of a lead that was lost."""

    NURTURE = "nurture"
    """They get something to read."""
    END = "end"
    """Journeys that sell to them end, and none begins."""
    NOT_INTERESTED = "not interested"
    """They have said no themselves, so no journey asks again."""


def _longer_than_nothing(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("a length of time above nothing was expected, such as 1d")
    return length


Pause = Annotated[Duration, AfterValidator(_longer_than_nothing)]


class ActionAnswer(Section):
    """An answer to the first section: what was done with the lead."""

    answer: Text
    action: bool = True
    """Whether it is one; level 1 is reached by it then."""
    again: Pause | None = None
    """When they are asked next, in place of what the cycle says."""
    stage: Stage | None = None
    """What it makes of the lead, unless that has come further already."""


class StatusAnswer(Section):
    """An answer to the second section: how the pursuit of the lead stands."""

    answer: Text
    again: Pause | None = None
    stage: Stage | None = None


class LossReason(Section):
    """An answer to the third section, for a lead that was lost: why."""

    answer: Text
    then: AfterLoss = AfterLoss.NURTURE


class FeedbackCycle(Section):
    """When the owner of a lead is asked about it, and until when."""

    after: tuple[Pause, ...] = Field(default=(timedelta(days=1), timedelta(weeks=1)), min_length=1)
    """How long after they got it: once, or several times. A day and more is in the morning of that day."""
    every: Pause | None = timedelta(weeks=2)
    """From then on, after each time; none: never again."""
    until: Annotated[int, Field(ge=1, le=3)] = 3
    """The level at which no more is asked: 1 action taken, 2 pursuit status, 3 won or lost."""
    at_most: Annotated[int, Field(ge=1, le=MOST_REQUESTS)] = 26
    """Requests about one lead, whatever is said."""


class CycleRule(FeedbackCycle):
    """A cycle for some leads: the first that fits takes the place of the general one."""

    when: str | None = None
    """A condition on the contact, such as product == "growth-programme"."""
    teams: tuple[Text, ...] = ()
    """Of the owner; none: all."""
    partners: bool | None = None
    """Only owners of partner teams, or only those of our own."""


class FeedbackTerms(FeedbackCycle):
    """The playbook's section `feedback`."""

    cycles: tuple[CycleRule, ...] = ()
    contacted: tuple[ActionAnswer, ...] = (
        ActionAnswer(answer="Yes, we have talked"),
        ActionAnswer.model_validate({"answer": "Tried, not reached yet", "again": "2d"}),
        ActionAnswer.model_validate({"answer": "Not yet", "action": False, "again": "1d"}),
    )
    statuses: tuple[StatusAnswer, ...] = (
        StatusAnswer(answer="Finding out what they need"),
        StatusAnswer(answer="Offer made", stage=Stage.OPPORTUNITY),
        StatusAnswer.model_validate({"answer": "Put off by them", "again": "6w"}),
    )
    lost: tuple[LossReason, ...] = (
        LossReason(answer="Bought from somebody else"),
        LossReason(answer="No budget, or not now"),
        LossReason(answer="Could not be reached"),
        LossReason(answer="Does not fit", then=AfterLoss.END),
        LossReason(answer="Does not want to hear from us", then=AfterLoss.NOT_INTERESTED),
    )
    levels: dict[Annotated[int, Field(ge=1, le=2)], Stage] = Field(default_factory=dict)
    """Level -> the stage that a lead has by then. A lead that is won is a customer by its order."""
    remind_after: tuple[Pause, ...] = (timedelta(days=2), timedelta(days=4))
    """How long after a request its reader is reminded, once for each."""
    notify_manager_after: Pause | None = timedelta(weeks=1)
    give_up_after: Pause = timedelta(weeks=2)
    """How long after a request it is no longer waited for: the next one comes, or the lead goes to somebody else."""
    route_again: bool = False
    """Whether a lead about which nobody says anything goes back to the routers."""
