"""The definition of a journey: its code, triggers, exit conditions, re-enrolment rule and holdout."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flows.runtime.contract.ask import Ask, HandOver
from flows.runtime.holdout import has_holdout_step, run_unless_held_out
from flows.runtime.journey import Journey
from flows.runtime.run import Run
from models.splits import holdout_of

Body = Callable[[Journey], Coroutine[Any, Any, str]]


class Reentry(StrEnum):
    """Whether a contact may take a journey again."""

    NEVER = "never"
    """Once in a lifetime."""
    AFTER_END = "after_end"
    """One run at a time; again when the last one is over."""
    ALWAYS = "always"
    """As many at the same time as there are reasons to start."""


@dataclass(frozen=True)
class Definition:
    """A journey: its code, what starts it, what ends it early, whether it may be taken again."""

    name: str
    body: Body
    starts_on: tuple[str, ...] = ()
    """Patterns of events: `name` or `name:topic`."""
    ends_on: Mapping[str, str] | None = None
    """Pattern of an event -> the ending it means, wherever the run stands."""
    reentry: Reentry = Reentry.AFTER_END
    fallback_trigger: tuple[str, ...] = ()
    """Names of events that start it when no other journey starts on them and no run waits for them."""
    holdout: float | None = None
    """The share of contacts who are kept off it for good, such as 0.05."""

    def __post_init__(self) -> None:
        """Raises ValueError for what could not be kept at run time."""
        if any(isinstance(ending, HandOver) for ending in (self.ends_on or {}).values()):
            raise ValueError(
                f"{self.name}: ends_on names endings such as 'bought', found a hand_over. "
                "Let the other journey start on that event itself: starts_on=..."
            )
        if self.holdout is not None:
            holdout_of(self.name, self.holdout)

    @property
    def exclusive(self) -> bool:
        """Only one open run per contact."""
        return self.reentry is not Reentry.ALWAYS

    def make_coroutine(self, run: Run) -> Coroutine[Ask, Any, str]:
        """A fresh coroutine for a run, not yet started."""
        j = Journey(self.name, run)
        if self.holdout is None and not has_holdout_step(self.name, run):
            return self.body(j)
        return run_unless_held_out(j, self.body, self.holdout or 0)

    def start_key(self, reason: str) -> str:
        """What identifies a start for this reason; the same key never starts the contact again."""
        return "once" if self.reentry is Reentry.NEVER else reason


Definitions = Mapping[str, Definition]
