"""Made leads of a business with all that happened to them, drawn by chance from a seed; a test plants a cause in them.

They are rows of the ordinary tables, counted into facts as a run of the report does it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, text

from models.database import engine, to_json
from models.kpi.counting.cohort import count_cohort
from models.kpi.counting.daily import count_daily
from models.kpi.facts import update_facts
from models.kpi.window import CountingWindow
from models.playbook import current_playbook
from models.tables.kpi import KpiName
from tests.support.facts import CHANGED

LAST = date(2026, 11, 30)
KNOWN_AT = datetime.combine(LAST, time(23), UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DAYS = 300
TRIGGERS = (("form_submitted", "request-quote"), ("offer_requested", None), ("page_visited", "order"))
REPS = 4


@dataclass
class MadeLead:
    """One lead: what they met with, and by it how likely they are to be talked with and to order."""

    number: int
    came_at: datetime
    source: str
    product: str
    industry: str
    title: str
    rep: int
    journey: str
    trigger: tuple[str, str | None]
    points: int
    has_number: bool = True
    has_wrong_number: bool = False
    owner_after: timedelta = MINUTE
    notice_after: timedelta = MINUTE
    offers: int = 1
    called_after: timedelta = 20 * MINUTE
    mails: list[tuple[timedelta, bool]] = field(default_factory=list)
    """How long after they came each was sent, and whether they opened it."""
    talks: float = 0.5
    """How likely they are to talk with us at the first call."""
    orders: float = 0.3
    """How likely they are to order in the month after a talk."""


Plant = Callable[[MadeLead, Random], None]


def nothing(lead: MadeLead, chance: Random) -> None:
    """No cause at all."""


def make_leads(seed: int, count: int, plant: Plant = nothing) -> list[MadeLead]:
    """So many leads over the days before LAST, none with anything that sets them apart but what is planted."""
    chance = Random(seed)
    leads = [_lead(number, chance) for number in range(1, count + 1)]
    for lead in leads:
        plant(lead, chance)
    return leads


def _lead(number: int, chance: Random) -> MadeLead:
    came_at = datetime.combine(LAST, time(12), UTC) - timedelta(minutes=chance.randrange(DAYS * 24 * 60))
    return MadeLead(
        number=number,
        came_at=came_at,
        source=chance.choice(("website", "campaign", "tradeshow", "api")),
        product=chance.choice(("strategy-session", "growth-programme", "mastermind")),
        industry=chance.choice(("Retail", "Building", "Software")),
        title=chance.choice(("Owner", "Manager", "Clerk")),
        rep=chance.randrange(REPS),
        journey=chance.choice(("lead_nurture", "challenge_course")),
        trigger=chance.choice(TRIGGERS),
        points=chance.randrange(5, 60),
        has_number=chance.random() < 0.8,
        owner_after=chance.choice((MINUTE, MINUTE, 3 * HOUR)),
        notice_after=chance.choice((MINUTE, MINUTE, 2 * HOUR)),
        offers=chance.choice((1, 1, 2)),
        called_after=chance.choice((10 * MINUTE, 10 * MINUTE, 5 * HOUR, 4 * DAY)),
        mails=[(place * 4 * DAY, chance.random() < 0.4) for place in range(chance.choice((1, 2, 3, 4)))],
    )


def store_business(leads: Iterable[MadeLead], seed: int = 0) -> None:
    """Store the leads and what became of them, and count the facts."""
    chance = Random(f"became of {seed}")
    tables: dict[str, list[dict[str, Any]]] = {}
    with engine().begin() as connection:
        reps = [row.id for row in connection.execute(text("SELECT id FROM rep ORDER BY id"))]
        for lead in leads:
            for table, row in _rows(lead, reps[lead.rep], chance):
                tables.setdefault(table, []).append(row)
        for table, rows in tables.items():
            _insert(connection, table, rows)
        connection.execute(text(CHANGED))
        connection.execute(text("INSERT INTO changed_contact SELECT id FROM contact"))
        connection.execute(text("ANALYZE"))
        window = the_window(connection)
        for count in (update_facts, count_daily, count_cohort):
            count(connection, window)


def the_window(connection: Connection) -> CountingWindow:
    """That of a run in the evening of LAST."""
    return CountingWindow(
        playbook=current_playbook(connection),
        known_at=KNOWN_AT,
        known_before=None,
        first=LAST - timedelta(days=30),
        last=LAST,
        is_full=True,
    )


def miss_goals(*kpis: KpiName, team_id: int = 0, status: str = "missed", is_chance: bool = False) -> None:
    """The last month's goals were missed."""
    with engine().begin() as connection:
        for kpi in kpis:
            connection.execute(
                text("""
                INSERT INTO kpi_goal (first_day, last_day, kpi, team_id, target, status, is_chance, known_from)
                VALUES (:first, :last, :kpi, :team_id, 1, :status, :is_chance, :known_at)"""),
                {
                    "first": LAST - timedelta(days=29),
                    "last": LAST,
                    "kpi": kpi,
                    "team_id": team_id,
                    "status": status,
                    "is_chance": is_chance,
                    "known_at": KNOWN_AT,
                },
            )


def _insert(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(f'"{name}"' for name in rows[0])
    statement = (
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} '
        f'FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb))'
    )
    connection.execute(text(statement), {"rows": to_json(rows)})


