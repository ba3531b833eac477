"""Arranging contribution: mails, steps, draws and sources; and what a run of the report counts of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.database import engine, to_json
from models.kpi.contribution import count_holdouts, count_journey_steps, count_messages, count_sources
from models.kpi.facts import update_facts
from models.kpi.versions import VersionCount
from models.kpi.window import CountingWindow
from models.playbook import Playbook, current_playbook
from tests.support.database import rows, write
from tests.support.facts import CHANGED
from tests.support.mail.outbox import NOON

TABLES = ("kpi_message", "kpi_journey_step", "kpi_holdout", "kpi_source")
COUNTS = (count_messages, count_journey_steps, count_holdouts, count_sources)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def count_contribution(
    now: datetime, *, before: datetime | None = None, contacts: Sequence[int] = (), playbook: Playbook | None = None
) -> list[VersionCount]:
    """As a run of the report at `now`: after one at `before` about these contacts, or a full one."""
    with engine().begin() as connection:
        return count_on(connection, now, before=before, contacts=contacts, playbook=playbook)


def count_on(
    connection: Connection,
    now: datetime,
    *,
    before: datetime | None = None,
    contacts: Sequence[int] = (),
    playbook: Playbook | None = None,
) -> list[VersionCount]:
    """The same in a transaction of the caller's."""
    connection.execute(text(CHANGED))
    chosen = "SELECT id FROM contact" if before is None else "SELECT DISTINCT unnest(CAST(:ids AS bigint[]))"
    connection.execute(
        text(f"INSERT INTO changed_contact {chosen}"), {"ids": list(contacts)} if before is not None else {}
    )
    window = CountingWindow(
        playbook=playbook or current_playbook(connection),
        known_at=now,
        known_before=before,
        first=now.date(),
        last=now.date(),
        is_full=before is None,
    )
    update_facts(connection, window)
    return [count(connection, window) for count in COUNTS]


def reported(table: str, columns: str = "*", where: str = "true") -> list[Any]:
    """What a KPI table says now, in order."""
    query = f"SELECT {columns} FROM {table} WHERE known_until IS NULL AND {where} ORDER BY {columns}"
    return rows(query)


def without_versions(table: str) -> list[tuple[Any, ...]]:
    """Every row of a KPI table that is reported now, without its number and moments."""
    [names] = rows(
        "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_name = :table AND column_name NOT IN ('id', 'known_from', 'known_until')",
        table=table,
    )
    return [tuple(row) for row in reported(table, names[0])]


def insert(table: str, **row: Any) -> int:
    """A row of any table with an id; gives that. Dictionaries become JSON."""
    values = {name: to_json(one) if isinstance(one, dict) else one for name, one in row.items()}
    places = ", ".join(f":{name}" for name in values)
    statement = text(f'INSERT INTO "{table}" ({", ".join(values)}) VALUES ({places}) RETURNING id')
    with engine().begin() as connection:
        return int(connection.execute(statement, values).scalar_one())


def a_lead(email: str, at: datetime = NOON, source: str = "website", form: str | None = "request-info") -> int:
    """A contact who came by a form of a source."""
    contact = insert("contact", email=email, source=source, created_at=at)
    if form:
        an_event(contact, "form_submitted", at, form)
    return contact


def an_event(contact: int, name: str, at: datetime, topic: str | None = None, **data: Any) -> int:
    """As if it had been heard of when it happened."""
    source, received_at = data.pop("source", "test"), data.pop("received_at", at)
    row = {"contact_id": contact, "name": name, "topic": topic, "source": source, "data": data}
    return insert("event", **row, at=at, received_at=received_at)


def a_sent_mail(contact: int, at: datetime, template: str = "lead_nurture/article_1", **columns: Any) -> int:
    """A mail that the mailer has taken."""
    row = {"kind": "marketing", "state": "sent", "queued_at": at, "handed_at": at, "sent_at": at} | columns
    key = row.pop("key", f"{contact}:{template}:{at.isoformat()}")
    return insert("message", contact_id=contact, template=template, key=key, **row)


def a_mail_event(message: int, kind: str, at: datetime, **columns: Any) -> int:
    """One that has been processed."""
    row = {"provider": "sendgrid", "received_at": at, "processed_at": at} | columns
    return insert("mail_event", key=f"{message}:{kind}:{at.isoformat()}", kind=kind, message_id=message, at=at, **row)


def an_order(contact: int, at: datetime, amount: float = 100, currency: str = "USD", **columns: Any) -> int:
    """An order as a shop tells of it."""
    event = an_event(contact, "order_placed", at, amount=amount)
    row = {"amount": amount, "currency": currency, "placed_at": at} | columns
    return insert("order", contact_id=contact, event_id=event, **row)


def a_talk(contact: int, at: datetime) -> int:
    """A call that a phone system tells of."""
    return an_event(contact, "call_connected", at)


def a_run(contact: int, journey: str = "lead_nurture", at: datetime = NOON, **columns: Any) -> int:
    """One contact on a journey."""
    row = {"key": f"{contact}:{at.isoformat()}", "exclusive": False, "started_at": at} | columns
    return insert("journey_run", journey=journey, contact_id=contact, **row)


def a_step(run: int, number: int, verb: str, name: str, at: datetime, **fact: Any) -> None:
    """One step that was answered."""
    write(
        "INSERT INTO step (run_id, number, verb, name, fact, at) VALUES (:run, :number, :verb, :name, "
        "CAST(:fact AS jsonb), :at)",
        **{"run": run, "number": number, "verb": verb, "name": name, "fact": to_json(fact), "at": at},
    )
