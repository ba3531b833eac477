"""Bursts of refusals: so many of one kind at once that it is no accident of single addresses. Pure.

A mail server that forgets its users for an hour, a domain whose DNS is gone, an SPF record of ours that was edited:
each refuses mail after mail, within minutes and to people who had mail yesterday. A list with dead addresses refuses a
few in a hundred, whenever it is used.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from models.mail.tracking.bounce_meaning import BounceMeaning

STEP = timedelta(minutes=5)
"""How exactly the moments of handing over are known here."""
WINDOWS = (timedelta(hours=1), timedelta(days=1))
"""An hour shows a burst in a large mailing, a day shows one where mail goes out by ones and twos."""
LONGEST_WINDOW = max(WINDOWS)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Mails that were handed over within one step, to one domain, with one end."""

    at: datetime
    """The beginning of the step."""
    domain: str | None
    """None for all domains that are not looked at by themselves."""
    meaning: BounceMeaning | None
    """None: not refused."""
    mails: int


@dataclass(frozen=True, slots=True)
class Burst:
    """A stretch of time in which too many mails were refused in one way."""

    meaning: BounceMeaning
    domain: str | None
    """None: over all domains."""
    since: datetime
    until: datetime
    refused: int
    """Of `mails`, in the worst window."""
    mails: int
    window: timedelta

    def contains(self, meaning: BounceMeaning, domain: str, handed_at: datetime) -> bool:
        """Whether the refusal of a mail that was handed over then is a part of it."""
        if meaning is not self.meaning or self.domain not in (None, domain):
            return False
        return self.since <= handed_at < self.until + STEP


def find_bursts(handed_over: Sequence[HandedOver], at_least: int, share: Decimal) -> list[Burst]:
    """The bursts over all mails and in each domain that is named: `at_least` refusals in an hour or a day, and `share`
    of all that was handed over in it. The worst first.
    """
    domains = sorted({row.domain for row in handed_over if row.domain is not None})
    scopes: list[tuple[str | None, list[HandedOver]]] = [(None, list(handed_over))]
    scopes += [(domain, [row for row in handed_over if row.domain == domain]) for domain in domains]
    found: list[Burst] = []
    for domain, rows in scopes:
        for meaning in sorted({row.meaning for row in rows if row.meaning is not None}):
            found += _merge(_bursts(domain, meaning, rows, at_least, share))
    return sorted(found, key=lambda burst: -burst.refused)


def _bursts(
    domain: str | None, meaning: BounceMeaning, rows: Iterable[HandedOver], at_least: int, share: Decimal
) -> Iterator[Burst]:
    mails: Counter[datetime] = Counter()
    refused: Counter[datetime] = Counter()
    for row in rows:
        mails[row.at] += row.mails
        refused[row.at] += row.mails if row.meaning is meaning else 0
    for window in WINDOWS:
        for since, until, bad, whole in _windows(mails, refused, window):
            if bad >= at_least and bad >= share * whole:
                yield Burst(meaning, domain, since, until, bad, whole, window)


def _windows(
    mails: Counter[datetime], refused: Counter[datetime], window: timedelta
) -> Iterator[tuple[datetime, datetime, int, int]]:
    """Each window that ends with a step in which mail was refused: its first and last step, and both sums."""
    steps, begin, bad, whole = sorted(mails), 0, 0, 0
    for until in steps:
        bad, whole = bad + refused[until], whole + mails[until]
        while until - steps[begin] >= window:
            bad, whole = bad - refused[steps[begin]], whole - mails[steps[begin]]
            begin += 1
        if refused[until]:
            yield steps[begin], until, bad, whole


def _merge(bursts: Iterable[Burst]) -> list[Burst]:
    """Bursts that overlap, as one with the figures of the worst."""
    merged: list[Burst] = []
    for burst in sorted(bursts, key=lambda one: (one.since, one.until)):
        if merged and burst.since <= merged[-1].until:
            last = merged.pop()
            worst = max(last, burst, key=lambda one: one.refused)
            until = max(last.until, burst.until)
            burst = Burst(burst.meaning, burst.domain, last.since, until, worst.refused, worst.mails, worst.window)
        merged.append(burst)
    return merged
