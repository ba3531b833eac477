"""Why a score is what it is: a line for each rule and each reason of a journey; the lines add up to the score."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, RowMapping, text

from models.playbook import Playbook
from models.scoring.recount import WORTH, decay_parameters
from models.wording import day_of

NEWEST = 20
"""Entries of a line that are shown."""

ENTRIES = f"""
WITH scored AS (SELECT CAST(:contact AS bigint) AS id, CAST(:day AS date) AS day),
entry AS (SELECT counted.*, CASE WHEN rule IS NULL THEN reason END AS journey_reason FROM ({WORTH}) AS counted)
"""

SCORE_LINES = text(f"""
{ENTRIES}
SELECT rule, journey_reason, count(*) AS count, sum(points) AS given, sum(worth) AS worth
FROM entry GROUP BY 1, 2 ORDER BY abs(sum(worth)) DESC, rule, journey_reason
""")

NEWEST_ENTRIES = text(f"""
{ENTRIES}
SELECT n.rule, n.journey_reason, n.points, n.worth, n.at, n.run_id, n.event_id,
       event.name AS event, event.topic
FROM (
    SELECT *, row_number() OVER (PARTITION BY rule, journey_reason ORDER BY at DESC, id DESC) AS place FROM entry
) AS n
LEFT JOIN event ON event.id = n.event_id
WHERE n.place <= :newest ORDER BY n.at DESC, n.id DESC
""")

SCORED_ON = text("SELECT scored_on FROM contact WHERE id = :contact")


@dataclass(frozen=True)
class ExplainedEntry:
    """One entry: when, how many points, what they are worth now, and the event that earned them."""

    at: datetime
    points: Decimal
    worth: Decimal
    event_id: int | None
    event: str | None


@dataclass(frozen=True)
class ScoreLine:
    """What a rule, or a reason of a journey, makes up of a score."""

    name: str
    count: int
    awarded: Decimal
    worth: Decimal
    """After what the days have taken."""
    counted: Decimal
    """After the rule's cap."""
    entries: tuple[ExplainedEntry, ...]

    @property
    def is_capped(self) -> bool:
        """Whether the rule's cap keeps some of it away."""
        return self.counted != self.worth

    @property
    def has_decayed(self) -> bool:
        """Whether the days have taken some of it."""
        return self.worth != self.awarded


@dataclass(frozen=True)
class Explanation:
    """All lines, the weightiest first, on the day that the score is of."""

    day: date
    lines: tuple[ScoreLine, ...]

    @property
    def total(self) -> Decimal:
        """The score, to the cent."""
        return sum((line.counted for line in self.lines), Decimal(0))


def explain(connection: Connection, playbook: Playbook, contact: int, now: datetime) -> Explanation:
    """Explain the contact's score as of the day it was counted, or of today where nothing decays."""
    scored_on = connection.execute(SCORED_ON, {"contact": contact}).scalar()
    day = scored_on or day_of(now, playbook.company.time_zone)
    asked = {"contact": contact, "day": day, "newest": NEWEST} | decay_parameters(playbook.scoring)
    entries: defaultdict[tuple[str | None, str | None], list[ExplainedEntry]] = defaultdict(list)
    for row in connection.execute(NEWEST_ENTRIES, asked).mappings():
        entries[row["rule"], row["journey_reason"]].append(_explained_entry(row))
    caps = {rule.name: (rule.points > 0, rule.at_most) for rule in playbook.scoring.rules if rule.at_most}
    found = connection.execute(SCORE_LINES, asked).mappings().all()
    lines = [_line(row, caps, tuple(entries[row["rule"], row["journey_reason"]])) for row in found]
    return Explanation(day, tuple(lines))


def _explained_entry(row: RowMapping) -> ExplainedEntry:
    event = f"{row['event']}:{row['topic']}" if row["topic"] else row["event"]
    return ExplainedEntry(row["at"], row["points"], row["worth"], row["event_id"], event)


def _line(row: RowMapping, caps: dict[str, tuple[bool, Decimal]], entries: tuple[ExplainedEntry, ...]) -> ScoreLine:
    is_positive, cap = caps.get(row["rule"] or "", (True, None))
    counted = row["worth"] if cap is None else min(row["worth"], cap) if is_positive else max(row["worth"], -cap)
    name = row["rule"] or row["journey_reason"] or ""
    return ScoreLine(name, row["count"], row["given"], row["worth"], counted, entries)
