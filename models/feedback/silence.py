"""What is done about a request, step by step, until it is answered or given up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.playbook.feedback import FeedbackTerms
from models.values.working_hours import WorkingHours

A_DAY = timedelta(days=1)


class Step(StrEnum):
    """One of the things that are done about a request, each once."""

    ASK = "ask"
    REMIND = "remind"
    NOTIFY_MANAGER = "notify manager"
    GIVE_UP = "give up"


@dataclass(frozen=True)
class TimedStep:
    """A step and how long after the request it comes."""

    step: Step
    after: timedelta


def steps_of(terms: FeedbackTerms) -> list[TimedStep]:
    """All steps in their order, by what the playbook says now."""
    between = [TimedStep(Step.REMIND, after) for after in terms.remind_after]
    if terms.notify_manager_after is not None:
        between.append(TimedStep(Step.NOTIFY_MANAGER, terms.notify_manager_after))
    between.sort(key=lambda one: one.after)
    return [TimedStep(Step.ASK, timedelta(0)), *between, TimedStep(Step.GIVE_UP, terms.give_up_after)]


def step_number(steps: Sequence[TimedStep], done: int) -> int:
    """The place of the next step, where `done` have been taken; the last one where the playbook has fewer by now."""
    return min(done, len(steps) - 1)


def moment_of_next(
    steps: Sequence[TimedStep], taken: int, asked_at: datetime, hours: WorkingHours, now: datetime
) -> datetime:
    """When the step after the one at `taken`, which is taken now, is due.

    After an outage, too, a day lies between two of them, or their whole pause if that is shorter: a manager is not told
    in the minute in which the owner is reminded.
    """
    pause = steps[taken + 1].after - steps[taken].after
    due = max(asked_at + steps[taken + 1].after, now + min(pause, A_DAY))
    return hours.next_open(due) or due
