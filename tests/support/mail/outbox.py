"""Builders for tests about mail: a contact, a task, a message in the outbox, and a mailer that can be told to fail."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import PrivateAttr
from sqlalchemy import Connection, text

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer
from blocks.send_result import SendResult, accepted
from models.database import engine
from models.mail.rendering.email import RenderedEmail

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # noon in New York, where the playbook's company is


class FakeMailer(Mailer):
    """Accepts all letters and keeps them, except those for whose receiver another answer is set."""

    _block_type_name = "Fake mailer"
    _kept: list[RenderedEmail] = PrivateAttr(default_factory=list)
    _answers: dict[str, SendResult | Exception] = PrivateAttr(default_factory=dict)

    _first: Callable[[], object] | None = PrivateAttr(default=None)

    def hand_over(self, emails: EmailFeed) -> None:
        for email in emails:
            if self._first is not None:
                first, self._first = self._first, None
                first()
            if emails.begin(email):
                emails.record(email, self._deliver_one(email))

    def _deliver_one(self, letter: RenderedEmail) -> SendResult:
        answer = self._answers.get(letter.to_address, accepted(f"fake-{letter.message_id}"))
        if isinstance(answer, Exception):
            raise answer
        self._kept.append(letter)
        return answer

    @property
    def sent(self) -> list[RenderedEmail]:
        return self._kept

    def before_delivery(self, act: Callable[[], object]) -> None:
        """Do this before the first letters are taken."""
        self._first = act

    def answer(self, to_address: str, with_: SendResult | Exception) -> None:
        self._answers[to_address] = with_


def a_contact(email: str | None = "ana@acme.example.com", **columns: Any) -> int:
    row = {"email": email, **columns}
    row["custom"] = json.dumps(row.get("custom", {}))
    with engine().begin() as connection:
        return _insert(connection, "contact", row)


def a_rep(email: str = "sarah.miller@brightwater.example.com") -> int:
    with engine().connect() as connection:
        return int(connection.execute(text("SELECT id FROM rep WHERE email = :email"), {"email": email}).scalar_one())


def a_message(contact_id: int, template: str = "lead_nurture/article_1", **columns: Any) -> int:
    """Queued, unless said otherwise."""
    row = {"contact_id": contact_id, "template": template, "kind": "marketing", "queued_at": NOON} | columns
    row["data"] = json.dumps(row.get("data", {}))
    row.setdefault("key", f"{contact_id}:{template}")
    with engine().begin() as connection:
        return _insert(connection, "message", row)


def a_task(contact_id: int, *, due_at: datetime = NOON + timedelta(minutes=30), **columns: Any) -> int:
    """An open first call for Sarah, with the run that asked for it."""
    run = text("""
        INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at)
        VALUES ('lead_qualification', :contact_id, 'test', true, :now) RETURNING id
    """)
    row = {
        "contact_id": contact_id,
        "number": 3,
        "journey": "lead_qualification",
        "name": "first call",
        "template": "lead_qualification/call_lead",
        "assignee": "sarah.miller@brightwater.example.com",
        "rep_id": a_rep(),
        "created_at": NOON,
        "due_at": due_at,
        "remind_at": due_at,
    } | columns
    with engine().begin() as connection:
        row["run_id"] = connection.execute(run, {"contact_id": contact_id, "now": NOON}).scalar_one()
        return _insert(connection, "task", row)


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> int:
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    statement = text(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING id")
    return int(connection.execute(statement, row).scalar_one())


def message(message_id: int) -> Any:
    """The row as it is now."""
    with engine().connect() as connection:
        return connection.execute(text("SELECT * FROM message WHERE id = :id"), {"id": message_id}).one()
