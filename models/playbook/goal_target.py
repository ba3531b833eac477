"""What a goal of the playbook says, as a number in the unit of its KPI. Pure."""

from datetime import timedelta
from decimal import Decimal

from models.playbook.section import read_duration, write_duration
from models.tables.kpi import KpiName, Unit
from models.values.readers.amount import Amount, read_amount
from models.values.readers.number import read_number

UNITS = dict.fromkeys(KpiName, Unit.SHARE) | {
    KpiName.LEADS: Unit.COUNT,
    KpiName.LEADS_PER_WEEK: Unit.PER_WEEK,
    KpiName.TIME_IN_STAGE: Unit.DAYS,
    KpiName.STALLED_LEADS: Unit.COUNT,
    KpiName.OPPORTUNITIES: Unit.COUNT,
    KpiName.CONNECTIONS: Unit.COUNT,
    KpiName.PIPELINE_VELOCITY: Unit.MONEY_PER_DAY,
    KpiName.ORDERS: Unit.COUNT,
    KpiName.REVENUE: Unit.MONEY,
    KpiName.ORDER_VALUE: Unit.MONEY,
    KpiName.TIME_TO_BUY: Unit.DAYS,
    KpiName.NET_NEW_CUSTOMERS: Unit.EQUIVALENTS,
    KpiName.NET_NEW_PEOPLE: Unit.COUNT,
    KpiName.RESPONSE_TIME: Unit.SECONDS,
    KpiName.WORKING_RESPONSE_TIME: Unit.SECONDS,
    KpiName.TIME_TO_TALK: Unit.SECONDS,
    KpiName.TOUCHES: Unit.COUNT,
    KpiName.OFFERS: Unit.COUNT,
}
"""What a target of each KPI is, as its definition says: a goal is checked before definitions are there."""

EXPECTED = {
    Unit.SHARE: "a share such as 60%",
    Unit.COUNT: "a number such as 12",
    Unit.PER_WEEK: "a number a week such as 20",
    Unit.EQUIVALENTS: "a number such as 12 or 7.5",
    Unit.MONEY: "an amount such as 50,000 USD",
    Unit.MONEY_PER_DAY: "an amount a day such as 1,500 USD",
    Unit.SECONDS: "a duration such as 30m or 4h",
    Unit.DAYS: "a number of days such as 21d",
}


class TargetError(ValueError):
    """A target that does not fit its KPI; the sentence says what was found and expected."""


def read_target(text: str, unit: Unit, *, currency: str | None = None) -> float:
    """`60%` as 0.6, `30m` as 1800 for seconds, `21d` as 21 for days, `50,000 USD` as 50000. Never below zero.

    `currency` is that of the reports; None takes any. Raises TargetError.
    """
    try:
        value = _read(text.strip(), unit, currency)
    except TargetError:
        raise
    except ValueError:
        raise TargetError(f"{text!r} was found, {EXPECTED[unit]} was expected") from None
    if value < 0 or (unit is Unit.SHARE and value > 1):
        raise TargetError(
            f"{text!r} was found, {EXPECTED[unit]} was expected, between 0% and 100%"
            if unit is Unit.SHARE
            else f"{text!r} was found, a target is not below zero"
        )
    return value


def write_target(value: float, unit: Unit, currency: str) -> str:
    """As one writes it in the playbook: `60%`, `30m`, `21d`, `50000 USD`, `12`. What is finer than that is left out."""
    match unit:
        case Unit.SHARE:
            return f"{_plain(value * 100)}%"
        case Unit.MONEY | Unit.MONEY_PER_DAY:
            return f"{_plain(value)} {currency}".strip()
        case Unit.SECONDS:
            return write_duration(timedelta(minutes=round(value / 60)))
        case Unit.DAYS:
            return f"{_plain(value)}d" if value == int(value) else _plain(value)
        case _:
            return _plain(value)


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _read(text: str, unit: Unit, currency: str | None) -> float:
    match unit:
        case Unit.SHARE:
            if text.endswith("%"):
                return float(read_number(text[:-1].strip()) / 100)
            return float(read_number(text))
        case Unit.MONEY | Unit.MONEY_PER_DAY:
            return float(_amount(read_amount(text), text, currency))
        case Unit.SECONDS:
            return read_duration(text).total_seconds()
        case Unit.DAYS:
            return float(read_number(text)) if text[-1:].isdigit() else read_duration(text).total_seconds() / 86_400
        case _:
            return float(read_number(text))


def _amount(found: Amount, text: str, currency: str | None) -> Decimal:
    if currency and found.currency and found.currency != currency:
        raise TargetError(f"{text!r} is in {found.currency}, but reports are in {currency}")
    return found.amount
