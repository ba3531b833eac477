"""Results of a split test from the events: who was drawn into each variant, and who of them reached the goal or a
guardrail.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.playbook.mail import SplitTestEntry
from models.splits.statistics.interval import Counts, InterimLook
from models.tables.event import ABOUT_ORDERS
from models.tables.sales import STANDS
from models.tables.split import SplitTest

ORDER_PLACED = "order_placed"

RECENT = timedelta(days=14)
"""What is taken for the usual traffic."""

TESTS = text("""
SELECT * FROM split_test
WHERE CAST(:name AS text) IS NULL OR name = :name ORDER BY is_holdout, winner IS NOT NULL, started_at DESC, name
""")

DRAWS = text("""
-- By the weights at the time of each draw, so that changes of them show.
SELECT weights, variant, count(*) AS contacts, count(*) FILTER (WHERE at > :recent) AS recent,
       min(at) AS first_at, max(at) AS last_at
FROM split_draw WHERE test = :test AND how = 'drawn' AND at <= :now GROUP BY weights, variant
""")

SUCCEEDED = f"""
SELECT DISTINCT wanted.pattern, drawn.*
FROM unnest(CAST(:patterns AS text[]), CAST(:names AS text[]), CAST(:topics AS text[])) AS wanted (pattern, name, topic)
JOIN event ON event.name = wanted.name AND (wanted.topic IS NULL OR event.topic = wanted.topic)
JOIN drawn ON drawn.contact_id = event.contact_id AND event.at > drawn.at AND event.at <= drawn.at + :within
WHERE event.name = ANY(:names) AND event.at > :since AND event.at <= :now
  AND event.data ->> 'is_machine' IS DISTINCT FROM 'true'
  AND NOT (event.name = 'order_placed' AND EXISTS (
      SELECT FROM "order" o WHERE (o.event_id = event.id OR o.reference = event.data ->> 'reference') AND NOT {STANDS}))
"""
"""Of `drawn`, whoever did one of these things themselves, after the draw and in time. An order that was cancelled or
paid back as a whole is no success, however late that was and whichever of its events told of it.
"""

COUNTS = text(f"""
-- Contacts (without a pattern) and successes, by the day on which their time was over; null: it is not. Who is
-- suppressed meanwhile counts: what a variant does to people is part of its result.
WITH drawn AS MATERIALIZED (
    SELECT contact_id, variant, at,
           CASE WHEN at + :within <= :now THEN ((at + :within) AT TIME ZONE 'UTC')::date END AS day
    FROM split_draw WHERE test = :test AND how = 'drawn' AND at > :since AND at <= :now),
succeeded AS MATERIALIZED ({SUCCEEDED})
SELECT NULL AS pattern, day, variant, count(*) FROM drawn GROUP BY day, variant
UNION ALL SELECT pattern, day, variant, count(*) FROM succeeded GROUP BY pattern, day, variant
""")

TAKEN_BACK = text(f"""
-- Who would have reached the goal, had their orders not been taken back; how many of them since the winner was chosen.
WITH drawn AS MATERIALIZED (
    SELECT contact_id, variant, at FROM split_draw
    WHERE test = :test AND how = 'drawn' AND at > :since AND at + :within <= :now),
succeeded AS MATERIALIZED ({SUCCEEDED})
SELECT drawn.variant, count(DISTINCT drawn.contact_id),
       count(DISTINCT drawn.contact_id) FILTER (WHERE known_at > CAST(:winner_at AS timestamptz))
FROM drawn JOIN "order" o ON o.contact_id = drawn.contact_id AND NOT {STANDS}
JOIN event ON event.id = o.event_id AND (CAST(:topic AS text) IS NULL OR event.topic = :topic)
CROSS JOIN LATERAL (
    SELECT max(received_at) AS known_at FROM event
    WHERE {ABOUT_ORDERS} AND (data ->> 'reference' = o.reference
                              OR contact_id = o.contact_id AND coalesce(data ->> 'reference', '') = '')
) AS reversal
WHERE o.placed_at > drawn.at AND o.placed_at <= drawn.at + :within
  AND NOT EXISTS (SELECT FROM succeeded WHERE succeeded.contact_id = drawn.contact_id)
