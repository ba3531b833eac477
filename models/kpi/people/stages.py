"""The people behind the funnel: who came to a stage, went on, stood there, or was stalled."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.people.lines import NoSuchNumber, NumberAsked
from models.kpi.versions import as_known
from models.tables.contact import STAGES

LAST_DAY = """
SELECT max(day) FROM kpi_funnel
WHERE dimension = 'all' AND team_id = 0 AND day BETWEEN :first AND :last AND {known}
"""
"""The last day of those asked for that was counted."""

END = "((({last_day}) + 1)::timestamp AT TIME ZONE :zone)"

AT_END_OF_LAST = "f.from_at < {end} AND coalesce(f.until_at, 'infinity') >= {end}"

COLUMNS = {
    "entered": ("f.from_at", "f.from_at = f.entered_at"),
    "moved_on": ("f.until_at", "f.until_at = f.left_at"),
    "standing": ("f.entered_at", AT_END_OF_LAST),
    "stalled": ("f.entered_at", f"{AT_END_OF_LAST} AND f.is_stalled"),
}
"""Column of kpi_funnel -> (when it happened, which spells it is counted from); SQL over kpi_stage_spell as `f`."""

LEVELS = ("standing", "stalled")
"""What is counted at the end of one day, and not added up over days."""

SPELLS = """
SELECT {id}, f.contact_id, ({at} AT TIME ZONE :zone)::date AS day, {at} AS at, f.rep_id, f.source, f.product,
       f.journey, NULL::numeric AS amount, '' AS currency,
       round(extract(epoch FROM {until} - f.entered_at) / 86400, 1)::float AS value
FROM {spells}
WHERE {stage} AND {team} AND {counted} AND {member} AND {known}
"""

STALLED_NOW = """
(SELECT f.id, f.entered_at FROM kpi_stage_spell f WHERE {counted} AND f.known_until IS NULL) AS stalled
CROSS JOIN LATERAL (SELECT * FROM kpi_stage_spell f WHERE f.id = stalled.id LIMIT 1) AS f
"""
"""Those who are to be stalled later came last, thousands of them: of these the index alone is read. Of a plain join of
the table with itself Postgres makes one that reads their rows."""

COUNT = """
SELECT coalesce(sum({column}), 0) FROM kpi_funnel WHERE {stage} AND {days} AND {cell}
"""


ANY = "any"
"""In place of a stage: all of them."""


@dataclass(frozen=True, kw_only=True)
class StageAsked(NumberAsked):
    """Which number: a cell of kpi_funnel."""

    column: str
    """entered, moved_on, standing or stalled; the last two of the end of the last day."""
    stage: str
    zone: str
    """That of the company, by which days are told."""

    def __post_init__(self) -> None:
        super().__post_init__()
        stages = [*(stage.value for stage in STAGES), ANY]
        if self.column not in COLUMNS:
            raise NoSuchNumber(f"There is no {self.column[:40]!r} of a stage. There is: {', '.join(COLUMNS)}.")
        if self.stage not in stages:
            raise NoSuchNumber(f"There is no stage {self.stage[:40]!r}. Stages are: {', '.join(stages)}.")

    @property
    def values(self) -> dict[str, Any]:
        """What its SQL binds."""
        return super().values | {"stage": self.stage, "zone": self.zone}

    def count(self, connection: Connection) -> int:
        """The number itself, as kpi_funnel has it."""
        known = as_known(self.known_at)
        days = f"day = ({LAST_DAY.format(known=known)})" if self.is_level else "day BETWEEN :first AND :last"
        query = COUNT.format(stage=self._of_stage("stage"), column=self.column, days=days, cell=self.cell)
        return int(connection.execute(text(query), self.values).scalar_one())

    @property
    def order(self) -> str:
        """SQL: by the moment, which has an index; the first page of very many is read from its end."""
        return "at DESC, id DESC"

    @property
    def is_level(self) -> bool:
        """Whether it is of the end of the last day."""
        return self.column in LEVELS

    @property
    def select(self) -> str:
        """SQL: the spells; `value` is how many days each stood there so far."""
        at, counted = COLUMNS[self.column]
        of_days = "true" if self.is_level else f"({at} AT TIME ZONE :zone)::date BETWEEN :first AND :last"
        end = END.format(last_day=LAST_DAY.format(known=as_known(self.known_at)))
        counted, spells, number = counted.format(end=end), "kpi_stage_spell f", "f.id"
        if self.column == "stalled" and self.known_at is None:
            spells, number = STALLED_NOW.format(counted=counted), "stalled.id"
            at, counted = "stalled.entered_at", "true"
        return SPELLS.format(
            id=number,
            spells=spells,
            stage=self._of_stage("f.stage"),
            at=at,
            until=end if self.is_level else "f.until_at" if self.column == "moved_on" else "f.entered_at",
            counted=f"{counted} AND {of_days}",
            member=self.of_member("f"),
            team="f.team_id = :team" if self.team_id else "true",
            known=as_known(self.known_at, "f"),
        )

    def _of_stage(self, column: str) -> str:
        return "true" if self.stage == ANY else f"{column} = :stage"
