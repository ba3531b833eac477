"""The navigation of the pages for ops, in five groups, and which of its entries a page belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass

from web.frame.who import Who


@dataclass(frozen=True)
class Entry:
    """A page of the navigation."""

    path: str
    title: str
    waiting: str = ""
    """What its figure counts, for those who cannot see where it stands: `overdue`."""
    role: str = "look"
    """Who sees it."""
    words: str = ""
    """What else the search finds it by."""


@dataclass(frozen=True)
class Group:
    """Pages that belong together."""

    title: str
    entries: tuple[Entry, ...]


NAVIGATION = (
    Group(
        "Today",
        (
            Entry("/", "Overview"),
            Entry("/tasks", "Tasks", "overdue"),
            Entry("/replies", "Replies", "to assign"),
        ),
    ),
    Group(
        "Leads",
        (
            Entry("/contacts", "Contacts"),
            Entry("/lists", "Hot and cold"),
            Entry("/runs", "Journeys", "stuck", words="map, flowchart, runs"),
            Entry("/duplicates", "Duplicates", "to decide", words="merge"),
            Entry("/rejected", "Rejected leads", "to repair", words="repair, held, spam"),
            Entry("/unread", "Unread values", "to read", words="repair"),
        ),
    ),
    Group(
        "Mail",
        (
            Entry("/mails", "Mails"),
            Entry("/messages", "Messages", "to look at", words="outbox, failed, bounces"),
            Entry("/mailbox", "Mailbox", role="work"),
            Entry("/splits", "Split tests", words="A/B tests"),
            Entry("/fulfilment", "Sent by hand"),
        ),
    ),
    Group(
        "Team",
        (
            Entry("/team", "Team", words="people, absence, reassign, work link"),
            Entry("/reports", "Reports"),
            Entry("/follow-up", "Follow-up"),
            Entry("/feedback", "Feedback"),
            Entry("/routers", "Routers", "waiting"),
        ),
    ),
    Group(
        "Set-up",
        (
            Entry("/logins", "Logins", role="set up", words="invite, roles, sessions, passwords"),
            Entry("/sender", "Sender", words="SPF, DKIM, DMARC, MX, domain, deliverability"),
            Entry("/audit", "Who did what", words="audit"),
            Entry("/docs", "Documentation"),
        ),
    ),
)
"""A new page goes into the group whose work it is for; `web/frame/needs.py` says what is counted beside it."""

WITHIN = {
    "bounces": "/messages",
    "journeys": "/runs",
    "merges": "/contacts",
    "prediction": "/lists",
}
"""First part of the path of pages that the navigation shows as a part of another one."""


def navigation(who: Who | None) -> list[Group]:
    """The groups as somebody sees them: without pages that their role may not open."""
    role = who.may if who else lambda _: True
    return [Group(one.title, tuple(entry for entry in one.entries if role(entry.role))) for one in NAVIGATION]


def place_of(path: str) -> str:
    """The path of the entry that a page belongs to; the page's own path where there is none."""
    path = WITHIN.get(path.split("/")[1] if "/" in path else "", path)
    entries = (entry.path for group in NAVIGATION for entry in group.entries)
    return next((one for one in entries if path == one or (one != "/" and path.startswith(f"{one}/"))), path)


def figure(count: int, most: int) -> str:
    """How a figure reads; counting ends at `most`."""
    return f"{most - 1}+" if count >= most else str(count)


def figures(counts: Mapping[str, int], most: int) -> dict[str, str]:
    """The figures that are not zero, by path."""
    return {path: figure(count, most) for path, count in counts.items() if count}