GROUP BY drawn.variant
""")


@dataclass(frozen=True)
class TakenBack:
    """Contacts of a variant who ordered in time, and whose orders were cancelled or paid back as a whole."""

    contacts: int = 0
    since_the_winner: int = 0
    """Of these, those of whom that became known after the winner was chosen."""


@dataclass(frozen=True)
class Draws:
    """Who was drawn in all, and since when by the weights of now."""

    shares: dict[str, float]
    """Variant -> its part of those drawn now, from 0 to 1. Variants that get nobody are left out."""
    since: datetime | None
    """The last draw by other weights; None when they have always been the same. Who came before is not compared:
    variants that were filled at different times met different times."""
    drawn: dict[str, int]
    """Of the variants that there still are, whatever the weights were."""
    expected: dict[str, float]
    """How many each should have by the weights at each draw."""
    first_at: datetime | None
    """The first draw that is compared."""
    a_day: float
    """Contacts drawn on a usual day."""


@dataclass(frozen=True)
class Results:
    """One test with everything that it is judged by."""

    test: SplitTest
    entry: SplitTestEntry
    draws: Draws
    looks: tuple[InterimLook, ...]
    """Only contacts whose time is over: all have had the same time, so rates are those of the whole `within`, and who
    looks at them day after day sees results that come in one by one and never change, which always-valid p-values ask
    for. Counting fresh contacts too would be fair, but neither."""
    pending: dict[str, Counts]
    """Contacts whose time is not over, and how many of them have succeeded already."""
    guardrails: dict[str, dict[str, Counts]]
    """Event -> variant -> all who are compared, fresh ones too."""
    taken_back: dict[str, TakenBack]
    """Of contacts whose time is over, by variant; nobody where the goal is no order."""

    @property
    def variants(self) -> list[str]:
        """Those that contacts are drawn for."""
        return list(self.draws.shares)

    @property
    def counts(self) -> dict[str, Counts]:
        """What is known now."""
        return self.looks[-1].counts if self.looks else {variant: Counts() for variant in self.variants}


def find_tests(connection: Connection, name: str | None = None) -> list[SplitTest]:
    """Every test, the open ones first, or the one of this name."""
    if name is not None and "\0" in name:  # which Postgres takes in no text
        return []
    return [SplitTest(**row) for row in connection.execute(TESTS, {"name": name}).mappings()]


def results(connection: Connection, test: SplitTest, entries: Mapping[str, SplitTestEntry], now: datetime) -> Results:
    """Everything about one test at this moment. `entries` are the playbook's."""
    entry = entries.get(test.name) or SplitTestEntry()
    about = {"test": test.name, "now": now}
    draws = read_draws(connection.execute(DRAWS, about | {"recent": now - RECENT}).mappings(), now)
    asked = about | success_parameters((entry.goal, *entry.guardrails), entry, draws)
    rows = connection.execute(COUNTS, asked).tuples().all() if draws.first_at else []
    tallies = DailyTallies.of(rows, list(draws.shares))
    return Results(
        test=test,
        entry=entry,
        draws=draws,
        looks=tuple(tallies.looks(entry.goal)),
        pending=tallies.finished_on(None, entry.goal),
        guardrails={event: tallies.total(event) for event in entry.guardrails},
        taken_back=_taken_back(connection, test, entry, draws, now),
    )


def _taken_back(
    connection: Connection, test: SplitTest, entry: SplitTestEntry, draws: Draws, now: datetime
) -> dict[str, TakenBack]:
    name, _, topic = entry.goal.partition(":")
    found = dict.fromkeys(draws.shares, TakenBack())
    if name != ORDER_PLACED or draws.first_at is None:
        return found
    asked = {"test": test.name, "now": now, "topic": topic or None, "winner_at": test.winner_at}
    rows = connection.execute(TAKEN_BACK, asked | success_parameters((entry.goal,), entry, draws)).tuples()
    return found | {variant: TakenBack(*counts) for variant, *counts in rows if variant in found}


