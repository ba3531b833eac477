"""A business to which anything happens in any order: forms, calls, orders, cancellations, merges, some told late."""

import random as chance
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.runtime.react import react
from models.contacts.set_fields import set_fields
from models.database import engine, to_json
from models.merging import merge_contacts, separate_contacts
from models.playbook import current_playbook
from tests.support.database import rows, write

BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)

ACTIONS = ("form", "form", "visit", "visit", "call", "talk", "order", "order", "cancel", "refund", "assign", "offer",
           "deal", "merge", "separate", "team", "say")  # fmt: skip
"""What may happen; a test draws from them."""


class Business:
    """Contacts to whom something happens, in an order of their own."""

    def __init__(self, seed: int) -> None:
        self.chance = chance.Random(seed)
        self.now = BEGIN
        self.reps = [row.id for row in rows("SELECT id FROM rep ORDER BY id")]
        self.orders = 0

    def pass_hours(self, most: int) -> None:
        """Some time goes by."""
        self.now += HOUR * self.chance.randint(0, most)

    def happens(self, action: str) -> None:
        """Something happens, now, or is told late."""
        contacts = [row.id for row in rows("SELECT id FROM contact ORDER BY id")]
        if not contacts or (action == "form" and self.chance.random() < 0.5):
            contacts = [self._contact()]
        contact = self.chance.choice(contacts)
        at = self.now - (HOUR * self.chance.randint(0, 24 * 30) if self.chance.random() < 0.3 else 0 * HOUR)
        getattr(self, f"_{action}")(contact, at)
        self._react()

    def _contact(self) -> int:
        source = self.chance.choice(["website", "fair", None])
        product = self.chance.choice([None, "challenge", "basket"])
        with engine().begin() as connection:
            return int(
                connection.exec_driver_sql(
                    "INSERT INTO contact (source, product, created_at) VALUES (%s, %s, %s) RETURNING id",
                    (source, product, self.now),
                ).scalar_one()
            )

    def _event(self, name: str, topic: str | None, contact: int, at: datetime, **data: Any) -> None:
        write(
            "INSERT INTO event (name, topic, contact_id, source, data, at, received_at, is_history) "
            "VALUES (:name, :topic, :contact, 'shop', CAST(:data AS jsonb), :at, :now, :late)",
            name=name,
            topic=topic,
            contact=contact,
            data=to_json(data),
            at=at,
            now=self.now,
            late=at < self.now - 48 * HOUR,
        )

    def _form(self, contact: int, at: datetime) -> None:
        self._event("form_submitted", self.chance.choice(["request-call", "newsletter"]), contact, at)

    def _visit(self, contact: int, at: datetime) -> None:
        self._event("page_visited", "prices", contact, at)

    def _call(self, contact: int, at: datetime) -> None:
        self._event("task_done", None, contact, at, outcome="No Answer")

    def _talk(self, contact: int, at: datetime) -> None:
        self._event("call_connected", None, contact, at)

    def _order(self, contact: int, at: datetime) -> None:
        self.orders += 1
        amount, currency = self.chance.choice([(100, "USD"), (49.9, "EUR"), (0, "USD")])
        code = self.chance.choice([row.code for row in rows("SELECT code FROM product ORDER BY id")])
        self._event(
            "order_placed",
            code,
            contact,
            at,
            product=code,
            amount=amount,
            currency=currency,
            reference=f"o{self.orders}",
        )

    def _taken_back(self, name: str, at: datetime, **data: Any) -> None:
        if placed := rows('SELECT contact_id, reference FROM "order" ORDER BY id'):
            one = self.chance.choice(placed)
            self._event(name, None, one.contact_id, at, reference=one.reference, **data)

    def _cancel(self, contact: int, at: datetime) -> None:
        self._taken_back("order_cancelled", at)

    def _refund(self, contact: int, at: datetime) -> None:
        self._taken_back("order_refunded", at, amount=self.chance.choice([10, 100]))

    def _assign(self, contact: int, at: datetime) -> None:
        write(
            "INSERT INTO assignment (contact_id, rep_id, how, reason, at) "
            "VALUES (:contact, :rep, 'person', 'test', :at)",
            contact=contact,
            rep=self.chance.choice(self.reps),
            at=self.now,
        )

    def _offer(self, contact: int, at: datetime) -> None:
        open_one = rows("SELECT id FROM offer WHERE answer IS NULL ORDER BY id")
        if open_one:
            write(
                "UPDATE offer SET answer = :answer, answered_at = :now WHERE id = :id",
                answer=self.chance.choice(["accepted", "declined", "expired"]),
                now=self.now,
                id=open_one[0].id,
            )
            write("UPDATE placement SET closed_at = :now WHERE closed_at IS NULL", now=self.now)
            return
        write("UPDATE placement SET closed_at = :now WHERE closed_at IS NULL", now=self.now)
        write(
            "WITH p AS (INSERT INTO placement (contact_id, router, reason, offered, queued_at) "
            "VALUES (:contact, 'inbound', 'test', true, :now) RETURNING id) "
            "INSERT INTO offer (placement_id, contact_id, rep_id, number, offered_at, expires_at) "
            "SELECT id, :contact, :rep, 1, :now, :now FROM p",
            contact=contact,
            rep=self.chance.choice(self.reps),
            now=self.now,
        )

    def _deal(self, contact: int, at: datetime) -> None:
        """Another system tells of a deal, or what became of it."""
        self._event("opportunity_opened", None, contact, at)
        stage = self.chance.choice(["open", "won", "lost"])
        write(
            "INSERT INTO opportunity (contact_id, rep_id, reference, stage, opened_at, closed_at, amount, currency, "
            "event_id) SELECT :contact, :rep, :reference, :stage, :at, :closed, 500, 'USD', max(id) FROM event "
            "ON CONFLICT (reference) DO UPDATE SET stage = excluded.stage, closed_at = excluded.closed_at, "
            "event_id = excluded.event_id, contact_id = opportunity.contact_id",
            contact=contact,
            rep=self.chance.choice([None, *self.reps]),
            reference=f"d{contact}",
            stage=stage,
            at=at,
            closed=None if stage == "open" else self.now,
        )

    def _merge(self, contact: int, at: datetime) -> None:
        others = [row.id for row in rows("SELECT id FROM contact WHERE id <> :id ORDER BY id", id=contact)]
        if others:
            with engine().begin() as connection:
                merge_contacts(connection, contact, self.chance.choice(others), "test", "test", self.now)

    def _separate(self, contact: int, at: datetime) -> None:
        merges = rows("""
            SELECT m.id FROM contact_merge m JOIN contact kept ON kept.id = m.kept_id
            WHERE separated_at IS NULL ORDER BY m.id DESC LIMIT 1
        """)
        if merges:
            with engine().begin() as connection:
                separate_contacts(connection, merges[0].id, "test", self.now)

    def _erase(self, contact: int, at: datetime) -> None:
        write("DELETE FROM contact WHERE id = :id", id=contact)

    def _team(self, contact: int, at: datetime) -> None:
        """A salesperson changes teams."""
        write(
            "UPDATE rep SET team_id = :team WHERE id = :rep",
            team=self.chance.choice([None, *[row.id for row in rows("SELECT id FROM team ORDER BY id")]]),
            rep=self.chance.choice(self.reps),
        )

    def _say(self, contact: int, at: datetime) -> None:
        """They say something else of themselves than before."""
        industry = self.chance.choice(["Coaching", "Retail", None])
        found_by = self.chance.choice(["A friend", "Google", ""])
        with engine().begin() as connection:
            set_fields(connection, [contact], {"industry": industry, "found_by": found_by}, self.now)

    def _react(self) -> None:
        with engine().begin() as connection:
            while react(connection, {}, current_playbook(connection), self.now):
                pass
