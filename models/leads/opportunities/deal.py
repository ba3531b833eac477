"""Reads one row of a file of deals: which deal, whose, how it stands, when, and what it brings. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from models.leads.opportunities.columns import ColumnMap
from models.leads.opportunities.date_column import DAY_FIRST, MONTH_FIRST, DateColumn
from models.leads.opportunities.product_names import ProductNames
from models.leads.opportunities.sales_team import SalesTeam
from models.leads.opportunities.stage_words import stage_of
from models.leads.reading.lead import UnreadableLead
from models.orders.read_order import LONGEST_REFERENCE, as_json_number
from models.tables.sales import DealStage
from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue, quote_value
from models.values.readers.checkbox import read_checkbox
from models.values.readers.email_address import clean_email
from models.values.readers.moment import NOON, read_moment
from models.values.sanitize import Problem
from models.values.storable import storable

COUNTRIES = {DAY_FIRST: "GB", MONTH_FIRST: "US"}
"""One that writes its days as a column does."""

WORDS = {stage.value: stage for stage in DealStage}


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A deal as a row says that it stands."""

    reference: str
    """Ours, such as `csv:1C1I7A6R`."""
    stage: DealStage
    detail: str | None = None
    account: str | None = None
    email: str | None = None
    """Of the person at the customer."""
    rep: str | None = None
    rep_id: int | None = None
    product: str | None = None
    """Its code."""
    opened_on: date | None = None
    closed_on: date | None = None
    changed_at: datetime | None = None
    """When the other system changed it last; None: the row does not say."""
    amount: Decimal | None = None
    currency: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class DealReading:
    """What the rows of a file are read by."""

    source: str
    country: str
    zone: ZoneInfo
    now: datetime
    said: ColumnMap
    products: ProductNames
    team: SalesTeam
    opened: DateColumn
    closed: DateColumn
    largest: int
    """An amount above it is taken for a slip."""

    @property
    def today(self) -> date:
        """By the company's time zone."""
        return self.now.astimezone(self.zone).date()

    def moment(self, day: date) -> datetime:
        """The noon of a day, or now, whichever comes first."""
        return min(datetime.combine(day, NOON, self.zone), self.now)


