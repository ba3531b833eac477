"""What reports go by: the currency and its rates, goals, what sources cost, when a lead is stalled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from models.playbook.section import Duration, Email, Section, Text
from models.tables.kpi import KpiName

CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]


def _number_as_text(value: object) -> object:
    """YAML takes a target such as 6 for a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class CurrencyRate(Section):
    """What one unit of a currency is worth in that of the reports, from a day on."""

    currency: CurrencyCode
    since: date
    rate: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=8)]


class Spend(Section):
    """What a source of leads cost in a month."""

    source: Text
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    amount: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
    currency: CurrencyCode | None = None
    """None: that of the reports."""


class Goal(Section):
    """What a KPI is to reach in each period, for all, a team or one person."""

    kpi: KpiName
    target: Annotated[Text, BeforeValidator(_number_as_text)]
    """A number, a share such as 60%, an amount, or a duration such as 30m or 21d, as the KPI's unit asks."""
    per: Literal["week", "month", "quarter"] = "month"
    team: Text | None = None
    person: Email | None = None


class Reports(Section):
    """The reports."""

    currency: CurrencyCode | None = None
    """What money is added in; None: that of orders. Amounts in a currency without a rate are shown apart."""
    rates: tuple[CurrencyRate, ...] = ()
    full_customer: Text | None = None
    """The code of the product that makes one whole customer. What costs half of it is half a customer; None: each order
    counts as one."""
    stalled_after: Duration = timedelta(days=14)
    """A lead that is no customer is stalled when nothing has happened with it for so long."""
    touched_within: Duration = timedelta(days=30)
    """For how long after a mail or a step a talk or an order counts as touched by it."""
    spend: tuple[Spend, ...] = ()
    cost_per_order: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)] | None = None
    """What an order may cost in spend, in the currency of the reports; None: what an order brings on average."""
    goals: tuple[Goal, ...] = ()
    mail: Literal["daily", "weekly", "off"] = "weekly"
    """How often managers get the numbers by mail: every working day, or on Mondays."""
