"""The KPI tables as they are stored, for downloads: every row of some days, with names beside the numbers of people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from models.kpi.versions import VERSION_COLUMNS, as_known
from models.tables.kpi import (
    KpiCohort,
    KpiDaily,
    KpiFact,
    KpiFinding,
    KpiForecast,
    KpiFunnel,
    KpiGoal,
    KpiJourneyStep,
    KpiMessage,
    KpiSource,
)

DAYS = "t.{column} BETWEEN :first AND :last"
MONTHS = "t.month BETWEEN date_trunc('month', CAST(:first AS date)) AND :last"
SPANS = "t.first_day <= :last AND t.last_day >= :first"

TEAM_NAME = "coalesce((SELECT name FROM team WHERE team.id = t.team_id), '') AS team"
PERSON_NAME = {
    "member": "CASE t.dimension WHEN 'person' THEN coalesce((SELECT name FROM rep WHERE rep.id::text = t.member), '') "
    "ELSE '' END AS person",
    "rep_id": "coalesce((SELECT name FROM rep WHERE rep.id = t.rep_id), '') AS person",
}
"""A column that tells of a person -> SQL of their name."""


@dataclass(frozen=True)
class KpiTable:
    """One table that can be downloaded."""

    model: type[SQLModel]
    within: str
    """SQL over the table as `t`: which rows are of the days that are asked for."""
    ordered_by: tuple[str, ...] = ()
    """Columns by which its rows come, where those that make a row the one it is would have to be sorted first."""

    @property
    def name(self) -> str:
        """As in the database, and in the address."""
        return str(self._columns_of.name)

    @property
    def headings(self) -> list[str]:
        """The names of the columns of `statement`, in its order."""
        return [heading for heading, _ in self._selected()]

    @property
    def order(self) -> str:
        """The columns that make a row the one it is, the day first where there is one, or those that are named."""
        if self.ordered_by:
            return ", ".join(f"t.{name}" for name in self.ordered_by)
        [now] = [index for index in self._columns_of.indexes if index.name == f"{self.name}_now"]
        key = [column.name for column in now.columns]
        days = [name for name in key if name in ("day", "month", "made_on", "first_day")]
        return ", ".join(f"t.{name}" for name in days + [name for name in key if name not in days])

    def statement(self, *, team_id: int, known_at: datetime | None) -> TextClause:
        """The rows of the days `:first` to `:last`: of one team, or of each and all; now, or as known `:known_at`."""
        select = ", ".join(sql for _, sql in self._selected())
        return text(f"SELECT {select} FROM {self.name} t WHERE {self._where(team_id, known_at)} ORDER BY {self.order}")

    def count(self, *, team_id: int, known_at: datetime | None) -> TextClause:
        """How many rows that are, as far as `:most`."""
        rows = f"SELECT FROM {self.name} t WHERE {self._where(team_id, known_at)} LIMIT :most"
        return text(f"SELECT count(*) FROM ({rows}) AS counted")

    def _where(self, team_id: int, known_at: datetime | None) -> str:
        known = as_known(known_at, "t")
        of_team = " AND t.team_id = :team" if team_id and "team_id" in self._columns_of.columns else ""
        return f"{self.within} AND {known}{of_team}"

    @property
    def _columns_of(self) -> Any:
        return self.model.__table__  # type: ignore[attr-defined]

    def _selected(self) -> Iterator[tuple[str, str]]:
        """Heading -> SQL of each column."""
        for column in self._columns_of.columns:
            if column.name not in VERSION_COLUMNS:
                yield column.name, _plain(column)
            if column.name == "team_id":
                yield "team", TEAM_NAME
            if column.name in PERSON_NAME:
                yield "person", PERSON_NAME[column.name]


def _plain(column: Column[Any]) -> str:
    return f"t.{column.name}::text AS {column.name}" if isinstance(column.type, JSONB) else f"t.{column.name}"


KPI_TABLES = {
    table.name: table
    for table in (
        KpiTable(KpiDaily, DAYS.format(column="day")),
        KpiTable(KpiCohort, DAYS.format(column="day")),
        KpiTable(KpiFunnel, DAYS.format(column="day")),
        KpiTable(KpiMessage, DAYS.format(column="day")),
        KpiTable(KpiJourneyStep, DAYS.format(column="day")),
        KpiTable(KpiSource, MONTHS),
        KpiTable(KpiForecast, MONTHS),
        KpiTable(KpiGoal, SPANS),
        KpiTable(KpiFinding, DAYS.format(column="made_on")),
        # As its index has them: millions are sent from the first moment on.
        KpiTable(KpiFact, DAYS.format(column="day"), ordered_by=("measure", "day")),
    )
}
"""Name -> table."""
