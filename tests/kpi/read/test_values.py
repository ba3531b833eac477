"""What pages and mails are given of the KPI tables: a small business, counted by hand."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.database import engine
from models.kpi.period import Period
from models.kpi.read import (
    KpiValue,
    Question,
    read_funnel,
    read_response,
    read_series,
    read_teams,
    read_time_to_buy,
    read_values,
)
from models.tables.kpi import Dimension, KpiFact, KpiFunnel, KpiMessage, KpiName, Reading
from tests.support.database import write
from tests.support.kpi_tables import COUNTED_AT, a_run, cohort, daily, store

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
FIRST, MIDDLE = date(2026, 3, 1), date(2026, 3, 16)

pytestmark = pytest.mark.usefixtures("database_url")


def values(question: Question, dimension: Dimension = Dimension.ALL) -> dict[tuple[str, str, str, str], KpiValue]:
    with engine().connect() as connection:
        found = read_values(connection, question, dimension)
    return {(value.kpi.value, value.reading.value, value.member, value.currency): value for value in found}


def value(kpi: str, reading: str = "period", member: str = "", currency: str = "", **question: Any) -> KpiValue:
    return values(Question(MARCH, **question))[kpi, reading, member, currency]


def test_the_connection_rate_of_67_talks_for_100_opportunities_is_67_percent() -> None:
    daily(FIRST, "opportunity", 60, currency="USD")
    daily(MIDDLE, "opportunity", 40)
    daily(MIDDLE, "opportunity_connected", 67)
    rate = value("connection_rate")
    assert (rate.value, rate.numerator, rate.denominator, rate.n) == (0.67, 67, 100, 100)
    assert rate.low is not None
    assert rate.high is not None
    assert (round(rate.low, 3), round(rate.high, 3)) == (0.573, 0.754)  # Wilson by R's prop.test without correction
    assert not rate.is_small


def test_money_of_two_currencies_is_never_added() -> None:
    daily(FIRST, "sale", 3, amount=300, value=3.0, currency="USD")
    daily(FIRST, "sale", 1, amount=90, value=1.0, currency="EUR")
    assert value("orders").value == 4
    assert value("revenue", currency="USD").value == 300
    assert value("revenue", currency="EUR").value == 90
    assert value("order_value", currency="USD").value == 100


def test_without_anything_to_divide_by_there_is_no_rate_and_counts_are_0() -> None:
    found = values(Question(MARCH))
    assert found["closing_rate", "period", "", ""].value is None
    assert found["leads", "period", "", ""].value == 0
    assert found["response_time", "cohort", "", ""].value is None
    assert {kpi for kpi, *_ in found} == set(KpiName)


def test_a_cohort_is_what_has_become_of_those_who_began_in_the_period() -> None:
    daily(FIRST, "connected", 70)
    daily(MIDDLE, "connected", 4)
    daily(date(2026, 2, 1), "connected", 500)
    daily(MIDDLE, "customer", 1)
    cohort(FIRST, "connected", "customer", 40, 11)
    cohort(MIDDLE, "connected", "customer", 0, 1)
    cohort(MIDDLE, "connected", "customer", -3, 2)  # had bought before we talked
    cohort(date(2026, 2, 1), "connected", "customer", 30, 400)
    rate = value("closing_rate", "cohort")
    assert (rate.numerator, rate.denominator) == (12, 74)
    assert rate.value == pytest.approx(0.162, abs=5e-4)


def test_each_person_has_a_row_and_one_that_did_nothing_too(database_url: str) -> None:
    write("INSERT INTO team (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'West'), (2, 'East')")
    write(
        "INSERT INTO rep (id, name, email, team_id) OVERRIDING SYSTEM VALUE "
        "VALUES (1, 'Ann', 'ann@x.example', 1), (2, 'Bob', 'bob@x.example', 2)"
    )
    daily(FIRST, "won", 2, dimension="person", team_id=1, member="1", amount=50, currency="USD", value=4.0)
    daily(FIRST, "won", 2, team_id=1, amount=50, currency="USD", value=4.0)
    daily(FIRST, "lost", 2, dimension="person", team_id=1, member="1", value=9.0)
    for measure in ("won", "lost", "sale"):
        daily(FIRST, measure, 2)
    found = values(Question(MARCH), Dimension.PERSON)
    assert found["win_rate", "period", "1", ""].value == 0.5
    assert found["win_rate", "period", "2", ""].value is None
    assert found["orders", "period", "2", ""].value == 0
    assert not [kpi for kpi, *_ in found if kpi == "open_rate"]
    assert {member for _, _, member, _ in values(Question(MARCH, team_id=2), Dimension.PERSON)} == {"2"}
    with engine().connect() as connection:
        teams = read_teams(connection, Question(MARCH), kpis=[KpiName.WIN_RATE])
    assert [(team.member, team.value) for team in teams if team.reading == "period"] == [("1", 1.0), ("2", None)]


def test_as_known_on_a_past_day_it_is_what_was_reported_then() -> None:
    later = COUNTED_AT + timedelta(days=1)
    daily(FIRST, "lead", 5, known_until=later)
    daily(FIRST, "lead", 6, known_from=later)
    assert value("leads").value == 6
    assert value("leads", known_at=COUNTED_AT).value == 5
    assert value("leads", known_at=COUNTED_AT - timedelta(days=1)).value == 0


def test_a_series_has_a_value_for_each_week_also_without_anything() -> None:
    daily(FIRST, "lead", 7)
    daily(date(2026, 3, 10), "lead", 14)
    with engine().connect() as connection:
        weeks = read_series(connection, Question(MARCH), KpiName.LEADS, "week")
        a_week = read_series(connection, Question(MARCH), KpiName.LEADS_PER_WEEK, "week")
    assert [(week.begin, week.value) for week in weeks] == [
        (date(2026, 2, 23), 7),
        (date(2026, 3, 2), 0),
        (date(2026, 3, 9), 14),
        (date(2026, 3, 16), 0),
        (date(2026, 3, 23), 0),
        (date(2026, 3, 30), 0),
    ]
    # Only one day of the first week is in the period.
    assert [week.value for week in a_week][:3] == [49, 0, 14]


def test_mails_are_by_those_that_reached_their_receivers() -> None:
    sent = {"template": "hello", "sent": 110, "delivered": 100, "reached": 100, "opened": 30, "clicked": 5}
    store(KpiMessage, {"day": FIRST} | sent)
    store(KpiMessage, {"day": MIDDLE, "template": "hello", "sent": 60, "reached": 50, "opened": 15})
    rate = value("open_rate", "cohort")
    assert (rate.value, rate.numerator, rate.denominator) == (0.3, 45, 150)
    assert value("bounce_rate", "cohort").denominator == 170


def test_stalled_leads_are_those_of_the_last_day_and_time_in_stage_is_of_all_days() -> None:
    stage = {"stage": "mql", "moved_on": 2, "moved_on_days": 9.0}
    store(KpiFunnel, {"day": FIRST, "standing": 9, "stalled": 9} | stage)
    store(KpiFunnel, {"day": MIDDLE, "standing": 4, "stalled": 3, "standing_days": 10.0, "entered": 1} | stage)
    assert value("stalled_leads").value == 3
    assert value("time_in_stage").value == 4.5
    with engine().connect() as connection:
        mql = next(stage for stage in read_funnel(connection, Question(MARCH)) if stage.stage == "mql")
    assert (mql.entered, mql.moved_on, mql.standing, mql.stalled) == (1, 4, 4, 3)
    assert (mql.mean_days, mql.mean_standing_days) == (4.5, 2.5)


def test_who_still_waits_for_an_answer_is_counted_in_the_response_time() -> None:
    a_run()
    asked = COUNTED_AT - timedelta(days=10)
    for contact, seconds in enumerate((300, 1_200, 3_600, None), start=1):
        about = {"contact_id": contact, "ref": f"follow_up:{contact}", "at": asked, "day": asked.date()}
        store(KpiFact, about | {"measure": "request"})
        if seconds:
            store(KpiFact, about | {"measure": "first_contact", "value": float(seconds)})
    with engine().connect() as connection:
        [contact_times] = read_response(connection, Question(MARCH)).contact
    assert (contact_times.requests, contact_times.followed_up, contact_times.never) == (4, 3, 1)
    assert contact_times.median is not None
    assert contact_times.median.time == 1_200
    assert contact_times.p90 is None  # a quarter of them has had nothing so far
    assert contact_times.within(1_800) == 2
    median = value("response_time", "cohort")
    assert (median.value, median.n, median.is_small) == (1_200, 4, True)


def test_the_time_to_buy_counts_those_who_have_not_bought() -> None:
    a_run()
    daily(FIRST, "lead", 10)
    daily(MIDDLE, "customer", 6)
    cohort(FIRST, "lead", "customer", 10, 4)
    cohort(FIRST, "lead", "customer", 20, 2)
    cohort(FIRST, "lead", "bought", 10, 4, dimension="product", member="session")
    with engine().connect() as connection:
        any_product, session = read_time_to_buy(connection, Question(MARCH))
    assert any_product.mean == pytest.approx((4 * 10 + 2 * 20) / 6)
    assert any_product.of_all is not None
    assert any_product.of_all.half_of_leads is not None
    assert any_product.of_all.half_of_leads.time == 20
    assert (session.product, session.waits.n, session.waits.happened_count) == ("session", 10, 4)
    assert session.of_all is not None
    assert session.of_all.half_of_leads is None
    median = value("time_to_buy", "cohort")
    assert (median.value, median.n) == (20, 10)
    assert value("time_to_buy").value == pytest.approx(80 / 6)


def test_a_median_that_hangs_on_a_few_leads_is_reported_nowhere() -> None:
    a_run()
    daily(FIRST, "lead", 3)
    daily(date(2026, 3, 30), "lead", 97)
    cohort(date(2026, 3, 30), "lead", "customer", 1, 1)
    cohort(FIRST, "lead", "customer", 20, 3)  # all of the three whom we have known for so long
    with engine().connect() as connection:
        [any_product] = read_time_to_buy(connection, Question(MARCH))
    assert any_product.of_all is not None
    assert any_product.of_all.half_of_leads is value("time_to_buy", "cohort").value is None


def test_retention_is_of_those_who_were_customers_when_the_period_began() -> None:
    daily(date(2026, 1, 5), "new_customer", 200)
    daily(MIDDLE, "new_customer", 50)
    daily(date(2026, 1, 25), "lost_customer", 10)
    cohort(date(2026, 1, 5), "new_customer", "lost_customer", 20, 10)  # in January
    cohort(date(2026, 1, 5), "new_customer", "lost_customer", 70, 19)  # in March
    cohort(MIDDLE, "new_customer", "lost_customer", 3, 5)  # won and lost in March
    rate = value("retention")
    assert (rate.value, rate.denominator) == (0.9, 190)
    assert rate.reading is Reading.PERIOD
