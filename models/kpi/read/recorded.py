"""Since when a business has recorded what KPIs are counted from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from models.kpi.definitions.kpi import How
from models.kpi.definitions.recording import Recording, recordings
from models.kpi.measures import BY_NAME
from models.tables.kpi import Reading

VERSIONS = (
    ("known_until IS NULL", "known_until IS NULL"),
    (
        "known_until IS NULL AND known_from <= :known_at",
        "known_until > :known_at AND known_from <= :known_at",
    ),
)
"""What is reported now; and what was reported at a moment: of that what still is so and what was closed since, each of
which has its index."""

FIRST_OF_MEASURES = """
SELECT m.measure AS name, least(still.day, closed.day) AS day
FROM unnest(CAST(:measures AS text[])) AS m (measure)
LEFT JOIN LATERAL (
    SELECT day FROM kpi_daily
    WHERE dimension = 'all' AND team_id = 0 AND measure = m.measure AND count > 0 AND {still} ORDER BY day LIMIT 1
) still ON true
LEFT JOIN LATERAL (
    SELECT min(day) AS day FROM kpi_daily
    WHERE dimension = 'all' AND team_id = 0 AND measure = m.measure AND count > 0 AND {closed} AND :is_past
) closed ON true
"""

FIRST_OF_MAILS = """
SELECT '{column}' AS name, min(day) AS day FROM (
    (SELECT day FROM kpi_message WHERE {column} > 0 AND {still} ORDER BY day LIMIT 1)
    UNION ALL SELECT min(day) FROM kpi_message WHERE {column} > 0 AND {closed} AND :is_past
) AS first
"""


@dataclass(frozen=True)
class Recorded:
    """The first day of everything that was ever recorded."""

    since: Mapping[Recording, date]

    def missing(self, how: How, reading: Reading, until: date) -> Recording | None:
        """What had not been recorded by the last day of a period; None where all was.

        By cohort also what came later counts, of those who began in the period.
        """
        by_then = {one for one, day in self.since.items() if reading is Reading.COHORT or day <= until}
        return next((one for one in recordings(how) if one not in by_then), None)


def read_recorded(connection: Connection, wanted: Collection[Recording], known_at: datetime | None) -> Recorded:
    """Since when each of these is recorded by anybody, as known at a moment in the past, or now."""
    names = {name for one in wanted for name in one.shown_by}
    measures = sorted(name for name in names if name in BY_NAME)
    columns = sorted(names - set(measures))
    still, closed = VERSIONS[known_at is not None]
    values = {"measures": measures, "known_at": known_at, "is_past": known_at is not None}
    parts = [FIRST_OF_MEASURES.format(still=still, closed=closed)] if measures else []
    parts += [FIRST_OF_MAILS.format(column=column, still=still, closed=closed) for column in columns]
    if not parts:
        return Recorded({})
    found = {row.name: row.day for row in connection.execute(text(" UNION ALL ".join(parts)), values) if row.day}
    days = {one: [found[name] for name in one.shown_by if name in found] for one in wanted}
    return Recorded({one: min(of_one) for one, of_one in days.items() if of_one})
