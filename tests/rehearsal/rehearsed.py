"""A small business whose past is rehearsed: contacts with recorded events, and what became of mails and tasks."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from deployments.stack.postgres import Postgres
from flows.rehearsal.rehearse import Question, Rehearsal, rehearse
from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from tests.support.database import rows
from tests.support.story import MONDAY, Story

LATER = MONDAY + timedelta(weeks=30)
"""When the rehearsal is asked for."""


async def calls_back(j: Journey) -> str:
    """A mail at once, a call, and a reminder to whoever was not reached."""
    await j.send("first")
    outcome = await j.task(
        "call", to="sales@example.com", outcomes=("Reached", "Not Reached"), within=timedelta(days=3)
    )
    if outcome == "Reached":
        return "reached"
    await j.wait(timedelta(days=7))
    await j.send("second")
    return "not reached"


CALLS_BACK = Definition("calls_back", calls_back, ("form_submitted:call",), {"order_placed": "bought"})


def a_past(story: Story, contacts: int, *, bought: int = 0) -> list[int]:
    """So many contacts, who asked for a call one hour after the other; the first of them bought two days later."""
    story.definitions = {}
    found = []
    for number in range(contacts):
        contact = story.contact(f"lead{number}@example.com", created_at=story.now)
        story.happens("form_submitted", "call", contact=contact)
        if number < bought:
            story.write(
                "INSERT INTO event (name, topic, contact_id, source, data, at, received_at) VALUES "
                "('order_placed', 'growth-programme', :contact, 'shop', '{}', :at, :at)",
                contact=contact,
                at=story.now + timedelta(days=2),
            )
        found.append(contact)
        story.now += timedelta(hours=1)
    return found


def rehearsed(
    server: Postgres,
    real: str,
    definition: Definition = CALLS_BACK,
    *,
    others: Mapping[str, Definition] | None = None,
    now: datetime = LATER,
    other: str | None = None,
    compare_with_real: bool = False,
    **question: Any,
) -> Rehearsal:
    """The rehearsal of a journey, in the server of the tests."""
    known = {**(others or {}), definition.name: definition}
    given: dict[str, Any] = {"draws": 2, "weeks": 3, "tick": timedelta(hours=12), **question}
    asked = Question(definition.name, **given)
    return rehearse(real, server.url, asked, now, definitions=known, other=other, compare_with_real=compare_with_real)


def fingerprint() -> dict[str, tuple[int, str | None]]:
    """How many rows each table has, and a checksum of all of them."""
    tables = [name for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    counted = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{}\" t"
    return {name: tuple(rows(counted.format(name))[0]) for name in tables}


def databases(server: Postgres) -> set[str]:
    """The databases of a server."""
    with psycopg.connect(server.url("postgres")) as connection:
        return {name for (name,) in connection.execute(sql.SQL("SELECT datname FROM pg_database"))}