@dataclass
class _Reader:
    values: Mapping[str, str]
    reading: DealReading
    problems: list[Problem] = field(default_factory=list)

    def note(self, name: str, found: str, expected: str) -> None:
        self.problems.append(Problem(field=name, found=found, expected=expected))

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return " ".join(value.split())[:LONGEST_REFERENCE] or None if value else None

    def reference(self) -> str:
        own = self.text("reference")
        if own is None and (name := self.text("name")):
            own = " / ".join(filter(None, (name, self.text("account"))))
        if own is None:
            self.note("reference", "nothing", "the number of the deal")
            return ""
        text = f"{self.reading.source}:{own}"
        if len(text) <= LONGEST_REFERENCE:
            return text
        return f"{self.reading.source}:{hashlib.sha256(own.encode()).hexdigest()[:32]}"

    def stage(self) -> tuple[DealStage, str | None]:
        """How it stands, and the words for that."""
        words = [word for name in ("stage", "status") if (word := self.text(name))]
        for word in reversed(words):
            ours = self.reading.said.spelled("stage", word).casefold()
            if stage := WORDS.get(ours) or stage_of(ours):
                return stage, words[0]
        if stage := self.ticked():
            return stage, words[0] if words else None
        self.note("stage", quote_value(words[0]) if words else "nothing", "won, lost, or a stage that is known as open")
        return DealStage.OPEN, None

    def ticked(self) -> DealStage | None:
        """How it stands by boxes for won and closed."""
        if self.box("is_won"):
            return DealStage.WON
        if (is_closed := self.box("is_closed")) is not None:
            return DealStage.LOST if is_closed else DealStage.OPEN
        return None

    def box(self, name: str) -> bool | None:
        try:
            return read_checkbox(self.values[name]) if self.values.get(name) else None
        except BadValue:
            return None

    def day(self, name: str, column: DateColumn) -> date | None:
        if not (text := self.values.get(name)):
            return None
        try:
            found = column.read(text)
        except BadValue as error:
            self.note(name, error.found, error.expected)
            return None
        if found and found > self.reading.today:
            self.note(name, quote_value(text), "a day that has come")
            return None
        return found

    def days(self, stage: DealStage) -> tuple[date | None, date | None]:
        """When it was opened and closed; of an open one the second is only expected."""
        opened = self.day("opened_at", self.reading.opened)
        if stage is DealStage.OPEN:
            return opened, None
        before = len(self.problems)
        closed = self.day("closed_at", self.reading.closed)
        if closed is None and len(self.problems) == before:
            self.note("closed_at", "nothing", f"the day on which it was {stage}")
        if opened and closed and closed < opened:
            expected = f"a day from {opened:%Y-%m-%d} on, when the deal was opened"
            self.note("closed_at", quote_value(self.values["closed_at"]), expected)
        return opened, closed

    def changed_at(self) -> datetime | None:
        """When it was changed last. What is no moment says nothing, and the deal is taken all the same."""
        country = COUNTRIES.get(self.reading.closed.order or "", self.reading.country)
        try:
            return read_moment(self.values.get("changed_at", ""), country, self.reading.zone, self.reading.now)
        except BadValue:
            return None

    def money(self) -> tuple[Decimal | None, str | None]:
        """What it brings, and in which currency."""
        amount, meant = None, None
        if text := self.values.get("amount"):
            try:
                amount, meant = read_amount(text, self.reading.country)
            except BadValue as error:
                self.note("amount", error.found, error.expected)
        if amount is not None and not 0 <= amount <= self.reading.largest:
            self.note("amount", quote_value(self.values["amount"]), f"an amount from 0 to {self.reading.largest:,}")
            amount = None
        currency = (self.text("currency") or "").upper() or meant
        if currency and currency not in list_currencies():
            self.note("currency", quote_value(currency), "the code of a currency such as USD")
        elif meant and currency != meant:
            self.note("currency", quote_value(currency), f"{meant}, as the amount says")
        return amount, currency

    def product(self) -> str | None:
        word = self.text("product")
        code = self.reading.products.code(word) if word else None
        if word and code is None:
            self.note("product", quote_value(word), "the code or the name of a product")
        return code

    def rep(self) -> tuple[str | None, int | None]:
        word = self.text("rep")
        if word is None:
            return None, None
        ours = self.reading.said.spelled("rep", word)
        number = self.reading.team.rep_id(ours)
        if number is None:
            several = "the address of one of us (several are called so)"
            expected = several if self.reading.team.is_ambiguous(ours) else "the name or the address of one of us"
            self.note("rep", quote_value(word), expected)
        return ours, number

    def email(self) -> str | None:
        """Of several people the first; what is no address is a part of the row like any other."""
        for text in (self.values.get("email") or "").split(";"):
            try:
                return clean_email(text.strip()) if text.strip() else None
            except BadValue:
                continue
        return None


def read_deal(values: Mapping[str, str], reading: DealReading) -> Deal:
    """The deal in a row, whose values are named by the parts of a deal. Raises UnreadableLead with every problem."""
    reader = _Reader(values, reading)
    stage, detail = reader.stage()
    opened_on, closed_on = reader.days(stage)
    amount, currency = reader.money()
    rep, rep_id = reader.rep()
    account = reader.text("account")
    deal = Deal(
        reference=reader.reference(),
        stage=stage,
        detail=detail,
        account=reading.said.spelled("account", account) if account else None,
        email=reader.email(),
        rep=rep,
        rep_id=rep_id,
        product=reader.product(),
        opened_on=opened_on,
        closed_on=closed_on,
        changed_at=reader.changed_at(),
        amount=amount,
        currency=currency,
        name=reader.text("name"),
    )
    if reader.problems:
        raise UnreadableLead(reader.problems)
    return deal


def deal_data(deal: Deal, reading: DealReading, others: Mapping[str, Any]) -> dict[str, Any]:
    """What the event of a deal says: how it stands as a whole, and what else stands in its row."""
    said = {
        "opened_at": reading.moment(deal.opened_on).isoformat() if deal.opened_on else None,
        "changed_at": deal.changed_at.isoformat() if deal.changed_at else None,
        "amount": None if deal.amount is None else as_json_number(deal.amount),
    }
    parts = ("reference", "detail", "account", "rep", "rep_id", "product", "currency", "name")
    given = {name: value for name in parts if (value := getattr(deal, name)) is not None}
    row = {"row": storable(others)} if others else {}
    return {**row, **said, **given, "restated": True}
