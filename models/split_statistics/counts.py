"""What is counted in a split test: contacts, and those of them who did what the test is for."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts of one variant, and how many of them succeeded."""

    contacts: int = 0
    successes: int = 0

    @property
    def rate(self) -> float:
        """The part that succeeded, from 0 to 1; 0 of nobody."""
        return self.successes / self.contacts if self.contacts else 0.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.contacts + other.contacts, self.successes + other.successes)


@dataclass(frozen=True)
class Look:
    """All that is known at the end of one day."""

    day: date
    counts: dict[str, Counts]
    """By variant, since the beginning."""


class Interval(NamedTuple):
    """Between which numbers the truth lies, at the level that was asked for."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether it is on one side."""
        return self.low > 0 or self.high < 0
