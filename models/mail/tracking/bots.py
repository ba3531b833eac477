"""Bot detection: which opens and clicks come from mail scanners and prefetching mail programs.

Pure. Without evidence of a bot, an open or a click is a person's.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from crawleruseragents import is_crawler

from models.tables.mail_event import MailEventKind

TOO_SOON = timedelta(seconds=5)
"""Nobody sees a mail, reads it and follows a link within this time of its arrival."""
BURST_WINDOW = timedelta(seconds=2)
BURST_LINKS = 3
"""So many different links at once are more than a person follows."""

# Bots that the kept list lacks: it is made by looking at the logs of websites, which mail scanners seldom visit. CUBOT
# is a brand of phones.
OTHER_BOTS = re.compile(
    r"barracuda|proofpoint|mimecast|ironport|ciscosecure|trend ?micro|fortimail|fortigate|sophos|symantec|messagelabs"
    r"|bitdefender|forcepoint|trustwave|zscaler|microsoft office (?:existence|protocol) discovery"
    r"|uripreview|headless|python|httpx|java/|jakarta|libwww|ruby|guzzle|crawler|spider|scanner|(?<!cu)bot\b",
    re.IGNORECASE,
)
# Through these, mail programs load the pictures that a person looks at. The kept list counts them as bots.
IMAGE_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|FastmailUA|Shortwave Image Fetcher")
# What Apple's privacy proxy calls itself, and all that it says; and Gmail, when it loads the pictures of a mail that
# comes in while somebody looks at the inbox.
APPLE_PROXY = "Mozilla/5.0"
GMAIL_PREFETCH = "Edge/12.246 Mozilla/5.0"


@dataclass(frozen=True, slots=True)
class Engagement:
    """An open or a click, with what bot detection looks at."""

    id: int
    kind: MailEventKind
    at: datetime
    url: str | None = None
    user_agent: str | None = None
    """Empty when the program sent none; None when the provider does not report it."""
    reason: str | None = None
    """The provider's own evidence of a bot."""


def detect_bots(seen: Sequence[Engagement], arrived_at: datetime | None, links: int | None) -> dict[int, str]:
    """Id -> evidence for each of these opens and clicks of one email that a bot made; the others are people's.

    `arrived_at` is when the recipient's server accepted the email, or when it was sent; `links` is how many it has.
    """
    reasons = {one.id: reason for one in seen if (reason := _reason_alone(one, arrived_at))}
    for burst in _bursts([one for one in seen if one.kind is MailEventKind.CLICKED], links):
        reasons = {one.id: burst.reason for one in seen if burst.contains(one)} | reasons
    return reasons


# The kept list is some fifteen hundred patterns, and the same few user agents come again and again.
@lru_cache(maxsize=4096)
def is_bot_user_agent(user_agent: str) -> bool:
    """Whether this user agent is that of a bot rather than of a browser or a mail program."""
    if not user_agent.strip() or OTHER_BOTS.search(user_agent):
        return True
    return not IMAGE_PROXIES.search(user_agent) and is_crawler(user_agent)


def _reason_alone(one: Engagement, arrived_at: datetime | None) -> str | None:
    """The evidence in one open or click by itself."""
    if one.reason:
        return one.reason
    if one.user_agent is not None and (reason := _user_agent_reason(one.kind, one.user_agent)):
        return reason
    if arrived_at is not None and one.at - arrived_at <= TOO_SOON:
        return f"{one.kind} within {TOO_SOON.seconds} seconds of the mail's arrival"
    return None


def _user_agent_reason(kind: MailEventKind, user_agent: str) -> str | None:
    if is_bot_user_agent(user_agent):
        return f"called itself {user_agent[:80]!r}, which is no browser" if user_agent.strip() else "named no browser"
    if kind is MailEventKind.OPENED and (user_agent == APPLE_PROXY or user_agent.endswith(GMAIL_PREFETCH)):
        return "a mail program loaded the pictures ahead of being read"
    return None


@dataclass(slots=True)
class _Burst:
    """A stretch of time in which clicks came too fast for a person."""

    since: datetime
    until: datetime
    reason: str

    def contains(self, one: Engagement) -> bool:
        """A click in it, or an open beside it: a scanner that follows links loads the pictures too."""
        beside = BURST_WINDOW if one.kind is MailEventKind.OPENED else timedelta(0)
        return self.since - beside <= one.at <= self.until + beside


def _bursts(clicks: Sequence[Engagement], links: int | None) -> list[_Burst]:
    """All bursts, in one pass over the clicks: anybody can follow the links of an email very often."""
    clicks = sorted(clicks, key=lambda one: one.at)
    urls: Counter[str | None] = Counter()
    bursts: list[_Burst] = []
    end = 0
    for first in clicks:
        while end < len(clicks) and clicks[end].at - first.at <= BURST_WINDOW:
            urls[clicks[end].url] += 1
            end += 1
        if reason := _burst_reason(len(+urls), links):
            _merge_burst(bursts, _Burst(first.at, clicks[end - 1].at, reason))
        urls[first.url] -= 1
    return bursts


def _burst_reason(different: int, links: int | None) -> str | None:
    if different >= BURST_LINKS:
        return f"{BURST_LINKS} links or more were followed within {BURST_WINDOW.seconds} seconds"
    if links is not None and different >= links >= 2:
        return f"all {links} links of the mail were followed within {BURST_WINDOW.seconds} seconds"
    return None


def _merge_burst(bursts: list[_Burst], burst: _Burst) -> None:
    """Add a burst; one that overlaps the last, for one reason, extends it."""
    if bursts and bursts[-1].reason == burst.reason and burst.since <= bursts[-1].until:
        bursts[-1].until = burst.until
    else:
        bursts.append(burst)
