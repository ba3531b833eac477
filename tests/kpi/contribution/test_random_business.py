"""A made-up business of random mails, steps, talks and orders: the same as plain pandas counts, and night by night the
same as all at once.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest

from tests.support.contribution import (
    DAY,
    HOUR,
    TABLES,
    a_lead,
    a_mail_event,
    a_run,
    a_sent_mail,
    a_step,
    a_talk,
    an_event,
    an_order,
    count_contribution,
    insert,
    without_versions,
)
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook

WITHIN = timedelta(days=30)
ZONE = "America/New_York"


@dataclass
class Business:
    """What happens at random, night after night."""

    random: Random
    now: datetime = NOON
    contacts: list[int] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)
    leads: int = 0
    erases: bool = False

    def moment(self) -> datetime:
        """Mostly of the last day, at times of weeks ago, told late."""
        late = self.random.choice([0, 0, 0, 0, 7, 35])
        return max(NOON, self.now - timedelta(days=late) - timedelta(hours=self.random.randrange(24)))

    def contact(self) -> int:
        one = self.random.choice(self.contacts)
        self.changed.add(one)
        return one

    def a_day(self) -> None:
        """A day of the business passes."""
        self.now += DAY
        for _ in range(self.random.randrange(3)):
            source, form = (
                self.random.choice(["website", "fair", "google"]),
                self.random.choice([None, "guide", "demo"]),
            )
            self.leads += 1
            contact = a_lead(f"contact-{self.leads}@example.com", self.moment(), source, form)
            an_event(contact, "lead_imported", self.now)
            self.contacts.append(contact)
            self.changed.add(contact)
        acts = [self.mail, self.heard, self.order, self.talk, self.cancel, self.merge]
        for act in self.random.choices([*acts, self.erase] if self.erases else acts, k=8):
            if len(self.contacts) > 2:
                act()

    def mail(self) -> None:
        contact, at = self.contact(), self.now - timedelta(hours=self.random.randrange(20))
        run = a_run(contact, "welcome", at, key=f"{self.random.random()}")
        a_step(run, 1, "send", "hello", at)
        a_step(run, 2, "wait", "a day", at + HOUR)
        a_sent_mail(contact, at, self.random.choice(["welcome/hello", "welcome/again"]), run_id=run, key=f"{run}:1")

    def heard(self) -> None:
        mails = rows("SELECT id, sent_at FROM message ORDER BY id")
        if mails:
            mail = self.random.choice(mails)
            column, kind = self.random.choice([("opened_at", "opened"), ("bounced_at", "bounced"), ("clicked_at", "x")])
            write(f"UPDATE message SET {column} = :at WHERE id = :id", at=self.now, id=mail.id)
            happened_at = self.now - timedelta(seconds=self.random.randrange(10**6))
            about = {"is_machine": self.random.random() < 0.3, "processed_at": self.now}
            a_mail_event(mail.id, kind, happened_at, **about)

    def order(self) -> None:
        an_order(self.contact(), self.moment(), self.random.randrange(500))

    def talk(self) -> None:
        a_talk(self.contact(), self.moment())

    def cancel(self) -> None:
        contact = self.contact()
        write('UPDATE "order" SET cancelled_at = :at WHERE contact_id = :id', at=self.now, id=contact)

    def merge(self) -> None:
        if self.random.random() < 0.2:
            kept, merged = self.random.sample(self.contacts, 2)
            self.contacts.remove(merged)
            self.changed |= {kept, merged}
            for table in ("journey_run", "event", "message", '"order"'):
                write(f"UPDATE {table} SET contact_id = :kept WHERE contact_id = :merged", kept=kept, merged=merged)
            write("DELETE FROM contact WHERE id = :merged", merged=merged)
            about = {"reason": "test", "merged_by": "test", "merged_at": self.now}
            insert("contact_merge", kept_id=kept, merged_id=merged, **about)

    def erase(self) -> None:
        if self.random.random() < 0.3:
            gone = self.contacts.pop(self.random.randrange(len(self.contacts)))
            self.changed.discard(gone)
            write("DELETE FROM contact WHERE id = :gone", gone=gone)
            for table in ("erased_message", "erased_run", "erased_draw"):
                write(f"UPDATE {table} SET erased_at = :now WHERE contact_id = :gone", now=self.now, gone=gone)


@pytest.mark.parametrize("seed", range(4))
def test_night_by_night_is_the_same_as_all_at_once(database_url: str, seed: int) -> None:
    apply_playbook()
    business = Business(Random(seed), erases=True)
    before = None
    for _ in range(25):
        business.a_day()
        count_contribution(business.now, before=before, contacts=sorted(business.changed))
        before = business.now
        business.changed.clear()
    nightly = {table: without_versions(table) for table in TABLES}
    count_contribution(business.now + DAY)
    assert {table: without_versions(table) for table in TABLES} == nightly
    assert len(nightly["kpi_message"]) > 10
    assert sum(row[-1] for row in nightly["kpi_message"]) > 0


@pytest.mark.parametrize("seed", range(2))
def test_the_numbers_are_those_of_plain_pandas(database_url: str, seed: int) -> None:
    apply_playbook()
    business = Business(Random(100 + seed))
    for _ in range(40):
        business.a_day()
    count_contribution(business.now)
    mails = frame("SELECT id, contact_id, template, sent_at AS at, opened_at, clicked_at, bounced_at FROM message")
    goals = goals_of(
        frame("SELECT contact_id, at FROM event WHERE name = 'call_connected'").groupby("contact_id").min()
    )
    orders = goals_of(
        frame('SELECT contact_id, placed_at AS at FROM "order" WHERE cancelled_at IS NULL').set_index("contact_id")
    )
    mails["day"] = mails["at"].dt.tz_convert(ZONE).dt.date
    mails["connected"] = [touched(one, goals) for one in mails.itertuples()]
    mails["ordered"] = [touched(one, orders) for one in mails.itertuples()]
    expected = mails.groupby(["day", "template"]).agg(
        sent=("id", "count"),
        opened=("opened_at", "count"),
        clicked=("clicked_at", "count"),
        bounced=("bounced_at", "count"),
        connected=("connected", "sum"),
        ordered=("ordered", "sum"),
    )
    columns = ["day", "template", *expected.columns]
    found = rows(f"SELECT {', '.join(columns)} FROM kpi_message WHERE known_until IS NULL ORDER BY 1, 2")
    assert [tuple(row) for row in found] == list(expected.reset_index().itertuples(index=False, name=None))
    assert expected[["connected", "ordered"]].to_numpy().sum() > 3


def frame(query: str) -> pd.DataFrame:
    found = rows(query)
    made = pd.DataFrame([row._asdict() for row in found])
    made["at"] = pd.to_datetime(made["at"], utc=True)
    return made


def goals_of(of_contacts: pd.DataFrame) -> dict[int, list[Any]]:
    return {int(contact): list(part["at"]) for contact, part in of_contacts.groupby(level=0)}


def touched(mail: Any, goals: dict[int, list[Any]]) -> bool:
    return any(mail.at < at <= mail.at + WITHIN for at in goals.get(mail.contact_id, []))
