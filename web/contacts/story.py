"""The part of a contact's timeline that a page shows: the newest first, all of it or only one kind of thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import Connection, text

from web.contacts.history import contact_history
from web.contacts.readable_data import ReadableData
from web.contacts.timeline import timeline
from web.contacts.timeline_entry import TimelineEntry

AT_ONCE = 100
"""Entries on one page."""
FOLDED_FROM = 2
"""Steps of the product in a row that are folded into one line."""
MOST_SHOWN = 100_000
"""Entries of one moment that an address can say were shown."""

AT_EVENT = text("SELECT at FROM event WHERE id = :event AND contact_id = :contact")


class StoryFilter(StrEnum):
    """What of the timeline is shown."""

    ALL = "all"
    PEOPLE = "people"
    """What somebody did: the contact, a salesperson, one of ops."""
    MAILS = "mails"
    TASKS = "tasks"

    @property
    def events(self) -> str:
        """SQL over event: those of this kind."""
        return WANTED_EVENTS[self]

    def shows(self, entry: TimelineEntry) -> bool:
        """Whether an entry that is no event is of this kind."""
        match self:
            case StoryFilter.PEOPLE | StoryFilter.TASKS:
                return entry.kind in ("task", "event")
            case StoryFilter.MAILS:
                return entry.kind in ("mail", "event")
        return True


WANTED_EVENTS = {
    StoryFilter.ALL: "true",
    # Routing and scores have no person behind them.
    StoryFilter.PEOPLE: "coalesce(event.source, '') NOT IN ('routing', 'scoring', 'score')",
    StoryFilter.MAILS: "event.source IN ('mail', 'inbound')",
    StoryFilter.TASKS: "event.source = 'task'",
}


@dataclass(frozen=True)
class StoryPlace:
    """Where a page of the timeline begins: a moment, and how many entries of it newer pages have shown."""

    at: datetime
    shown: int

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.at.isoformat()}~{self.shown}"

    @classmethod
    def read(cls, given: str) -> "StoryPlace | None":
        """The place of an address; None for what is none."""
        moment, _, shown = given.partition("~")
        try:
            place = cls(datetime.fromisoformat(moment), int(shown))
        except ValueError:
            return None
        return place if place.at.tzinfo is not None and 0 <= place.shown <= MOST_SHOWN else None


@dataclass(frozen=True)
class StoryPage:
    """One page of the timeline."""

    entries: list[TimelineEntry]
    shown: StoryFilter
    is_newest: bool
    older: StoryPlace | None
    """Where the next page begins; None where this one is the last."""

    @property
    def filters(self) -> tuple[StoryFilter, ...]:
        """All there are, for the links."""
        return tuple(StoryFilter)

    @property
    def anchors(self) -> frozenset[str]:
        """The events that stand on this page."""
        return frozenset(entry.anchor for entry in self.entries if entry.anchor)

    @property
    def groups(self) -> Iterator[list[TimelineEntry]]:
        """Each entry alone, but steps of the product in a row together."""
        for quiet, run in groupby(self.entries, lambda entry: entry.quiet):
            together = list(run)
            if quiet and len(together) >= FOLDED_FROM:
                yield together
            else:
                yield from ([entry] for entry in together)


def story_page(
    connection: Connection, contact: int, shown: StoryFilter, place: StoryPlace | None, data: ReadableData
) -> StoryPage:
    """The page that begins at a place, or with the newest: however long the story is, it has a page for each part."""
    skipped = place.shown if place else 0
    history = contact_history(
        connection,
        contact,
        until=place.at if place else None,
        # Of two events one entry can be made, of a call and its notes.
        most_events=2 * (AT_ONCE + skipped + 1),
        wanted_events=shown.events,
    )
    entries = [one for one in reversed(timeline(history, data)) if shown.shows(one)]
    if place:
        entries = [one for one in entries if one.at <= place.at]
    entries = entries[skipped:]
    return StoryPage(entries[:AT_ONCE], shown, place is None, _older(entries, place))


def _older(entries: Sequence[TimelineEntry], place: StoryPlace | None) -> StoryPlace | None:
    if len(entries) <= AT_ONCE:
        return None
    last = entries[AT_ONCE - 1].at
    before = place.shown if place and place.at == last else 0
    return StoryPlace(last, before + sum(one.at == last for one in entries[:AT_ONCE]))


def place_of_event(connection: Connection, contact: int, event: int) -> StoryPlace | None:
    """The page that begins with the moment of an event; None where the contact has no such event."""
    at = connection.execute(AT_EVENT, {"event": event, "contact": contact}).scalar()
    return StoryPlace(at, 0) if at else None