def _rows(lead: MadeLead, rep: int, chance: Random) -> Iterator[tuple[str, dict[str, Any]]]:
    called_at = lead.came_at + lead.called_after
    talked = chance.random() < lead.talks
    ordered_at = called_at + chance.randrange(60, 25 * 24 * 60) * MINUTE
    ordered = chance.random() < (lead.orders if talked else lead.orders / 4) and ordered_at < KNOWN_AT
    yield from _person(lead, rep, ordered_at if ordered else None)
    yield from _handover(lead, rep)
    if called_at < KNOWN_AT:
        yield from _call(lead, called_at, talked, rep)
    yield from _follow_up(lead, called_at if called_at < KNOWN_AT else None, rep)
    for place, (after, opened) in enumerate(lead.mails):
        sent_at = lead.came_at + after
        yield "message", _mail(lead, f"mail {lead.number} {place}", "marketing", f"nurture/{place}", sent_at, opened)
    if ordered:
        yield from _order(lead, ordered_at)


def _person(lead: MadeLead, rep: int, ordered_at: datetime | None) -> Iterator[tuple[str, dict[str, Any]]]:
    number = lead.number
    phone = f"+1207{number:07}" if lead.has_number else None
    about = {"id": number, "email": f"lead{number}@example.com", "phone": phone, "source": lead.source}
    about |= {"industry": lead.industry, "job_title": lead.title, "product": lead.product, "owner_id": rep}
    stage = "customer" if ordered_at else "opportunity"
    about |= {"stage": stage, "mql_at": lead.came_at, "opportunity_at": lead.came_at, "customer_at": ordered_at}
    yield "contact", about | {"score": 0, "custom": {}, "created_at": lead.came_at, "updated_at": lead.came_at}
    if phone:
        seen = {"first_seen_at": lead.came_at, "last_seen_at": lead.came_at}
        yield "identifier", {"id": number, "contact_id": number, "kind": "phone", "value": phone, **seen}
    name, topic = lead.trigger
    yield "event", _event(lead, 1, name, lead.came_at, topic)
    entry = {"id": number, "contact_id": number, "points": lead.points, "reason": "made", "decays": False}
    yield "score_entry", entry | {"day": lead.came_at.date(), "at": lead.came_at}
    run = {"id": number, "contact_id": number, "journey": lead.journey, "key": "made", "exclusive": True}
    run |= {"status": "waiting", "started_at": lead.came_at, "waiting_for": "x", "steps": 0, "history": "", "points": 0}
    yield "journey_run", run


def _handover(lead: MadeLead, rep: int) -> Iterator[tuple[str, dict[str, Any]]]:
    number, owned_at = lead.number, lead.came_at + lead.owner_after
    made = {"id": number, "contact_id": number, "rep_id": rep, "how": "round robin", "reason": "made", "at": owned_at}
    yield "assignment", made
    placement = {"id": number, "contact_id": number, "router": "inbound", "reason": "made", "offered": True}
    placement |= {"anew": False, "assign_if_exhausted": False, "queued_at": lead.came_at, "closed_at": owned_at}
    yield "placement", placement
    for place in range(1, lead.offers + 1):
        offer = {"id": number * 10 + place, "placement_id": number, "contact_id": number, "rep_id": rep}
        offer |= {"number": place, "offered_at": lead.came_at, "expires_at": owned_at, "answered_at": owned_at}
        yield "offer", offer | {"answer": "accepted" if place == lead.offers else "declined"}


def _call(lead: MadeLead, at: datetime, talked: bool, rep: int) -> Iterator[tuple[str, dict[str, Any]]]:
    number = lead.number
    outcome = "Talked: Not Now" if talked else "Wrong Number" if lead.has_wrong_number else "Could Not Reach"
    task = {"id": number, "run_id": number, "number": 1, "contact_id": number, "journey": lead.journey}
    task |= {"name": "first call", "template": "call/call", "rep_id": rep, "assignee": "rep@example.com"}
    task |= {"outcomes": [], "form": [], "data": {}, "answers": {}, "reminders": 0, "outcome": outcome}
    yield "task", task | {"created_at": lead.came_at, "due_at": lead.came_at + HOUR, "done_at": at}
    notice = _mail(lead, f"task {number}", "task", "call/call", lead.came_at + lead.notice_after, False)
    yield "message", notice | {"task_id": number}
    yield "event", _event(lead, 2, "task_done", at, str(number), {"outcome": outcome})


def _follow_up(lead: MadeLead, called_at: datetime | None, rep: int) -> Iterator[tuple[str, dict[str, Any]]]:
    asked = {"id": lead.number, "contact_id": lead.number, "event_id": lead.number * 10 + 1, "rep_id": rep}
    yield (
        "follow_up",
        asked
        | {
            "received_at": lead.came_at,
            "due_at": lead.came_at + 30 * MINUTE,
            "first_contact_at": called_at,
        },
    )


def _order(lead: MadeLead, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    number = lead.number
    order = {"id": number, "contact_id": number, "event_id": number * 10 + 3, "refunded": 0, "amount": 1000}
    yield "order", order | {"amount_from": "the order", "currency": "USD", "placed_at": at}
    yield "event", _event(lead, 3, "order_placed", at)


def _event(
    lead: MadeLead, place: int, name: str, at: datetime, topic: str | None = None, data: dict[str, str] | None = None
) -> dict[str, Any]:
    about = {"id": lead.number * 10 + place, "name": name, "topic": topic, "contact_id": lead.number, "source": "test"}
    return about | {"data": data or {}, "at": at, "received_at": at, "reacted_at": at, "is_history": False}


def _mail(lead: MadeLead, key: str, kind: str, template: str, at: datetime, opened: bool) -> dict[str, Any]:
    about = {"id": None, "key": key, "contact_id": lead.number, "kind": kind, "template": template, "data": {}}
    about |= {"state": "sent", "queued_at": at, "due_at": at, "handed_at": at, "is_handed_over": True, "sent_at": at}
    del about["id"]
    return about | {"opened_at": at + HOUR if opened else None, "task_id": None}
