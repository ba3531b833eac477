"""Targets of goals, as people write them in the playbook."""

import pytest

from models.kpi.definitions import DEFINITIONS, TargetError
from models.playbook.goal_target import UNITS
from models.tables.kpi import KpiName


@pytest.mark.parametrize(
    ("kpi", "text", "target"),
    [
        (KpiName.CONNECTION_RATE, "60%", 0.6),
        (KpiName.CONNECTION_RATE, "62.5 %", 0.625),
        (KpiName.CONNECTION_RATE, "0.6", 0.6),
        (KpiName.FOLLOW_UP_SHARE, "100%", 1.0),
        (KpiName.RESPONSE_TIME, "30m", 1_800),
        (KpiName.TIME_TO_BUY, "21d", 21),
        (KpiName.TIME_TO_BUY, "3w", 21),
        (KpiName.TIME_TO_BUY, "21", 21),
        (KpiName.ORDERS, "6", 6),
        (KpiName.LEADS_PER_WEEK, "20", 20),
        (KpiName.REVENUE, "50,000 USD", 50_000),
        (KpiName.REVENUE, "$50,000", 50_000),
        (KpiName.NET_NEW_CUSTOMERS, "7.5", 7.5),
    ],
)
def test_a_target_is_read_in_the_unit_of_its_kpi(kpi: KpiName, text: str, target: float) -> None:
    assert DEFINITIONS[kpi].read_target(text, currency="USD") == pytest.approx(target)


@pytest.mark.parametrize(
    ("kpi", "text", "words"),
    [
        (KpiName.CONNECTION_RATE, "30m", "a share such as 60%"),
        (KpiName.CONNECTION_RATE, "60", "between 0% and 100%"),
        (KpiName.CONNECTION_RATE, "140%", "between 0% and 100%"),
        (KpiName.RESPONSE_TIME, "60%", "a duration such as 30m"),
        (KpiName.RESPONSE_TIME, "half an hour", "a duration such as 30m"),
        (KpiName.TIME_TO_BUY, "soon", "a number of days such as 21d"),
        (KpiName.ORDERS, "many", "a number such as 12"),
        (KpiName.ORDERS, "-6", "not below zero"),
        (KpiName.REVENUE, "50,000 EUR", "reports are in USD"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_was_expected(kpi: KpiName, text: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        DEFINITIONS[kpi].read_target(text, currency="USD")


def test_the_playbooks_check_knows_the_unit_of_each_kpi() -> None:
    assert {kpi.name: kpi.unit for kpi in DEFINITIONS.values()} == UNITS
