"""What the values of KPIs are."""

from enum import StrEnum


class Unit(StrEnum):
    """What the value of a KPI is."""

    COUNT = "count"
    SHARE = "share"
    """From 0 to 1."""
    MONEY = "money"
    MONEY_PER_DAY = "money a day"
    PER_WEEK = "a week"
    EQUIVALENTS = "equivalents"
    """Of one whole customer."""
    SECONDS = "seconds"
    DAYS = "days"
