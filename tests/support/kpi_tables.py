"""Rows of the KPI tables as a run of the report writes them, for tests of what is made of them."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from models.database import engine
from models.tables.kpi import KpiCohort, KpiDaily, KpiFact, KpiFunnel, KpiMessage, KpiRun

COUNTED_AT = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
"""When the rows were written, unless they say otherwise: the night after March in New York."""

EMPTY = {
    KpiDaily: {"dimension": "all", "team_id": 0, "member": "", "currency": "", "amount": None, "value": None},
    KpiCohort: {"dimension": "all", "team_id": 0, "member": ""},
    KpiFunnel: {
        "dimension": "all",
        "team_id": 0,
        "member": "",
        "entered": 0,
        "moved_on": 0,
        "standing": 0,
        "stalled": 0,
        "standing_days": 0.0,
        "moved_on_days": 0.0,
    },
    KpiMessage: {
        "journey": "",
        "variant": "",
        "delivered": None,
        **dict.fromkeys(
            (
                "sent",
                "reached",
                "opened",
                "clicked",
                "bot_opened",
                "bot_clicked",
                "bounced",
                "unsubscribed",
                "complained",
            ),
            0,
        ),
        **dict.fromkeys(("replied", "connected", "ordered", "first_touches", "last_touches"), 0),
    },
    KpiFact: {
        "ref": "",
        "rep_id": 0,
        "team_id": 0,
        "source": "",
        "product": "",
        "journey": "",
        "amount": None,
        "currency": "",
        "value": None,
    },
}


def store(model: type[SQLModel], *rows: dict[str, Any]) -> None:
    """Rows of one table; what they do not say is empty, and they are known since COUNTED_AT."""
    known = {"known_from": COUNTED_AT, "known_until": None}
    with engine().begin() as connection:
        connection.execute(insert(model), [EMPTY[model] | known | row for row in rows])


def daily(day: date, measure: str, count: int, **columns: Any) -> None:
    """One row of kpi_daily."""
    store(KpiDaily, {"day": day, "measure": measure, "count": count} | columns)


def cohort(day: date, begin: str, goal: str, days: int, count: int, **columns: Any) -> None:
    """One row of kpi_cohort."""
    store(KpiCohort, {"day": day, "begin": begin, "goal": goal, "days": days, "count": count} | columns)


def a_run(known_at: datetime = COUNTED_AT, **columns: Any) -> None:
    """A run of the report that was committed."""
    row = {"known_at": known_at, "first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)} | columns
    with engine().begin() as connection:
        connection.execute(insert(KpiRun), [row])
