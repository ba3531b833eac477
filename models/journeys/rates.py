"""How contacts and salespeople answered so far: what a rehearsal draws the answers from that nobody can know."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

LOOKS_BACK = timedelta(days=365)
"""Older answers say little of what people do today."""

DECILES = "percentile_cont(ARRAY[0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1]) WITHIN GROUP (ORDER BY {})"

# An answer that names no mail is taken for one to the last mail before it.
MAILS = text(f"""
WITH mail AS (
    SELECT m.template, split_part(m.template, '/', 1) AS journey,
           m.opened_at < :until AS is_opened, m.clicked_at < :until AS is_clicked,
           CASE WHEN m.clicked_at < :until THEN extract(epoch FROM m.clicked_at - m.sent_at) END AS click_seconds,
           said.is_replied, said.is_unsubscribed
    FROM message m LEFT JOIN LATERAL (
        SELECT bool_or(e.name = 'replied') AS is_replied, bool_or(e.name = 'unsubscribed') AS is_unsubscribed
        FROM event e
        WHERE e.contact_id = m.contact_id AND e.name IN ('replied', 'unsubscribed')
          AND e.at >= m.sent_at AND e.at < :until
          AND CASE WHEN e.data ->> 'message' IS NOT NULL THEN e.data ->> 'message' = m.id::text
              ELSE NOT EXISTS (SELECT FROM message later WHERE later.contact_id = m.contact_id
                  AND later.sent_at > m.sent_at AND later.sent_at <= e.at
                  AND later.kind IN ('marketing', 'transactional')) END
    ) AS said ON true
    WHERE m.kind IN ('marketing', 'transactional') AND m.state = 'sent' AND m.redirected_to IS NULL
      AND m.sent_at >= :since AND m.sent_at < :until)
SELECT template, journey, count(*) AS n, count(*) FILTER (WHERE is_opened) AS opened,
       count(*) FILTER (WHERE is_clicked) AS clicked, count(*) FILTER (WHERE is_replied) AS replied,
       count(*) FILTER (WHERE is_unsubscribed) AS unsubscribed, {DECILES.format("click_seconds")} AS delays
FROM mail GROUP BY GROUPING SETS ((template), (journey), ())
""")

# A task that was closed because its contact bought, or a person ended the run, says nothing of whoever had it.
REPORTED = """
WITH reported AS (
    SELECT t.journey, t.name, t.kind, t.assignee, t.outcome, extract(epoch FROM t.done_at - t.created_at) AS seconds
    FROM task t LEFT JOIN step s ON s.run_id = t.run_id AND s.number = t.number AND s.verb = 'task'
    WHERE t.created_at >= :since AND t.created_at < :until
      AND (t.done_at < :until OR (t.closed_at < :until AND s.run_id IS NOT NULL AND s.answer IS NULL)))
"""
OUTCOMES = text(f"""{REPORTED}
SELECT journey, name, kind, assignee, outcome, count(*) AS n, grouping(journey, assignee, kind) AS level FROM reported
GROUP BY GROUPING SETS ((journey, name, assignee, outcome), (journey, name, outcome), (kind, outcome), (outcome))
""")

REPORT_TIMES = text(f"""{REPORTED}
SELECT journey, name, kind, assignee, grouping(journey, assignee, kind) AS level, {DECILES.format("seconds")} AS delays
FROM reported WHERE outcome IS NOT NULL
GROUP BY GROUPING SETS ((journey, name, assignee), (journey, name), (kind), ())
""")

BUSIEST = text("""
-- Within the time that is looked back at: the most tasks that somebody has reported on one day.
SELECT assignee, max(n) AS most FROM (
    SELECT assignee, CAST(done_at AT TIME ZONE :zone AS date) AS day, count(*) AS n FROM task
    WHERE done_at >= :since AND done_at < :until GROUP BY 1, 2) AS by_day
GROUP BY assignee
""")

ALL = "all"
"""The level of everything together."""

Key = tuple[str, ...]
"""A level: (`person`, journey, task, address), (`task`, journey, task), (`kind`, kind), (`template`, template),
(`journey`, journey) or (`all`,)."""


@dataclass(frozen=True)
class MailRates:
    """What became of mails that were sent."""

    n: int = 0
    opened: int = 0
    clicked: int = 0
    replied: int = 0
    unsubscribed: int = 0
    delays: Sequence[float] = ()
    """Seconds from sending to the click, as deciles from the shortest to the longest; empty without clicks."""


@dataclass(frozen=True)
class TaskRates:
    """What became of tasks that are over."""

    outcomes: Mapping[str | None, int] = field(default_factory=dict)
    """Outcome -> how many; None for tasks that nobody reported on in time."""
    delays: Sequence[float] = ()
    """Seconds from the task to its report, as deciles."""

    @property
    def n(self) -> int:
        """How many tasks."""
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class Rates:
    """All measured rates of a business."""

    since: datetime
    until: datetime
    """Nothing from this moment on is known."""
    mails: Mapping[Key, MailRates] = field(default_factory=dict)
    tasks: Mapping[Key, TaskRates] = field(default_factory=dict)
    busiest_day: Mapping[str, int] = field(default_factory=dict)
    """Address of a salesperson -> the most tasks that they have reported in a day."""


def measure_rates(connection: Connection, until: datetime, zone: str) -> Rates:
    """What is known at a moment of how contacts and salespeople answer; of the year before it."""
    known = {"since": until - LOOKS_BACK, "until": until}
    mails = {
        _mail_key(row.template, row.journey): MailRates(
            row.n, row.opened, row.clicked, row.replied, row.unsubscribed, _seconds(row.delays)
        )
        for row in connection.execute(MAILS, known)
    }
    counts: dict[Key, dict[str | None, int]] = defaultdict(dict)
    for row in connection.execute(OUTCOMES, known):
        counts[_task_key(row)][row.outcome] = row.n
    delays = {_task_key(row): _seconds(row.delays) for row in connection.execute(REPORT_TIMES, known)}
    tasks = {key: TaskRates(outcomes, delays.get(key, ())) for key, outcomes in counts.items()}
    busiest = connection.execute(BUSIEST, known | {"zone": zone})
    return Rates(known["since"], until, mails, tasks, {row.assignee: row.most for row in busiest})


def _mail_key(template: str | None, journey: str | None) -> Key:
    if template is not None:
        return ("template", template)
    return (ALL,) if journey is None else ("journey", journey)


def _task_key(row: Row[Any]) -> Key:
    match row.level:
        case 0b001:
            return ("person", row.journey, row.name, row.assignee)
        case 0b011:
            return ("task", row.journey, row.name)
        case 0b110:
            return ("kind", row.kind or "")
    return (ALL,)


def _seconds(deciles: Sequence[float | None] | None) -> tuple[float, ...]:
    return tuple(float(one) for one in deciles if one is not None) if deciles else ()
