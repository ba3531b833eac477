"""What a goal of the playbook says, as a number in the unit of its KPI. Pure."""

from decimal import Decimal

from models.kpi.definitions.unit import Unit
from models.playbook.section import read_duration
from models.values.readers.amount import Amount, read_amount
from models.values.readers.number import read_number

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
            return read_duration(text).total_seconds() / 86_400 if not text.isdigit() else float(text)
        case _:
            return float(read_number(text))


def _amount(found: Amount, text: str, currency: str | None) -> Decimal:
    if currency and found.currency and found.currency != currency:
        raise TargetError(f"{text!r} is in {found.currency}, but reports are in {currency}")
    return found.amount
