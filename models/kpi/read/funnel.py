"""The funnel: of each stage how many came to it and went on, how many stand there, and for how long."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.kpi.read.question import Question
from models.kpi.read.sums import Cut
from models.kpi.versions import as_known
from models.tables.contact import STAGES
from models.tables.kpi import Dimension


@dataclass(frozen=True, kw_only=True)
class StageValue:
    """One stage in a period."""

    stage: str
    member: str
    entered: int
    moved_on: int
    standing: int
    """At the end of the last day; so for the next."""
    stalled: int
    standing_days: float
    moved_on_days: float

    @property
    def mean_days(self) -> float | None:
        """How long those who went on in the period had stood there."""
        return self.moved_on_days / self.moved_on if self.moved_on else None

    @property
    def mean_standing_days(self) -> float | None:
        """How long those who stand there have."""
        return self.standing_days / self.standing if self.standing else None


def read_funnel(
    connection: Connection, question: Question, dimension: Dimension = Dimension.ALL, *, by_team: bool = False
) -> list[StageValue]:
    """Every stage in rising order, of everybody or of each member; by period."""
    cut, known = Cut(dimension, by_team=by_team), as_known(question.known_at)
    rows = connection.execute(
        text(f"""
        WITH last AS (
            SELECT max(day) AS day FROM kpi_funnel
            WHERE dimension = 'all' AND team_id = 0 AND day BETWEEN :first AND :last AND {known})
        SELECT {cut.member} AS member, stage, sum(entered) AS entered, sum(moved_on) AS moved_on,
               sum(moved_on_days) AS moved_on_days,
               coalesce(sum(standing) FILTER (WHERE kpi_funnel.day = last.day), 0) AS standing,
               coalesce(sum(stalled) FILTER (WHERE kpi_funnel.day = last.day), 0) AS stalled,
               coalesce(sum(standing_days) FILTER (WHERE kpi_funnel.day = last.day), 0) AS standing_days
        FROM kpi_funnel, last
        WHERE {cut.rows(question)} AND kpi_funnel.day BETWEEN :first AND :last AND {known}
        GROUP BY 1, 2"""),
        cut.values(question),
    ).mappings()
    found = {(row["member"], row["stage"]): row for row in rows}
    members = sorted({member for member, _ in found}) or ([""] if dimension is Dimension.ALL and not by_team else [])
    empty = dict.fromkeys(("entered", "moved_on", "standing", "stalled", "standing_days", "moved_on_days"), 0)
    return [
        StageValue(**(empty | dict(found.get((member, stage.value), {})) | {"member": member, "stage": stage.value}))
        for member in members
        for stage in STAGES
    ]
