"""The way of leads from each source and form: recorded, assigned and contacted, after how long, by how many hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isinf

from sqlalchemy import Connection, text

from models.kpi.interval import SMALL

QUANTILES = "percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY coalesce({}, 'Infinity'::float8))"
"""SQL: within how many seconds it came to half and to nine in ten, those whom it never came to counted in."""

# The greatest of nothing and 0 would be 0.
AFTER = "CASE WHEN {0} < lead.at THEN 0 ELSE extract(epoch FROM {0} - lead.at)::float8 END"
"""SQL: the seconds from the capture to a moment; null where that has not come."""

WAYS = text(f"""
WITH lead AS (
    SELECT contact_id, source, ref AS form, at FROM kpi_fact
    WHERE measure = 'lead' AND known_until IS NULL AND day BETWEEN :since AND :until
), way AS (
    SELECT lead.source,
           CASE WHEN lead.form <> '' THEN lead.form ELSE coalesce(first.name, '') END AS captured,
           {AFTER.format("contact.created_at")} AS recorded_in,
           {AFTER.format("given.at")} AS assigned_in,
           {AFTER.format("contacted.at")} AS contacted_in,
           given.hands, given.how
    FROM lead
    LEFT JOIN contact ON contact.id = lead.contact_id
    LEFT JOIN LATERAL (
        SELECT min(at) AS at, count(*) AS hands, (array_agg(coalesce(router, how) ORDER BY id))[1] AS how
        FROM assignment WHERE contact_id = lead.contact_id
    ) AS given ON true
    LEFT JOIN kpi_fact contacted ON contacted.contact_id = lead.contact_id AND contacted.measure = 'contacted'
          AND contacted.known_until IS NULL
    LEFT JOIN LATERAL (
        SELECT name FROM event WHERE lead.form = '' AND contact_id = lead.contact_id ORDER BY id LIMIT 1
    ) AS first ON true
)
SELECT source, captured, count(*) AS leads, count(assigned_in) AS assigned, count(contacted_in) AS contacted,
       mode() WITHIN GROUP (ORDER BY how) AS how, avg(hands) FILTER (WHERE hands > 0)::float8 AS hands,
       {QUANTILES.format("recorded_in")} AS recorded_in, {QUANTILES.format("assigned_in")} AS assigned_in,
       {QUANTILES.format("contacted_in")} AS contacted_in
FROM way GROUP BY GROUPING SETS ((source, captured), ())
ORDER BY GROUPING(source) DESC, count(*) DESC LIMIT :at_once
""")

AT_ONCE = 200


@dataclass(frozen=True)
class Within:
    """Within how long something came to half of the leads and to nine in ten; None: it came to fewer."""

    median: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True)
class LeadWay:
    """What became of the leads that came in one way."""

    source: str | None
    """None: all sources together."""
    captured: str
    """The form, as `form:workshop`, or the event that they came in by."""
    leads: int
    recorded: Within
    assigned_count: int
    assigned: Within
    contacted_count: int
    contacted: Within
    how: str | None
    """The router, or the way, by which most got their first owner."""
    hands: float | None
    """How many owners those had who got one, on average: 1 means that nobody passed them on."""

    @property
    def is_small(self) -> bool:
        """Whether there are so few that it says little."""
        return self.leads < SMALL


def read_lead_ways(connection: Connection, since: date, until: date) -> Sequence[LeadWay]:
    """The leads that came in on these days, all together first, then by source and form, the most frequent first.

    What has not happened yet counts as longer than anything: who waits makes no median better.
    """
    found = connection.execute(WAYS, {"since": since, "until": until, "at_once": AT_ONCE + 1}).mappings()
    return [
        LeadWay(
            row["source"],
            row["captured"] or "",
            row["leads"],
            _within(row["recorded_in"]),
            row["assigned"],
            _within(row["assigned_in"]),
            row["contacted"],
            _within(row["contacted_in"]),
            row["how"],
            row["hands"],
        )
        for row in found
        if row["leads"]
    ]


def _within(seconds: Sequence[float] | None) -> Within:
    known = [None if value is None or isinf(value) else timedelta(seconds=value) for value in seconds or (None, None)]
    return Within(known[0], known[1])
