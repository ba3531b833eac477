"""How the values of KPIs read: on pages, in mails, in artifacts and in the terminal alike."""

from datetime import timedelta

from models.kpi.definitions import Unit
from models.kpi.read.question import KpiValue
from models.wording import DASH, money, number, percent, short


def written(value: KpiValue) -> str:
    """`67%`, `21 days`, `$1,200`, `2h 5m`; a dash where there is nothing to divide by."""
    return written_number(value.value, value.unit, value.currency)


def written_interval(value: KpiValue) -> str:
    """`57% to 76%`; empty where it is not known. An end that the data do not reach is left open: `from 12 days`."""
    if value.low is None:
        return ""
    low = _written_end(value.low, value)
    if value.high is None:
        return f"from {low}"
    return f"{low} to {_written_end(value.high, value)}"


def _written_end(end: float, value: KpiValue) -> str:
    """Of a count in whole numbers, below ten with one decimal: more says nothing."""
    if value.unit is Unit.COUNT:
        return number(round(end) if abs(end) >= 10 else round(end, 1))
    return written_number(end, value.unit, value.currency)


def written_number(value: float | None, unit: Unit, currency: str = "") -> str:
    """A number of a unit; a dash for None."""
    if value is None:
        return DASH
    match unit:
        case Unit.SHARE:
            return written_share(value)
        case Unit.MONEY:
            return written_money(value, currency)
        case Unit.MONEY_PER_DAY:
            return f"{written_money(value, currency)} a day"
        case Unit.SECONDS:
            return short(timedelta(seconds=round(value)))
        case Unit.DAYS:
            return f"{number(round(value, 1))} {'day' if value == 1 else 'days'}"
        case Unit.PER_WEEK:
            return f"{number(round(value, 1))} a week"
        case _:
            return number(round(value, 2))


def written_share(share: float) -> str:
    """Whole percents of what is usual, one decimal below ten percent; never rounded up to 100% or down to 0%."""
    decimals = 0 if share >= 0.1 else 1
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.995 <= share < 1:
        return percent(min(share, 0.999), 1)
    return percent(share, decimals) if share else "0%"


def written_money(amount: float, currency: str) -> str:
    """In its currency; a plain number where that is not known. Large amounts go without cents."""
    amount = round(amount) if abs(amount) >= 1000 else round(amount, 2)
    return money(amount, currency) if currency else number(amount)
