"""One run of a journey on a trip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.runtime.contract.ask import ResumingEvent
from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.run import Run
from flows.testing.paths import Paths, Place


@dataclass
class OpenRun:
    """One run of a journey on the trip; its row is what conditions see of it."""

    id: int
    definition: Definition
    paths: Paths
    place: Place
    row: dict[str, Any]
    live: Run | None = None
    """The run that stands at the place, where it had to be run to see it."""
    resume_at: datetime | None = None
    events: tuple[str, ...] = ()
    event: ResumingEvent | None = None
    waits: bool = False

    @property
    def name(self) -> str:
        """Its journey."""
        return self.definition.name

    @property
    def is_open(self) -> bool:
        """Neither ended nor stuck."""
        return self.row["ended_at"] is None and self.place.stuck_reason is None and self.row["stuck_reason"] is None
