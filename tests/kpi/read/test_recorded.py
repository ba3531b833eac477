"""What a business does not record is not measured: neither 0% nor 100%, but a sentence about what to do."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flows.operations.leads.import_opportunities import import_opportunity_file
from models.database import engine
from models.kpi.definitions import KPIS
from models.kpi.definitions.recording import recordings
from models.kpi.goals import Status, read_goals
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, read_series, read_values
from models.playbook import apply
from models.playbook.reports import Goal
from models.tables.kpi import KpiMessage, KpiName, Reading
from tests.support.database import write
from tests.support.kpi_tables import COUNTED_AT, daily, store
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.reports import report

FEBRUARY = Period(date(2026, 2, 1), date(2026, 2, 28))
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
DEALS = """opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
A1,Ann Lee,GTX Pro,Acme Corp,Won,2026-03-02,2026-03-20,4800
A2,Ann Lee,GTX Pro,Acme Corp,Lost,2026-03-03,2026-03-21,0
A3,Bob Ray,MG Special,Lund,Engaging,2026-03-05,,
"""
NOT_OF_DEALS = {
    KpiName.CONNECTIONS,
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.QUALIFIED_SHARE,
    KpiName.TOUCHES,
    KpiName.OFFERS,
    KpiName.OFFER_ACCEPTANCE,
    KpiName.OFFER_DECLINES,
    KpiName.OFFER_TIMEOUTS,
    KpiName.RETENTION,
    KpiName.RESPONSE_TIME,
    KpiName.WORKING_RESPONSE_TIME,
    KpiName.TIME_TO_TALK,
    KpiName.FOLLOW_UP_SHARE,
    KpiName.IN_SERVICE_LEVEL,
    KpiName.CONTACTED_IN_5M,
    KpiName.CONTACTED_IN_15M,
    KpiName.CONTACTED_IN_30M,
    KpiName.CONTACTED_IN_1H,
    KpiName.CONTACTED_IN_24H,
    KpiName.OPEN_RATE,
    KpiName.CLICK_RATE,
    KpiName.BOUNCE_RATE,
}
"""What a business that imports its deals, and does all else elsewhere, does not measure here."""


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def value(kpi: KpiName, reading: Reading = Reading.PERIOD, period: Period = MARCH) -> KpiValue:
    with engine().connect() as connection:
        found = read_values(connection, Question(period), kpis=(kpi,))
    return next(one for one in found if one.reading is reading)


def test_a_business_that_imports_deals_has_no_connection_rate_rather_than_none_connected(tmp_path: Path) -> None:
    goals = tuple(Goal(kpi=kpi, target="60%") for kpi in (KpiName.CONNECTION_RATE, KpiName.WIN_RATE))
    shipped = the_shipped_playbook()
    with engine().begin() as connection:
        apply(connection, shipped.model_copy(update={"reports": shipped.reports.model_copy(update={"goals": goals})}))
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    import_opportunity_file(path, "csv", ())
    report(datetime.now(UTC))
    with engine().connect() as connection:
        values = read_values(connection, Question(MARCH))
        of_goals = read_goals(connection, date(2026, 4, 1), currency="USD")
    assert {one.kpi for one in values if one.not_recorded} == NOT_OF_DEALS
    assert {one.value for one in values if one.not_recorded} == {None}
    rate = next(one for one in values if one.kpi is KpiName.CONNECTION_RATE)
    assert rate.not_recorded is not None
    assert rate.not_recorded.in_words() == (
        "Not measured here: no call or other attempt to reach a lead had been recorded by then. "
        "Report the outcomes of tasks, or let the phone system tell of its calls."
    )
    statuses = {goal.kpi: goal.periods[0].status for goal in of_goals}
    assert statuses[KpiName.CONNECTION_RATE] is Status.NOT_MEASURED
    assert statuses[KpiName.WIN_RATE] is Status.MISSED


def test_calls_that_nobody_answered_make_it_0() -> None:
    daily(MARCH.first, "opportunity", 40)
    daily(MARCH.first, "touch", 90)
    assert (value(KpiName.CONNECTION_RATE).value, value(KpiName.CONNECTION_RATE).not_recorded) == (0, None)
    assert value(KpiName.CONNECTIONS).value == 0


def test_a_win_rate_of_100_percent_is_not_claimed_where_losses_are_not_recorded() -> None:
    daily(MARCH.first, "opportunity", 40)
    daily(MARCH.first, "won", 12, amount=900, currency="USD", value=100)
    assert value(KpiName.WIN_RATE).value is None
    assert value(KpiName.PIPELINE_VELOCITY).value is None
    daily(MARCH.last, "lost", 4)
    assert value(KpiName.WIN_RATE).value == 0.75


def test_what_was_before_the_first_record_stays_not_measured_also_in_a_series() -> None:
    daily(FEBRUARY.first, "opportunity", 40)
    daily(MARCH.first, "opportunity", 40)
    daily(MARCH.last, "touch", 1)
    assert value(KpiName.CONNECTION_RATE, period=FEBRUARY).value is None
    both = Question(Period(FEBRUARY.first, MARCH.last))
    with engine().connect() as connection:
        series = read_series(connection, both, KpiName.CONNECTION_RATE, "month")
    assert [one.value for one in series if one.reading is Reading.PERIOD] == [None, 0]
    # Who of the opportunities of February was called in March is known.
    assert value(KpiName.CONNECTION_RATE, Reading.COHORT, FEBRUARY).value == 0


def test_as_known_on_a_past_day_it_is_measured_as_far_as_it_was_then() -> None:
    daily(MARCH.first, "opportunity", 40)
    daily(MARCH.first, "touch", 10)
    then = COUNTED_AT + timedelta(days=1)
    write("UPDATE kpi_daily SET known_from = :later WHERE measure = 'touch'", later=then + timedelta(days=1))
    with engine().connect() as connection:
        asked = Question(MARCH, known_at=then)
        [rate, *_] = read_values(connection, asked, kpis=(KpiName.CONNECTION_RATE,))
    assert rate.not_recorded is not None
    assert value(KpiName.CONNECTION_RATE).value == 0
    # What was taken back since was there then.
    write(
        "UPDATE kpi_daily SET known_from = :first, known_until = :later",
        first=COUNTED_AT,
        later=then + 2 * (then - COUNTED_AT),
    )
    with engine().connect() as connection:
        [rate, *_] = read_values(connection, asked, kpis=(KpiName.CONNECTION_RATE,))
    assert rate.value == 0


def test_mails_of_a_mailer_that_tells_of_no_opens_have_no_open_rate() -> None:
    store(KpiMessage, {"day": MARCH.first, "template": "welcome", "sent": 50, "reached": 50})
    assert value(KpiName.OPEN_RATE, Reading.COHORT).value is None
    assert value(KpiName.UNSUBSCRIBE_RATE, Reading.COHORT).value == 0
    store(KpiMessage, {"day": MARCH.last, "template": "welcome", "sent": 50, "reached": 50, "bot_opened": 3})
    assert value(KpiName.OPEN_RATE, Reading.COHORT).value == 0


def test_only_leads_and_stages_need_nothing() -> None:
    without = {kpi.name for kpi in KPIS if not any(recordings(how) for how in kpi.readings().values())}
    assert without == {
        KpiName.LEADS,
        KpiName.LEADS_PER_WEEK,
        KpiName.TIME_IN_STAGE,
        KpiName.STALLED_LEADS,
        KpiName.UNSUBSCRIBE_RATE,
    }
