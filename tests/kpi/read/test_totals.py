"""What is read from months that are added up is what their days add up to, to the last digit."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection

from models.database import engine
from models.kpi.period import Period
from models.kpi.read import (
    Question,
    question_of,
    read_requests_by_hour,
    read_response,
    read_series,
    read_teams,
    read_values,
)
from models.kpi.read.fields import read_conversion_by_field
from models.kpi.read.stretches import stretches
from models.playbook import current_playbook
from models.tables.kpi import Dimension, KpiName
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.random_business import ACTIONS, Business
from tests.support.reports import report

ZONE = "America/New_York"
PERIODS = (
    Period(date(2026, 3, 1), date(2026, 5, 31)),
    Period(date(2026, 3, 17), date(2026, 6, 9)),
    Period(date(2026, 4, 1), date(2026, 4, 30)),
    Period(date(2026, 2, 20), date(2026, 4, 2)),
    Period(date(2026, 5, 5), date(2026, 5, 20)),
)
CUTS = (Dimension.ALL, Dimension.PERSON, Dimension.PRODUCT)
SERIES = (KpiName.LEADS, KpiName.CLOSING_RATE, KpiName.TIME_TO_BUY, KpiName.REVENUE)


@pytest.fixture
def known(make_story: Callable[..., Any]) -> list[datetime]:
    """Three months of a business to which anything happens; the moments of its reports."""
    make_story()
    apply_playbook()
    business = Business(7)
    moments = []
    for number in range(48):
        business.pass_hours(90)
        business.happens(ACTIONS[number % len(ACTIONS)])
        business.happens("form")
        if number % 16 == 15:
            moments.append(report(business.now).known_at)
    return moments


def questions(known: list[datetime]) -> Iterator[Question]:
    """Of everybody and of a team, of several periods, now and as known at each report."""
    [team] = rows("SELECT team_id FROM kpi_daily WHERE team_id > 0 LIMIT 1")
    found = rows("SELECT known_at, totals_through, has_day_waits FROM kpi_run")
    gathered = {row.known_at: (row.totals_through, row.has_day_waits) for row in found}
    for at, period, team_id in product([*known[:-1], None], PERIODS, (0, team.team_id)):
        yield Question(period, team_id, at, *gathered[at or known[-1]])


def answers(connection: Connection, question: Question) -> dict[str, Any]:
    """Everything that is read of months."""
    response = read_response(connection, question, Dimension.PERSON)
    fields = current_playbook(connection).fields
    hours = read_requests_by_hour(connection, question, ZONE)
    return {
        **{dimension: read_values(connection, question, dimension) for dimension in CUTS},
        "teams": read_teams(connection, question),
        "months": [read_series(connection, question, kpi, "month") for kpi in SERIES],
        "response": [
            (one.member, one.requests, one.followed_up, one.median, one.p90, one.shares())
            for goal in vars(response).values()
            for one in goal
        ],
        # What leads said then is kept by the report alone.
        "fields": None if question.known_at else read_conversion_by_field(connection, question, fields),
        "hours": (hours.came.tolist(), hours.soon.tolist()),
    }


def test_months_that_are_added_up_say_what_their_days_say(known: list[datetime]) -> None:
    asked = list(questions(known))
    assert len({question.totals_through for question in asked}) > 1
    assert all(question.has_day_waits for question in asked)
    with engine().connect() as connection:
        for question in asked:
            by_days = replace(question, totals_through=None)
            in_all = answers(connection, question)
            assert in_all == answers(connection, by_days)
            assert in_all == answers(connection, replace(by_days, has_day_waits=False))


def test_a_report_from_before_requests_were_gathered_by_day_is_read_as_before(known: list[datetime]) -> None:
    def requests(at: datetime) -> list[int]:
        with engine().connect() as connection:
            asked = question_of(connection, PERIODS[0], known_at=at)
            return [one.requests for one in read_response(connection, asked, Dimension.PERSON).contact]

    reported = requests(known[1])
    assert sum(reported) > 0
    write("DELETE FROM kpi_wait_day")
    write("UPDATE kpi_run SET has_day_waits = false")
    assert requests(known[1]) == reported


def test_the_first_run_that_gathers_requests_by_day_gathers_those_of_all_days(known: list[datetime]) -> None:
    gathered = "SELECT day, team_id, rep_id, requests, contact, no_talk FROM kpi_wait_day WHERE known_until IS NULL"
    before = rows(f"{gathered} ORDER BY 1, 2, 3")
    write("DELETE FROM kpi_wait_day")
    write("UPDATE kpi_run SET has_day_waits = false")
    report(known[-1] + timedelta(seconds=1))
    assert rows(f"{gathered} ORDER BY 1, 2, 3") == before


def test_the_rows_of_a_day_are_stored_side_by_side(known: list[datetime]) -> None:
    found = rows("SELECT day FROM kpi_cohort WHERE known_from = :at AND known_until IS NULL ORDER BY ctid", at=known[0])
    assert len({row.day for row in found}) > 1
    assert [row.day for row in found] == sorted(row.day for row in found)


def test_a_report_that_added_nothing_up_is_read_by_its_days() -> None:
    assert stretches(PERIODS[0], None).days == (PERIODS[0],)


@pytest.mark.parametrize(
    ("period", "months", "days"),
    [
        (PERIODS[0], (date(2026, 3, 1), date(2026, 4, 30)), [(date(2026, 5, 1), date(2026, 5, 31))]),
        (PERIODS[2], (date(2026, 4, 1), date(2026, 4, 30)), []),
        (
            Period(date(2025, 12, 31), date(2026, 4, 15)),
            (date(2026, 1, 1), date(2026, 3, 31)),
            [(date(2025, 12, 31), date(2025, 12, 31)), (date(2026, 4, 1), date(2026, 4, 15))],
        ),
        (Period(date(2026, 3, 2), date(2026, 4, 29)), None, [(date(2026, 3, 2), date(2026, 4, 29))]),
        (Period(date(2026, 5, 1), date(2026, 5, 31)), None, [(date(2026, 5, 1), date(2026, 5, 31))]),
    ],
)
def test_a_period_is_the_whole_months_in_it_and_the_days_beside_them(period: Period, months: Any, days: Any) -> None:
    found = stretches(period, date(2026, 4, 30))
    assert found.months == (Period(*months) if months else None)
    assert found.days == tuple(Period(*one) for one in days)