def read_draws(rows: Iterable[Mapping[Any, Any]], now: datetime) -> Draws:
    """Reads the rows of DRAWS: the weights of now are those of the newest draw."""
    groups = [dict(row) | {"shares": shares_of(row["weights"])} for row in rows]
    shares = max(groups, key=lambda group: group["last_at"])["shares"] if groups else {}
    since = max((group["last_at"] for group in groups if group["shares"] != shares), default=None)
    compared = [group for group in groups if group["shares"] == shares and (not since or group["last_at"] > since)]
    first_at = min((max(group["first_at"], since or group["first_at"]) for group in compared), default=None)
    period = max(timedelta(days=1), min(RECENT, now - min((group["first_at"] for group in groups), default=now)))
    return Draws(
        shares=shares,
        since=since,
        drawn={variant: sum(g["contacts"] for g in groups if g["variant"] == variant) for variant in shares},
        expected=_expected(groups, shares),
        first_at=first_at,
        a_day=sum(group["recent"] for group in groups) / (period / timedelta(days=1)),
    )


def shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    """Variant -> its part of all, by name; 1 to 1 is the same as 50 to 50."""
    whole = sum(weights.values())
    return {variant: round(weight / whole, 9) for variant, weight in sorted(weights.items()) if weight > 0}


def _expected(groups: Sequence[Mapping[str, Any]], variants: Iterable[str]) -> dict[str, float]:
    """Among the variants that there still are: who had one that is gone may have been drawn again."""
    due = dict.fromkeys(variants, 0.0)
    for group in groups:
        kept = {variant: share for variant, share in group["shares"].items() if variant in due}
        for variant, share in kept.items() if group["variant"] in due else ():
            due[variant] += group["contacts"] * share / sum(kept.values())
    return due


@dataclass(frozen=True)
class DailyTallies:
    """The rows of COUNTS."""

    variants: Sequence[str]
    counts: Mapping[tuple[str | None, date | None, str], int]
    """(pattern, day, variant) -> contacts, or with a pattern successes."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str | None, date | None, str, int]], variants: Sequence[str]) -> "DailyTallies":
        """As they come from the database."""
        return cls(variants, {(pattern, day, variant): count for pattern, day, variant, count in rows})

    def finished_on(self, day: date | None, event: str) -> dict[str, Counts]:
        """Whose time was over on this day; with None, whose is not."""
        numbers = self.counts
        return {v: Counts(numbers.get((None, day, v), 0), numbers.get((event, day, v), 0)) for v in self.variants}

    def looks(self, event: str) -> Iterator[InterimLook]:
        """What was known at the end of each day, the oldest first."""
        so_far = dict.fromkeys(self.variants, Counts())
        for day in sorted({day for _, day, _ in self.counts if day}):
            so_far = {variant: so_far[variant] + counts for variant, counts in self.finished_on(day, event).items()}
            yield InterimLook(day, so_far)

    def total(self, event: str) -> dict[str, Counts]:
        """All who were drawn, whether their time is over or not."""
        days = {day for _, day, _ in self.counts}
        return {
            variant: sum((self.finished_on(day, event)[variant] for day in days), Counts()) for variant in self.variants
        }


def success_parameters(events: Sequence[str], entry: SplitTestEntry, draws: Draws) -> dict[str, Any]:
    """What SUCCEEDED asks about, and since when contacts are compared."""
    parts = [event.partition(":") for event in events]
    # Nothing before the first draw counts: the index of events by name and time leaves out the years before.
    since = draws.since or (draws.first_at - timedelta(microseconds=1) if draws.first_at else None)
    wanted = {
        "patterns": list(events),
        "names": [name for name, _, _ in parts],
        "topics": [topic or None for *_, topic in parts],
    }
    return wanted | {"within": entry.within, "since": since}
