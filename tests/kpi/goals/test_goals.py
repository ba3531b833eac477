"""Goals of a playbook over weeks and months, from the KPI tables."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.database import engine
from models.kpi.goals import GoalReading, Status, count_goals, read_goals
from models.kpi.totals import count_monthly
from models.kpi.versions import VersionCount
from models.kpi.window import CountingWindow
from models.playbook import Playbook, apply, current_playbook
from models.playbook.reports import Goal
from tests.support.database import rows, write
from tests.support.kpi_tables import a_run, daily
from tests.support.playbook import the_shipped_playbook

INBOUND = "Inbound"
SARAH = "sarah.miller@brightwater.example.com"
APRIL = datetime(2026, 4, 15, 4, 40, tzinfo=UTC)
"""The night after the 14th of April, in New York."""


def set_goals(*goals: dict[str, Any], at: datetime | None = None) -> Playbook:
    """The shipped playbook with these goals in place of its own."""
    shipped = the_shipped_playbook()
    reports = shipped.reports.model_copy(update={"goals": tuple(Goal.model_validate(goal) for goal in goals)})
    playbook = shipped.model_copy(update={"reports": reports})
    with engine().begin() as connection:
        apply(connection, playbook)
    if at is not None:
        write("UPDATE playbook SET applied_at = :at WHERE id = (SELECT max(id) FROM playbook)", at=at)
    return playbook


def count(
    now: datetime = APRIL, *, before: datetime | None = None, is_full: bool = True, touched: Sequence[date] = ()
) -> VersionCount:
    with engine().begin() as connection:
        window = CountingWindow(
            playbook=current_playbook(connection),
            known_at=now,
            known_before=before,
            first=now.date(),
            last=now.date(),
            is_full=is_full,
            touched=touched,
        )
        # As in a run, months that are over are added up first.
        count_monthly(connection, window)
        return count_goals(connection, window)


def goals(now: datetime = APRIL, **asked: Any) -> list[GoalReading]:
    with engine().connect() as connection:
        return read_goals(connection, now.date(), currency="USD", **asked)


def months_of_talks(*talks: int, first: date = date(2026, 1, 1), of: int = 100, **columns: Any) -> None:
    """So many talks a month, for as many opportunities each."""
    for number, talked in enumerate(talks):
        day = date(first.year, first.month + number, 1)
        daily(day, "opportunity", of, **columns)
        daily(day + timedelta(days=8), "opportunity_connected", talked, **columns)


@pytest.fixture(autouse=True)
def _(database_url: str) -> None:
    set_goals({"kpi": "connection_rate", "target": "60%"}, at=datetime(2026, 1, 1, tzinfo=UTC))


def test_every_month_since_there_are_data_is_judged() -> None:
    months_of_talks(67, 58, 66, 20)
    count()
    [goal] = goals()
    assert [(one.period.first.month, one.status, one.reached) for one in goal.periods] == [
        (1, Status.MET, 0.67),
        (2, Status.MISSED, 0.58),
        (3, Status.MET, 0.66),
        (4, Status.BEHIND, 0.2),
    ]
    assert [one.is_chance for one in goal.periods] == [True, True, True, False]
    assert (goal.now.period.last, goal.is_running, goal.whose) == (date(2026, 4, 30), True, "Everybody")
    assert goal.in_words(goal.periods[1]) == "missed, within chance"
    assert goal.trend_in_words() == "67% in the first month, 66% in the last (1% less)"


def test_a_month_in_the_middle_of_which_data_begin_is_not_judged() -> None:
    months_of_talks(50, first=date(2026, 2, 1))
    write("UPDATE kpi_daily SET day = day + 10")
    count()
    [goal] = goals()
    assert [one.period.first.month for one in goal.periods] == [3, 4]


def test_a_goal_of_a_team_and_of_a_person_go_by_their_own_numbers() -> None:
    set_goals(
        {"kpi": "connection_rate", "target": "60%", "team": INBOUND},
        {"kpi": "connection_rate", "target": "60%", "person": SARAH},
        {"kpi": "orders", "target": 6, "per": "week"},
    )
    [team] = rows("SELECT id FROM team WHERE name = :name", name=INBOUND)
    [sarah] = rows("SELECT id FROM rep WHERE email = :email", email=SARAH)
    months_of_talks(40)
    months_of_talks(70, team_id=team.id)
    months_of_talks(9, of=10, team_id=team.id, dimension="person", member=str(sarah.id))
    daily(date(2026, 4, 14), "sale", 2, amount=200, currency="USD")
    daily(date(2026, 4, 13), "sale", 1, amount=90, currency="EUR")
    count()
    found = {(goal.kpi.value, goal.whose): goal for goal in goals()}
    assert found["connection_rate", INBOUND].periods[0].reached == 0.7
    assert found["connection_rate", "Sarah Miller"].periods[0].reached == 0.9
    week = found["orders", "Everybody"]
    assert (week.now.reached, week.now.status) == (3, Status.ON_TRACK)  # 2 of 7 days are gone, and 6 are wanted
    assert {goal.whose for goal in goals(team_id=team.id)} == {INBOUND, "Sarah Miller"}
    assert {goal.whose for goal in goals(team_id=0)} == {"Everybody"}


def test_when_one_is_met_a_stricter_one_is_proposed_as_a_line_of_the_playbook() -> None:
    months_of_talks(61, 66, 68)
    count()
    [goal] = goals()
    assert goal.proposed == 0.66
    assert goal.proposal_in_words() == (
        "Met in the last two months (the last ones reached 61%, 66%, 68%). 66% was reached in 2 of the last 3 months: "
        "make it the goal."
    )
    assert goal.playbook_line() == "- {kpi: connection_rate, target: 66%, per: month}"


def test_a_stricter_goal_leaves_the_past_as_it_was_judged() -> None:
    months_of_talks(61, 66, 68)
    count()
    set_goals({"kpi": "connection_rate", "target": "66%"}, at=datetime(2026, 4, 2, tzinfo=UTC))
    count(APRIL + timedelta(hours=1))
    [goal] = goals()
    assert [(one.target, one.status) for one in goal.periods] == [
        (0.6, Status.MET),
        (0.6, Status.MET),
        (0.6, Status.MET),
        (0.66, Status.NO_DATA),
    ]
    assert goal.proposed is None


def test_a_team_that_is_called_otherwise_since_is_judged_by_the_target_of_then() -> None:
    def named(name: str, target: str, at: datetime) -> None:
        shipped = the_shipped_playbook()
        goal = Goal.model_validate({"kpi": "connection_rate", "target": target, "team": name})
        teams = tuple(
            team.model_copy(update={"name": name}) if team.name == INBOUND else team for team in shipped.teams
        )
        reports = shipped.reports.model_copy(update={"goals": (goal,)})
        with engine().begin() as connection:
            apply(connection, shipped.model_copy(update={"teams": teams, "reports": reports}))
        write("UPDATE playbook SET applied_at = :at WHERE id = (SELECT max(id) FROM playbook)", at=at)

    named(INBOUND, "60%", datetime(2026, 1, 1, tzinfo=UTC))
    named("New Business", "70%", datetime(2026, 4, 2, tzinfo=UTC))
    [team] = rows("SELECT id FROM team WHERE name = 'New Business'")
    months_of_talks(65, 65, 65, team_id=team.id)
    months_of_talks(65, 65, 65)
    count()
    [goal] = goals()
    assert goal.whose == "New Business"
    assert [(one.target, one.status) for one in goal.periods] == [
        (0.6, Status.MET),
        (0.6, Status.MET),
        (0.6, Status.MET),
        (0.7, Status.NO_DATA),
    ]
    # Also where it was renamed in the database itself.
    write("UPDATE team SET name = 'Growth' WHERE name = 'New Business'")
    named("Growth", "75%", datetime(2026, 4, 3, tzinfo=UTC))
    count(APRIL + timedelta(hours=1))
    assert [one.target for one in goals()[0].periods] == [0.6, 0.6, 0.6, 0.75]


def test_what_begins_to_be_recorded_late_is_judged_anew_in_the_periods_between() -> None:
    for month in (1, 2, 3, 4):
        daily(date(2026, month, 1), "opportunity", 100)
    daily(date(2026, 3, 20), "touch", 5)
    count()
    assert [one.status for one in goals()[0].periods] == [
        *(Status.NOT_MEASURED, Status.NOT_MEASURED),
        *(Status.MISSED, Status.BEHIND),
    ]
    daily(date(2026, 1, 9), "touch", 5)
    write("UPDATE kpi_daily SET known_from = :now WHERE day = '2026-01-09'", now=APRIL + timedelta(hours=1))
    night = count(APRIL + timedelta(hours=1), before=APRIL, is_full=False, touched=[date(2026, 1, 9)])
    assert night.added == 2
    assert [one.status for one in goals()[0].periods][:3] == [Status.MISSED] * 3
    assert count(APRIL + timedelta(hours=2)) == VersionCount(0, 0)


def test_a_week_that_goes_on_into_the_next_month_is_not_in_the_review_of_this_one() -> None:
    set_goals({"kpi": "orders", "target": 2, "per": "week"}, at=datetime(2026, 1, 1, tzinfo=UTC))
    daily(date(2026, 3, 2), "sale", 1)
    daily(date(2026, 3, 24), "sale", 3)
    daily(date(2026, 4, 2), "sale", 9)
    april = datetime(2026, 4, 1, 11, 0, tzinfo=UTC)
    count(april)
    over = goals(april)[0].over_by(date(2026, 3, 31))
    count(APRIL)
    later = goals(APRIL)[0].over_by(date(2026, 3, 31))
    assert over is not None
    assert later is not None
    assert (over.now, over.is_running) == (later.now, later.is_running)
    assert (later.now.period.last, later.now.reached, later.last) == (date(2026, 3, 29), 3, later.now)
    assert goals(APRIL)[0].over_by(date(2026, 3, 1)) is None


def test_a_new_goal_has_its_past_beside_it() -> None:
    set_goals({"kpi": "orders", "target": 12}, at=datetime(2026, 4, 10, tzinfo=UTC))
    daily(date(2026, 1, 3), "sale", 14)
    count()
    [goal] = goals()
    assert [(one.period.first.month, one.target, one.status) for one in goal.periods[:2]] == [
        (1, 12, Status.MET),
        (2, 12, Status.MISSED),
    ]


def test_a_goal_that_is_taken_out_is_gone_and_its_past_stays_in_the_table() -> None:
    months_of_talks(61, 66, 68)
    count()
    set_goals({"kpi": "orders", "target": 12}, at=datetime(2026, 4, 10, tzinfo=UTC))
    count(APRIL + timedelta(hours=1))
    assert [goal.kpi for goal in goals()] == ["orders"]
    past = rows("SELECT first_day FROM kpi_goal WHERE kpi = 'connection_rate' AND known_until IS NULL")
    assert len(past) == 3


def test_counting_again_changes_nothing_and_a_late_event_changes_its_own_month() -> None:
    months_of_talks(61, 50, 68, 1)
    assert count().added == 4
    assert count(APRIL + timedelta(hours=1)) == VersionCount(0, 0)
    write("UPDATE kpi_daily SET count = 65 WHERE measure = 'opportunity_connected' AND day = '2026-02-09'")
    nightly = count(APRIL + timedelta(hours=2), before=APRIL, is_full=False, touched=[date(2026, 2, 9)])
    assert nightly.added >= 1
    assert count(APRIL + timedelta(hours=3)) == VersionCount(0, 0)
    then = goals(known_at=APRIL + timedelta(hours=1))[0].periods[1]
    assert (then.reached, goals()[0].periods[1].reached) == (0.5, 0.65)


def test_a_night_finds_what_a_full_count_finds() -> None:
    months_of_talks(61, 66, 68, 20)
    before = None
    for day in range(28, 47):
        now = datetime(2026, 3, 1, 4, 40, tzinfo=UTC) + timedelta(days=day)
        if day == 40:
            daily(date(2026, 2, 11), "opportunity_connected", 3)  # told late
            playbook_at = now - timedelta(minutes=5)
            set_goals({"kpi": "connection_rate", "target": "60%"}, {"kpi": "orders", "target": 2}, at=playbook_at)
        count(now, before=before, is_full=False, touched=[date(2026, 2, 11)] if day == 40 else [])
        before = now
    assert count(now) == VersionCount(0, 0)


def test_months_that_are_over_are_read_from_their_sums() -> None:
    set_goals({"kpi": "orders", "target": 12}, at=datetime(2026, 1, 1, tzinfo=UTC))
    daily(date(2026, 1, 3), "sale", 14)
    daily(date(2026, 2, 5), "sale", 3)
    count()
    a_run(APRIL, totals_through=date(2026, 3, 31))
    write("DELETE FROM kpi_daily WHERE day = '2026-02-05'")
    set_goals({"kpi": "orders", "target": 12, "per": "quarter"}, at=APRIL + timedelta(minutes=5))
    count(APRIL + timedelta(hours=1), before=APRIL, is_full=False)
    [quarter] = [goal for goal in goals() if goal.per == "quarter"]
    assert quarter.periods[0].reached == 17


def test_before_anything_was_counted_there_is_no_goal_to_judge() -> None:
    assert count() == VersionCount(0, 0)
    assert goals() == []


def test_a_kpi_of_an_earlier_version_does_not_stop_the_run() -> None:
    months_of_talks(61)
    with engine().begin() as connection:
        insert = "INSERT INTO playbook (document, applied_at)"
        old = "jsonb_set(document, '{reports,goals,0,kpi}', '\"gone\"')"
        connection.execute(text(f"{insert} SELECT {old}, '2025-01-01' FROM playbook"))
        connection.execute(text(f"{insert} SELECT document, '2026-01-02' FROM playbook ORDER BY id LIMIT 1"))
    set_goals({"kpi": "connection_rate", "target": "60%"})
    assert count().added == 4
