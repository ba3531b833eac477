"""Which opens and clicks of a mail are a program's, by the traces that mail scanners leave. Pure.

Companies let programs follow the links of each mail before it is shown, and mail programs load pictures ahead. Both
look like a very interested reader. What cannot be told from a person counts as a person.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.tables.mail_event import MailEventKind

TOO_SOON = timedelta(seconds=5)
"""Nobody sees a mail, reads it and follows a link within this time of its arrival."""
AT_ONCE = timedelta(seconds=2)
MANY = 3
"""So many different links at once are more than a person follows."""

# Scanners of mail, programs that make previews, and libraries that fetch pages. CUBOT makes telephones.
PROGRAMS = re.compile(
    r"barracuda|proofpoint|mimecast|ironport|ciscosecure|trend ?micro|fortimail|fortigate|sophos|symantec|messagelabs"
    r"|bitdefender|forcepoint|trustwave|zscaler|microsoft office (?:existence|protocol) discovery"
    r"|bingpreview|uripreview|facebookexternal|snap url preview|headless|phantomjs|python|aiohttp|httpx|curl/|wget"
    r"|go-http|java/|jakarta|apache-httpclient|libwww|node-fetch|axios|ruby|guzzle|crawler|spider|scanner"
    r"|(?<!cu)bot\b",
    re.IGNORECASE,
)
# What Apple's privacy proxy calls itself, and all that it says; and Gmail, when it loads the pictures of a mail that
# comes in while somebody looks at the inbox.
APPLE = "Mozilla/5.0"
GMAIL_AHEAD = "Edge/12.246 Mozilla/5.0"


@dataclass(frozen=True, slots=True)
class Seen:
    """An open or a click, as far as it is judged."""

    id: int
    kind: MailEventKind
    at: datetime
    url: str | None = None
    user_agent: str | None = None
    """Empty when the program did not say what it is; None when we were not told."""
    because: str | None = None
    """What the provider itself knows."""


def judge(seen: Sequence[Seen], arrived_at: datetime | None, links: int | None) -> dict[int, str]:
    """Why, by its id, each of these opens and clicks of one mail is a program's; those that are missing are people's.

    `arrived_at` is when the receiver's server took the mail, or when it was sent; `links` is how many it has.
    """
    marks = {one.id: because for one in seen if (because := _alone(one, arrived_at))}
    for burst in _bursts([one for one in seen if one.kind is MailEventKind.CLICKED], links):
        marks = {one.id: burst.because for one in seen if burst.holds(one)} | marks
    return marks


def names_a_program(user_agent: str) -> bool:
    """Whether whoever calls itself so is no person's browser."""
    return not user_agent.strip() or PROGRAMS.search(user_agent) is not None


def _alone(one: Seen, arrived_at: datetime | None) -> str | None:
    """What shows it without a look at the others."""
    if one.because:
        return one.because
    if one.user_agent is not None and (because := _by_name(one.kind, one.user_agent)):
        return because
    if arrived_at is not None and one.at - arrived_at <= TOO_SOON:
        return f"{one.kind} within {TOO_SOON.seconds} seconds of the mail's arrival"
    return None


def _by_name(kind: MailEventKind, user_agent: str) -> str | None:
    if names_a_program(user_agent):
        return f"called itself {user_agent[:80]!r}, which is no browser" if user_agent.strip() else "named no browser"
    if kind is MailEventKind.OPENED and (user_agent == APPLE or user_agent.endswith(GMAIL_AHEAD)):
        return "a mail program loaded the pictures ahead of being read"
    return None


@dataclass(slots=True)
class _Burst:
    """A stretch of time in which clicks came too fast for a person."""

    since: datetime
    until: datetime
    because: str

    def holds(self, one: Seen) -> bool:
        """A click in it, or an open beside it: a scanner that follows links loads the pictures too."""
        beside = AT_ONCE if one.kind is MailEventKind.OPENED else timedelta(0)
        return self.since - beside <= one.at <= self.until + beside


def _bursts(clicks: Sequence[Seen], links: int | None) -> list[_Burst]:
    """In one go over the clicks: whoever has a mail can follow its links as often as they like."""
    clicks = sorted(clicks, key=lambda one: one.at)
    urls: Counter[str | None] = Counter()
    bursts: list[_Burst] = []
    end = 0
    for first in clicks:
        while end < len(clicks) and clicks[end].at - first.at <= AT_ONCE:
            urls[clicks[end].url] += 1
            end += 1
        if because := _too_many(len(+urls), links):
            _note(bursts, _Burst(first.at, clicks[end - 1].at, because))
        urls[first.url] -= 1
    return bursts


def _too_many(different: int, links: int | None) -> str | None:
    if different >= MANY:
        return f"{MANY} links or more were followed within {AT_ONCE.seconds} seconds"
    if links is not None and different >= links >= 2:
        return f"all {links} links of the mail were followed within {AT_ONCE.seconds} seconds"
    return None


def _note(bursts: list[_Burst], burst: _Burst) -> None:
    """Those that run into each other are one."""
    if bursts and bursts[-1].because == burst.because and burst.since <= bursts[-1].until:
        bursts[-1].until = burst.until
    else:
        bursts.append(burst)
