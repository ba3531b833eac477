"""A business that was reported on: contacts with their facts over some weeks, counted into the KPI tables."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, text

from models import Contact, KpiFact, KpiRun
from models.database import engine
from models.kpi.counting.cohort import count_cohort
from models.kpi.counting.daily import count_daily
from models.kpi.counting.funnel import count_funnel
from models.kpi.counting.spells import update_spells
from models.kpi.window import CountingWindow
from models.playbook import current_playbook

SOURCES = (("website", 0.55), ("google_ads", 0.3), ("partner", 0.15))
BUYS = {"website": 0.22, "google_ads": 0.07, "partner": 0.4}
PRICES = {"starter": Decimal(190), "growth": Decimal(950)}
FAST_SECONDS = 900


@dataclass
class MadeBusiness:
    """Collects facts of contacts; `report` counts them."""

    known_at: datetime
    facts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)

    def fact(self, contact: int, measure: str, at: datetime, **columns: Any) -> None:
        """One counted thing; what would be after the report is left out."""
        if at > self.known_at:
            return
        empty = {"ref": "", "rep_id": 0, "team_id": 0, "source": "", "product": "", "journey": "", "amount": None}
        empty |= {"currency": "", "value": None, "known_from": self.known_at}
        self.facts.append(empty | {"contact_id": contact, "measure": measure, "at": at, "day": at.date()} | columns)

    def contact(self, number: int, at: datetime, source: str) -> None:
        """Somebody with a name."""
        first = ("Ana", "Ben", "Carla", "Dan", "Eva", "Finn")[number % 6]
        last = ("Ribeiro", "Novak", "Okafor", "Lund", "Brandt")[number % 5]
        named = {"first_name": first, "last_name": last, "email": f"{first}.{number}@example.com".lower()}
        self.contacts.append({"id": number, "created_at": at, "source": source, **named})

    def report(self) -> None:
        """Store all of it and count it, as a full run does."""
        with engine().begin() as connection:
            connection.execute(insert(Contact), self.contacts)
            connection.execute(text("SELECT setval('contact_id_seq', (SELECT max(id) FROM contact))"))
            connection.execute(insert(KpiFact), self.facts)
            count(connection, self.known_at)


def count(connection: Connection, known_at: datetime) -> None:
    """Make the KPI tables of the facts that are stored, and note the run."""
    first, last = connection.execute(text("SELECT min(day), max(day) FROM kpi_fact")).one()
    playbook = current_playbook(connection)
    days = {"first": first, "last": last, "is_full": True}
    window = CountingWindow(playbook=playbook, known_at=known_at, known_before=None, **days)
    count_daily(connection, window)
    count_cohort(connection, window)
    connection.execute(text("CREATE TEMP TABLE changed_contact ON COMMIT DROP AS SELECT id AS contact_id FROM contact"))
    update_spells(connection, window)
    count_funnel(connection, window)
    connection.execute(insert(KpiRun).values(known_at=known_at, first_day=first, last_day=last, is_full=True))


def reps_of(connection: Connection, team: str = "Inbound") -> list[tuple[int, int]]:
    """(rep, team) of a team."""
    statement = "SELECT rep.id, team_id FROM rep JOIN team ON team.id = team_id WHERE team.name = :team ORDER BY rep.id"
    return [(row[0], row[1]) for row in connection.execute(text(statement), {"team": team})]


def report_on_a_business(weeks: int = 13, a_day: int = 9, seed: int = 11, now: datetime | None = None) -> MadeBusiness:
    """Leads on every working day, of three sources, with three people; the same for the same seed."""
    chance = random.Random(seed)
    now = now or datetime.now(UTC)
    made = MadeBusiness(known_at=now)
    with engine().connect() as connection:
        people = reps_of(connection)
    begin = now.date() - timedelta(weeks=weeks)
    number = 0
    for offset in range(weeks * 7 + 1):
        day = begin + timedelta(offset)
        busy = a_day if day.weekday() < 5 else a_day // 4
        for _ in range(max(0, round(chance.gauss(busy * (0.8 + 0.4 * offset / (7 * weeks)), 2)))):
            number += 1
            _lead(made, chance, number, day, people)
    made.report()
    return made


def _lead(made: MadeBusiness, chance: random.Random, number: int, day: date, people: list[tuple[int, int]]) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(minutes=chance.randrange(480))
    if at > made.known_at:
        return
    source = chance.choices([name for name, _ in SOURCES], [share for _, share in SOURCES])[0]
    place = number % len(people)
    owner = {"rep_id": people[place][0], "team_id": people[place][1], "source": source, "journey": "lead_qualification"}
    made.contact(number, at, source)
    made.fact(number, "lead", at, **owner, ref="form:contact")
    made.fact(number, "request", at, **owner, ref=f"r:{number}")
    if chance.random() < 0.5:
        made.fact(number, "engaged", at + timedelta(hours=30), **owner)
    if chance.random() < 0.7:
        made.fact(number, "mql", at + timedelta(hours=chance.expovariate(1 / 20)), **owner)
    if chance.random() < 0.93 - 0.07 * place:
        _follow_up(made, chance, number, at, owner, place)


def _follow_up(
    made: MadeBusiness, chance: random.Random, number: int, at: datetime, owner: dict[str, Any], place: int
) -> None:
    seconds = chance.lognormvariate(6.6 + place * 0.9, 1.3)
    reached = at + timedelta(seconds=seconds)
    if reached <= made.known_at:
        for measure in ("first_contact", "first_contact_working"):
            made.fact(number, measure, at, **owner, ref=f"r:{number}", value=round(seconds))
        if seconds < FAST_SECONDS * 2:
            made.fact(number, "in_sla", at, **owner, ref=f"r:{number}")
    made.fact(number, "contacted", reached, **owner)
    made.fact(number, "touch", reached, **owner, ref=f"t:{number}")
    if chance.random() > (0.75 if seconds < FAST_SECONDS else 0.5):
        return
    talked = reached + timedelta(hours=chance.expovariate(1 / 30))
    for measure in ("connected", "sql"):
        made.fact(number, measure, talked, **owner)
    for measure in ("opportunity", "opportunity_connected"):
        made.fact(number, measure, talked, **owner, ref=f"o:{number}")
    if chance.random() < BUYS[owner["source"]] * (1.2 - 0.25 * place) * 1.4:
        _order(made, chance, number, talked + timedelta(days=chance.expovariate(1 / 11)), owner)


def _order(made: MadeBusiness, chance: random.Random, number: int, at: datetime, owner: dict[str, Any]) -> None:
    product = chance.choice(list(PRICES))
    paid = {"amount": PRICES[product], "currency": "USD", "product": product}
    for measure in ("customer", "new_customer", "bought"):
        made.fact(number, measure, at, **owner | paid)
    for measure in ("order", "sale", "won"):
        made.fact(number, measure, at, **owner | paid, ref=f"order:{number}", value=1.0)
