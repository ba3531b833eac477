"""The definition of a journey: its code, triggers, exit conditions, re-enrolment rule and holdout."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flows.runtime.contract.ask import Ask, HandOver
from flows.runtime.definitions.holdout import has_holdout_step, run_unless_held_out
from flows.runtime.definitions.journey import Journey
from flows.runtime.definitions.open_runs import Drain, OpenRuns
from flows.runtime.definitions.run import Run
from models.splits import holdout_of

Body = Callable[[Journey], Coroutine[Any, Any, str]]


class Reentry(StrEnum):
    """Re-enrolment: whether a contact may take a journey again."""

    NEVER = "never"
    """A contact takes it once and never again."""
    AFTER_END = "after_end"
    """One open run at a time; again when the last one has ended."""
    ALWAYS = "always"
    """Any number of open runs at the same time, one for each event that starts it."""


class RequestPolicy(StrEnum):
    """What an open run does when its contact asks for a person and the run has no task open about them.

    In each case a person hears of it: the run's own task shows it, or the journey whose fallback trigger is
    `asked_again` brings one.
    """

    BRING_PERSON = "bring a person"
    """The run pauses, so that nobody is written to while somebody talks to them."""
    GO_ON = "go on"
    """The wait ends at once as if its time was up, where the next that comes is a task for the owner. Elsewhere a
    person is brought, and the run pauses."""
    IGNORE = "ignore"
    """The run takes no notice and keeps its times. What starts this journey asks for nobody when it comes again."""


@dataclass(frozen=True)
class Definition:
    """A journey: its code, and when contacts enrol, leave early and enrol again."""

    name: str
    body: Body
    starts_on: tuple[str, ...] = ()
    """Triggers: patterns of events, `name` or `name:topic`."""
    ends_on: Mapping[str, str] | None = None
    """Exit conditions: pattern of an event -> the ending it means, at whatever step the run is."""
    reentry: Reentry = Reentry.AFTER_END
    fallback_trigger: tuple[str, ...] = ()
    """Names of events that start it when no other journey starts on them and no run waits for them."""
    holdout: float | None = None
    """The share of contacts who never take it, such as 0.05, to measure what it brings."""
    starts_on_history: bool = False
    """Whether an event that is told late starts it as well, once for each contact."""
    on_repeated_request: RequestPolicy = RequestPolicy.BRING_PERSON
    title: str | None = None
    """What people call it; None: what its file says, see `title_of_journey`."""
    by_hand: bool = True
    """Whether ops find it in Prefect to put contacts on it. What only other parts of Tend start is out of their way."""
    open_runs: OpenRuns | None = None
    """What the runs do that were begun with older code; None: they must fit this code."""
    source: str = field(default="", repr=False, compare=False)
    """The text of its file as it was loaded."""
    version: str | None = None
    """The version of its code, see `code_version`; None for code that came from no file."""
    problem: str | None = None
    """Why its file cannot be loaded; then this stands in for it, and its runs are stuck."""

    def __post_init__(self) -> None:
        """Raises ValueError when `ends_on` hands over to a journey or `holdout` is no share, or when history
        is to start a journey without a trigger.
        """
        if any(isinstance(ending, HandOver) for ending in (self.ends_on or {}).values()):
            raise ValueError(
                f"{self.name}: ends_on names endings such as 'bought', found a hand_over. "
                "Let the other journey start on that event itself: starts_on=..."
            )
        if self.holdout is not None:
            holdout_of(self.name, self.holdout)
        if self.starts_on_history and not self.starts_on:
            raise ValueError(
                f"{self.name}: starts_on_history=True was found without starts_on. Name the events that start it."
            )

    @property
    def is_draining(self) -> bool:
        """Whether nobody starts on it any more."""
        return isinstance(self.open_runs, Drain)

    @property
    def exclusive(self) -> bool:
        """Only one open run per contact."""
        return self.reentry is not Reentry.ALWAYS

    def make_coroutine(self, run: Run) -> Coroutine[Ask, Any, str]:
        """A fresh coroutine for a run, not yet started."""
        j = Journey(self.name, run)
        if self.holdout is None and not has_holdout_step(self.name, run):
            return self.body(j)
        return run_unless_held_out(j, run, self.body, self.holdout or 0)

    def start_key(self, reason: str) -> str:
        """The key of a start for this reason. The same key never starts the same contact twice."""
        return "once" if self.reentry is Reentry.NEVER else reason


Definitions = Mapping[str, Definition]
