"""The chapter about mails: rates with their ranges, over four weeks, by journey, and beside the time before."""

from datetime import date, timedelta

import pytest

from models.database import engine
from models.kpi.contribution.read import MailCounts, MailsReading, read_mails, read_rolling
from models.kpi.period import Period
from models.kpi.read.question import Question
from models.tables.kpi import KpiMessage
from tests.support.kpi_tables import COUNTED_AT, store

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _tables(database_url: str) -> None:
    pass


def read(period: Period = MARCH) -> MailsReading:
    with engine().connect() as connection:
        return read_mails(connection, Question(period))


def mails(day: date, sent: int, template: str = "welcome/hello", journey: str = "welcome", **columns: object) -> None:
    row = {"day": day, "template": template, "journey": journey, "sent": sent, "reached": sent}
    store(KpiMessage, row | columns)


def test_rates_are_of_what_arrived_and_carry_their_range() -> None:
    mails(MARCH.first, 100, delivered=80, reached=80, opened=20, clicked=4, bounced=10, unsubscribed=2, replied=8)
    total = read().total
    assert total.open_rate is not None
    assert (total.open_rate.value, total.open_rate.of, total.open_rate.is_small) == (0.25, 80, False)
    low, high = total.open_rate.interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.168, 0.355)
    assert total.click_rate is not None
    assert total.click_rate.value == 0.05
    assert (total.bounce_rate.value, total.unsubscribe_rate.value, total.reply_rate.value) == (0.1, 0.025, 0.1)
    assert total.delivery_rate is not None
    assert total.delivery_rate.value == 0.8


def test_nothing_sent_has_no_rates_and_no_error() -> None:
    found = read()
    assert found.lines == ()
    assert (found.total, found.baseline, found.rolling) == (MailCounts(), None, ())
    assert found.total.bounce_rate.value is None
    assert found.total.bounce_rate.interval is None


def test_where_nobody_and_no_program_opened_any_of_many_mails_opens_are_not_tracked() -> None:
    mails(MARCH.first, 30)
    assert read().total.open_rate is None
    assert read().total.delivery_rate is None
    mails(MARCH.first + DAY, 1, bot_opened=1)
    rate = read().total.open_rate
    assert rate is not None
    assert (rate.value, rate.of) == (0.0, 31)


def test_of_few_mails_none_opened_is_none_opened() -> None:
    mails(MARCH.first, 5)
    rate = read().total.open_rate
    assert rate is not None
    assert (rate.value, rate.is_small) == (0.0, True)


def test_each_mail_variant_and_journey_has_its_own_line_beside_the_month_before() -> None:
    mails(MARCH.first, 10, variant="plain", opened=1)
    mails(MARCH.first, 12, variant="question", opened=6)
    mails(MARCH.last, 3, "nurture/article", "lead_nurture")
    mails(MARCH.first - DAY, 4, variant="plain", opened=4)
    found = read()
    assert [(one.template, one.variant, one.now.sent, one.before.sent) for one in found.lines] == [
        ("welcome/hello", "question", 12, 0),
        ("welcome/hello", "plain", 10, 4),
        ("nurture/article", "", 3, 0),
    ]
    assert [(one.journey, one.now.sent, one.before.sent) for one in found.funnels] == [
        ("welcome", 22, 4),
        ("lead_nurture", 3, 0),
    ]
    assert (found.total.sent, found.before.sent) == (25, 4)


def test_rates_over_time_are_of_the_four_weeks_up_to_each_day() -> None:
    mails(MARCH.first - 27 * DAY, 10, opened=10)
    mails(MARCH.first, 10, opened=0)
    mails(MARCH.first + 2 * DAY, 20, "nurture/article", "lead_nurture", opened=5)
    rolling = {one.day: (one.counts.opened, one.counts.reached) for one in read().rolling}
    assert rolling[MARCH.first] == (10, 20)
    assert rolling[MARCH.first + DAY] == (0, 10)
    assert rolling[MARCH.first + 2 * DAY] == (5, 30)
    # Four weeks after the last mail there is nothing to tell.
    assert max(rolling) == MARCH.first + 29 * DAY
    with engine().connect() as connection:
        of_journey = read_rolling(connection, Question(MARCH), journey="lead_nurture")
        of_mail = read_rolling(connection, Question(MARCH), template="welcome/hello")
    assert of_journey[0].day == MARCH.first + 2 * DAY
    assert of_mail[-1].day == MARCH.first + 27 * DAY


def test_long_periods_have_a_rate_for_each_week() -> None:
    year = Period(date(2025, 4, 1), date(2026, 3, 31))
    for number in range(0, 365, 5):
        mails(year.first + number * DAY, 10, opened=3)
    rolling = read(year).rolling
    assert 50 <= len(rolling) <= 53
    assert rolling[-1].day == year.last


def test_the_baseline_month_is_what_later_ones_are_compared_with() -> None:
    mails(date(2026, 1, 20), 5, opened=5)
    mails(date(2026, 2, 10), 40, opened=10)
    mails(date(2026, 3, 10), 40, opened=20)
    found = read()
    assert found.baseline_period == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert found.baseline is not None
    assert (found.baseline.opened, found.baseline.reached) == (10, 40)
    assert read(found.baseline_period).baseline is None


def test_what_was_reported_on_a_past_day_is_read_as_it_was() -> None:
    mails(MARCH.first, 10, opened=3, known_until=COUNTED_AT + 2 * DAY)
    mails(MARCH.first, 10, opened=7, known_from=COUNTED_AT + 2 * DAY)
    with engine().connect() as connection:
        then = read_mails(connection, Question(MARCH, known_at=COUNTED_AT + DAY))
    assert (then.total.opened, then.rolling[0].counts.opened, read().total.opened) == (3, 3, 7)
