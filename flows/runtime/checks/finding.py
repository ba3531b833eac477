"""What a check finds: a rule that is broken, and where."""

from dataclasses import dataclass
from enum import StrEnum

from flows.runtime.maps.journey_map import Path


class Severity(StrEnum):
    """Whether a finding stops a deployment."""

    ERROR = "error"
    """It would go wrong for contacts: `./tend check` ends with exit code 1."""
    WARNING = "warning"
    """It may be meant so."""


@dataclass(frozen=True)
class Finding:
    """A rule that is broken at a place."""

    code: str
    """The rule's, such as `J101`."""
    severity: Severity
    message: str
    journey: str | None = None
    file: str | None = None
    """From the project's folder on, such as `flows/journeys/welcome.py`."""
    line: int | None = None
    path: Path = ()
    """The shortest list of answers that leads there."""

    def __str__(self) -> str:
        return f"{self.journey}: {self.message}" if self.journey else self.message

    @property
    def place(self) -> str:
        """`flows/journeys/welcome.py:12`, as editors open it; empty where it is of no file."""
        return "" if self.file is None else f"{self.file}:{self.line or 1}"

    @property
    def way(self) -> str:
        """`check score >= 30: yes, then task call: Reached`; empty at the start."""
        return ", then ".join(self.path)
