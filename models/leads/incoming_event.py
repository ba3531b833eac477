"""Reads events about contacts from other systems: pages they visited, orders they placed, calls they took. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from models.leads.reading.lead import Lead, UnreadableLead
from models.leads.reading.sender_id import LONGEST_KEY, is_no_id
from models.orders.read_opportunity import OPPORTUNITY_EVENTS, read_opportunity
from models.orders.read_order import ORDER_EVENTS, read_order
from models.playbook.document import Playbook
from models.playbook.source import EVENTS_SOURCE
from models.values.readers.bad_value import BadValue, quote_value
from models.values.readers.checkbox import read_checkbox
from models.values.readers.email_address import clean_email
from models.values.readers.moment import EARLIEST, LATEST_AFTER_NOW
from models.values.readers.phone import Phone, read_phones
from models.values.readers.text import clean_text
from models.values.sanitize import Problem, payload_problems

MOST_PER_REQUEST = 1_000
RESERVED_NAMES = {
    *("task_done", "task_snoozed", "task_delegated", "activity_done", "note_added", "points_added", "contact_changed"),
    *("score_rose", "score_fell", "lead_assigned", "lead_placed", "offer_exhausted"),
    *("turned_us_down", "contacts_merged", "contact_separated", "details_changed", "other_name_given"),
    *("suppressed", "suppression_lifted", "resubscribed", "topic_left", "topic_joined", "auto_replied"),
    "asked_again",
}
"""Event names that only Tend itself emits: journeys rely on them."""
EVENT_KEYS = {"name", "topic", "contact", "key", "at", "data", "history"}


def read_incoming_events(payload: Any, playbook: Playbook, now: datetime) -> list[Lead]:
    """The events in a payload, one or a list; UnreadableLead with every problem, named `2.contact.email` in a list."""
    several = isinstance(payload, list)
    found = payload if several else [payload]
    if not 0 < len(found) <= MOST_PER_REQUEST:
        raise UnreadableLead(
            [Problem(field="events", found=f"{len(found):,} events", expected=f"1 to {MOST_PER_REQUEST:,}")]
        )
    problems: list[Problem] = []
    leads = []
    for number, one in enumerate(found):
        reading = _EventParser(f"{number}." if several else "", playbook, problems)
        leads.append(reading.lead(one, now))
    if problems:
        raise UnreadableLead(problems)
    return [lead for lead in leads if lead]


class _EventParser:
    """One event on its way; what cannot be used goes to `problems`."""

    def __init__(self, prefix: str, playbook: Playbook, problems: list[Problem]) -> None:
        self.prefix = prefix
        self.region = playbook.company.country
        self.playbook = playbook
        self.rules = playbook.events
        self.problems = problems

    def problem(self, field: str, found: str, expected: str) -> None:
        self.problems.append(Problem(field=f"{self.prefix}{field}", found=found, expected=expected))

    def lead(self, one: Any, now: datetime) -> Lead | None:
        if not isinstance(one, dict):
            self.problem("event", quote_value(one), 'an event such as {"name": "page_visited", "contact": {...}}')
            return None
        before = len(self.problems)
        for problem in self.faults(one):
            self.problem(**problem)
        if len(self.problems) > before:
            return None
        key, topic = (self.text(name, one.get(name)) for name in ("key", "topic"))
        at = self.moment(one.get("at"), now)
        event: dict[str, Any] = {"name": self.name(one.get("name")), "topic": topic, "at": at}
        event["is_history"] = self.is_history(one.get("history"), at, now)
        who, data = self.contact(one.get("contact")), self.data(one.get("data"))
        if event["name"] in ORDER_EVENTS:
            event["name"], data = self.order(event["name"], topic, data)
        elif event["name"] in OPPORTUNITY_EVENTS:
            about = (event["name"], topic, data, self.playbook, self.region, at)
            data = read_opportunity(*about, self.data_problem)
        event_key = f"{EVENTS_SOURCE}:{key}" if key else None
        wants_mail = False if event["name"] == "unsubscribed" else None
        return Lead(source=EVENTS_SOURCE, event_key=event_key, wants_mail=wants_mail, data=data, **event, **who)

    def faults(self, one: dict[str, Any]) -> Iterator[Problem]:
        yield from payload_problems(one)
        for unknown in one.keys() - EVENT_KEYS:
            yield Problem(
                field=ascii(unknown)[1:-1],
                found="not a part that events have",
                expected=f"one of {', '.join(sorted(EVENT_KEYS))}",
            )

    def name(self, value: Any) -> str:
        good = isinstance(value, str) and re.fullmatch(r"[a-z][a-z_]{0,99}", value)
        if not good:
            self.problem("name", quote_value(value), "a name in the past tense, such as page_visited,")
        elif value in RESERVED_NAMES:
            self.problem("name", quote_value(value), "another name (this one is kept for what Tend does itself)")
        return str(value)

    def text(self, field: str, value: Any) -> str | None:
        if value is None:
            return None
        try:
            text = clean_text(value)
        except BadValue as error:
            self.problem(field, error.found, error.expected)
            return None
        if not 0 < len(text) <= LONGEST_KEY:
            self.problem(field, quote_value(text), f"1 to {LONGEST_KEY} characters")
        return text

    def moment(self, value: Any, now: datetime) -> datetime:
        """When it happened. Clocks of senders run ahead: what has not happened yet happens now."""
        if value is None:
            return now
        try:
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.problem("at", quote_value(value), "a moment such as 2026-03-31T14:30:00Z")
            return now
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if not EARLIEST <= at <= now + LATEST_AFTER_NOW:
            self.problem("at", quote_value(value), f"a moment between {EARLIEST.year} and now")
        return min(at, now)

    def is_history(self, value: Any, at: datetime, now: datetime) -> bool:
        """What the sender says outright, else whether it happened longer ago than the playbook's limit."""
        if value is not None and not isinstance(value, bool):
            self.problem("history", quote_value(value), "true or false")
        return value if isinstance(value, bool) else self.rules.history or now - at > self.rules.history_after

    def contact(self, value: Any) -> dict[str, Any]:
        """Who it is about: our own number, or what a person is recognised by."""
        expected = '{"email": ...}, {"phone": ...}, {"source": ..., "key": ...} or {"id": ...}'
        if not isinstance(value, dict) or not value or value.keys() - {"email", "phone", "source", "key", "id"}:
            self.problem("contact", "nothing" if value is None else quote_value(value), expected)
            return {}
        if "id" in value:
            if isinstance(value["id"], bool) or not isinstance(value["id"], int) or len(value) > 1:
                self.problem("contact.id", quote_value(value["id"]), "the number of a contact, and nothing beside it,")
            return {"contact_id": value["id"]}
        who: dict[str, Any] = {"email": self.email(value["email"])} if "email" in value else {}
        if "phone" in value and (phone := self.phone(value["phone"])):
            who["phone"] = phone.number
            who |= {"fields": {"phone_extension": phone.extension}} if phone.extension else {}
        return who | self.source_key(value) if value.keys() & {"source", "key"} else who

    def source_key(self, value: dict[str, Any]) -> dict[str, Any]:
        """A source's own id of the person."""
        source, key = value.get("source"), value.get("key")
        if not isinstance(source, str) or source not in self.playbook.sources:
            self.problem("contact.source", quote_value(source), f"one of {', '.join(sorted(self.playbook.sources))}")
        text = str(key).strip() if isinstance(key, str | int) and not isinstance(key, bool) else ""
        if not 0 < len(text) <= LONGEST_KEY or is_no_id(text):
            self.problem("contact.key", quote_value(key), "the id that this source has for the person")
        return {"source_key": f"{source}:{text}"}

    def email(self, value: Any) -> str | None:
        try:
            return clean_email(value)
        except BadValue as error:
            self.problem("contact.email", error.found, error.expected)
            return None

    def phone(self, value: Any) -> Phone | None:
        try:
            return read_phones(value, self.region)[0]
        except BadValue as error:
            self.problem("contact.phone", error.found, error.expected)
            return None

    def data(self, value: Any) -> dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            self.problem("data", quote_value(value), 'an object such as {"amount": 190}')
            return {}
        data = value or {}
        return data | {"is_machine": self.flag("data.is_machine", data["is_machine"])} if "is_machine" in data else data

    def order(self, name: str, topic: str | None, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """An order below zero is a refund; amounts become numbers, and a missing one the list price."""
        return read_order(name, topic, data, self.playbook, self.region, self.data_problem)

    def data_problem(self, field: str, found: str, expected: str) -> None:
        self.problem(f"data.{field}", found, expected)

    def flag(self, field: str, value: Any) -> bool:
        """True and false as such: points, lists and predictions leave out what a machine did by that alone."""
        try:
            return read_checkbox(value)
        except BadValue as error:
            self.problem(field, error.found, error.expected)
            return False
