"""Builders for tests about pages: a browser, and the rows that the pages show."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI
from sqlalchemy import insert, text
from sqlmodel import SQLModel

from models import Contact, Event, JourneyRun, Letter, Message, MessageKind, Rep, Step, Task
from models.access.token import sign_token
from models.database import engine
from tests.support.database import rows
from web.app import app

PAGE = {
    "accept": "text/html",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
}
HERE = "http://127.0.0.1:8000"
NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.astimezone(ZoneInfo("America/New_York")).date()
"""The day where the company of the shipped playbook is, which begins hours after that of UTC."""
OUTCOMES = ["Had Call: Qualified Lead", "Could Not Reach: Try Again"]


class Browser:
    """Someone with a browser: keeps cookies, asks for pages, leaves redirects to the test."""

    def __init__(self, address: str, network_address: str = "127.0.0.1", app: FastAPI = app) -> None:
        self.address = address
        self.network_address = network_address
        self.app = app
        self.cookies = httpx.Cookies()

    def get(self, path: str, **also: Any) -> httpx.Response:
        return self.request("GET", path, **also)

    def post(self, path: str, **also: Any) -> httpx.Response:
        return self.request("POST", path, **also)

    def request(self, method: str, path: str, headers: dict[str, str] | None = None, **also: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, headers=PAGE | (headers or {}), **also))

    async def _request(self, method: str, path: str, **also: Any) -> httpx.Response:
        client_address = (self.network_address, 50_000)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=client_address)
        async with httpx.AsyncClient(transport=transport, base_url=self.address, cookies=self.cookies) as client:
            answer = await client.request(method, path, **also)
            self.cookies = client.cookies
            return answer


PROGRAM = {"accept": "*/*"}
"""Headers of a program, such as curl, where a browser would get a page."""


def browser(address: str = HERE) -> Browser:
    """Someone at this machine itself, unless the address says otherwise."""
    return Browser(address)


def add(model: type[SQLModel], **columns: Any) -> int:
    """One row; gives its number."""
    with engine().begin() as connection:
        statement = insert(model).values(**columns)
        if "id" not in model.model_fields:
            connection.execute(statement)
            return 0
        return int(connection.execute(statement.returning(text("id"))).scalar_one())


def a_contact(**columns: Any) -> int:
    named = {"email": "ana@example.com", "first_name": "Ana", "last_name": "Ribeiro", "company": "Northlight Dental"}
    return add(Contact, **named | columns)


def a_rep(**columns: Any) -> int:
    return add(Rep, **{"name": "Sarah Miller", "email": "sarah@example.com"} | columns)


def a_run(contact: int, **columns: Any) -> int:
    begun = {"journey": "lead_qualification", "contact_id": contact, "key": f"event:{contact}", "exclusive": True}
    return add(JourneyRun, **begun | {"started_at": NOW - timedelta(days=3), "waiting_for": "first call"} | columns)


def a_task(contact: int | None = None, run: int | None = None, **columns: Any) -> int:
    contact = contact or a_contact()
    asked = {
        "run_id": run or a_run(contact),
        "number": 3,
        "contact_id": contact,
        "journey": "lead_qualification",
        "name": "first call",
        "template": "lead_qualification/call_lead",
        "assignee": "sarah@example.com",
        "outcomes": OUTCOMES,
        "created_at": NOW - timedelta(hours=1),
        "due_at": NOW + timedelta(hours=1),
    }
    return add(Task, **asked | columns)


def a_step(run: int, number: int, verb: str, name: str, answer: Any = None, fact: Any = None, **columns: Any) -> None:
    at = {"at": NOW - timedelta(days=3) + timedelta(minutes=number)}
    add(
        Step,
        **{"run_id": run, "number": number, "verb": verb, "name": name, "answer": answer, "fact": fact} | at | columns,
    )


def a_message(contact: int, **columns: Any) -> int:
    queued = {"contact_id": contact, "key": f"key {contact}", "kind": MessageKind.MARKETING.value, "queued_at": NOW}
    return add(Message, **queued | {"template": "lead_nurture/article_1"} | columns)


def a_letter(**columns: Any) -> int:
    written = {"message_key": "key", "from_address": "nora@example.com", "to_address": "ana@example.com"}
    return add(Letter, **written | {"subject": "Hello", "html": "<p>Hi</p>", "text": "Hi"} | columns)


def an_event(contact: int, name: str, topic: str | None = None, **columns: Any) -> int:
    return add(Event, **{"contact_id": contact, "name": name, "topic": topic, "at": NOW, "data": {}} | columns)


def task_path(task: int) -> str:
    return f"/tasks/{sign_token('task', task)}"


def events() -> list[tuple[str, str | None]]:
    return rows("SELECT name, topic FROM event ORDER BY id")
