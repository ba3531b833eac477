"""The part of a contact's timeline that a page shows: the newest first, all of it or only one kind of thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from web.contacts.timeline import TimelineEntry

AT_ONCE = 100
"""Entries on one page."""
BY_ITSELF = ("routing", "scoring", "score")
"""Sources of events that no person is behind."""


class StoryFilter(StrEnum):
    """What of the timeline is shown."""

    ALL = "all"
    PEOPLE = "people"
    """What somebody did: the contact, a salesperson, one of ops."""
    MAILS = "mails"
    TASKS = "tasks"

    def shows(self, entry: TimelineEntry) -> bool:
        """Whether an entry is of this kind."""
        match self:
            case StoryFilter.PEOPLE:
                return entry.kind == "task" or (entry.kind == "event" and entry.facts.get("source") not in BY_ITSELF)
            case StoryFilter.MAILS:
                return entry.kind == "mail" or entry.facts.get("source") in ("mail", "inbound")
            case StoryFilter.TASKS:
                return entry.kind == "task"
        return True


@dataclass(frozen=True)
class StoryPage:
    """One page of the timeline."""

    entries: list[TimelineEntry]
    shown: StoryFilter
    number: int
    has_older: bool

    @property
    def filters(self) -> tuple[StoryFilter, ...]:
        """All there are, for the links."""
        return tuple(StoryFilter)


def story_page(entries: Sequence[TimelineEntry], shown: StoryFilter, number: int) -> StoryPage:
    """Of entries in the order of time the page with this number, from 1; what is newest comes first."""
    wanted = [entry for entry in reversed(entries) if shown.shows(entry)]
    first = (number - 1) * AT_ONCE
    return StoryPage(wanted[first : first + AT_ONCE], shown, number, len(wanted) > first + AT_ONCE)
