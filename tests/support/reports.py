"""Running the report in tests, and what it reports: now, and as it was known at a moment."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import SQLModel

from models.database import engine
from models.kpi.run import RunResult, run_report
from models.kpi.versions import VERSION_COLUMNS, as_known
from tests.support.database import rows

TABLES = sorted(
    name for name, table in SQLModel.metadata.tables.items() if name.startswith("kpi_") and "known_until" in table.c
)
"""Every table of the report that keeps its versions."""


def report(now: datetime, **asked: Any) -> RunResult:
    """Run the report as the nightly flow does."""
    return run_report(engine(), now, **asked)


def reported(at: datetime | None = None, leave_out: tuple[str, ...] = ()) -> Mapping[str, list[Any]]:
    """Table -> its rows as they are reported now, or were at a moment, in the order of their columns."""
    found = {}
    with engine().connect() as connection:
        for name in TABLES:
            columns = ", ".join(
                f'"{column.name}"' for column in SQLModel.metadata.tables[name].c if column.name not in VERSION_COLUMNS
            )
            query = text(f"SELECT {columns} FROM {name} WHERE {as_known(at)}")
            read = connection.execute(query, {"known_at": at} if at else {}).all()
            found[name] = sorted((tuple(row) for row in read), key=repr)
    return {name: read for name, read in found.items() if name not in leave_out}


def version_count() -> int:
    """How many versions of rows there are in all tables."""
    with engine().connect() as connection:
        return sum(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES)


def daily(measure: str, **cell: Any) -> dict[date, int]:
    """Day -> count of a measure as it is reported now: of everybody, or of the cell that is named."""
    where = {"dimension": "all", "team_id": 0, "member": ""} | cell
    conditions = " AND ".join(f"{name} = :{name}" for name in where)
    found = rows(
        f"SELECT day, sum(count)::int AS count FROM kpi_daily WHERE known_until IS NULL AND measure = :measure "
        f"AND {conditions} GROUP BY day ORDER BY day",
        measure=measure,
        **where,
    )
    return {row.day: row.count for row in found}


def funnel(day: date, **cell: Any) -> dict[str, Any]:
    """Stage -> its row of a day as it is reported now."""
    where = {"dimension": "all", "team_id": 0, "member": ""} | cell
    conditions = " AND ".join(f"{name} = :{name}" for name in where)
    found = rows(
        f"SELECT * FROM kpi_funnel WHERE known_until IS NULL AND day = :day AND {conditions}", day=day, **where
    )
    return {row.stage: row for row in found}
