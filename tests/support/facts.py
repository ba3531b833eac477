"""Arranging and looking at facts: what the report counts about contacts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from models.database import engine
from models.kpi.facts import FactChanges, update_facts
from models.kpi.window import CountingWindow
from models.playbook import Playbook, current_playbook
from tests.support.database import rows

CHANGED = "CREATE TEMP TABLE changed_contact (contact_id bigint PRIMARY KEY) ON COMMIT DROP"


def count_facts(now: datetime, *, contacts: list[int] | None = None, playbook: Playbook | None = None) -> FactChanges:
    """Count the facts of these contacts, or of all, as a run at that moment does."""
    with engine().begin() as connection:
        connection.execute(text(CHANGED))
        if contacts is None:
            connection.execute(text("INSERT INTO changed_contact SELECT id FROM contact"))
        else:
            query = text("INSERT INTO changed_contact SELECT unnest(CAST(:ids AS bigint[]))")
            connection.execute(query, {"ids": contacts})
        window = CountingWindow(
            playbook=playbook or current_playbook(connection),
            known_at=now,
            known_before=None,
            first=date(2000, 1, 1),
            last=now.date(),
            is_full=contacts is None,
        )
        return update_facts(connection, window)


def facts(contact: int, measure: str) -> list[Any]:
    """The facts of a measure that stand now, in the order in which they happened."""
    query = "SELECT * FROM kpi_fact WHERE contact_id = :contact AND measure = :measure AND known_until IS NULL"
    return rows(f"{query} ORDER BY at, ref", contact=contact, measure=measure)


def measures(contact: int) -> list[str]:
    """The names of everything that stands about a contact, in the order in which it happened."""
    query = "SELECT measure FROM kpi_fact WHERE contact_id = :contact AND known_until IS NULL ORDER BY at, id"
    return [row.measure for row in rows(query, contact=contact)]
