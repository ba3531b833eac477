"""One line of a contact's timeline."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the story."""

    at: datetime
    kind: str
    """event, run, step, mail, task or owner: how it looks."""
    title: str
    position: tuple[int, int] = (0, 0)
    """Run and step, which put in order what happened at the same moment."""
    journey: str | None = None
    """The journey that it belongs to."""
    answer: str | None = None
    tone: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """What decided it."""
    notes: str | None = None
    link: str | None = None
    link_label: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """The rest, for those who look closer."""
    anchor: str | None = None
    quiet: bool = False
    """A step of the product's own, which is folded among others."""
