"""The daily check: at its end of day a team's manager reads who followed up which leads."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.database import engine
from models.response.daily_check import next_check
from models.response.team_calendar import TeamCalendar
from tests.support.daily_check import END, call_some, four_leads, the_day
from tests.support.lead_response import (
    DAY,
    HOUR,
    MINUTE,
    NORA,
    a_business,
    a_story,
    report,
    send_daily_checks,
    team_mails,
)
from tests.support.mail.outbox import NOON, a_rep
from tests.support.story import Story


@pytest.fixture
def story(database_url: str) -> Story:
    return four_leads()


def test_each_person_is_counted_and_the_team(story: Story) -> None:
    call_some(story)

    people = {one.name: one for one in the_day().people}
    assert sum(one.leads for one in people.values()) == 4
    sarah, john, mike = (people[name] for name in ("Sarah Miller", "John Okafor", "Mike Brandt"))
    assert (sarah.complete, sarah.percent_followed_up, sarah.in_time, sarah.time_to_contact) == (
        True,
        100,
        sarah.leads,
        3 * MINUTE,
    )
    assert (john.percent_followed_up, john.in_time, john.time_to_contact) == (100, 0, 40 * MINUTE)
    assert (mike.percent_followed_up, mike.complete, mike.time_to_contact) == (0, False, None)
    assert (mike.load.open_tasks, mike.load.overdue_tasks) == (mike.leads, mike.leads)
    assert the_day().total.followed_up == 4 - mike.leads
    assert {claim.rep_name for claim in the_day().unfollowed} == {"Mike Brandt"}


def test_time_is_told_by_the_clock_and_by_working_hours(database_url: str) -> None:
    a_business()
    story = a_story(NOON + 4 * HOUR + 50 * MINUTE)  # ten minutes before they go home
    ann = story.contact()
    story.happens("form_submitted", "request-call", contact=ann)
    report("first call", "Had Call: Not Interested", ann, NOON + DAY - 3 * HOUR + 2 * MINUTE)

    total = the_day(now=NOON + DAY).total
    assert (total.time_to_contact, total.working_time_to_contact) == (16 * HOUR + 12 * MINUTE, 12 * MINUTE)
    assert (total.time_to_conversation, total.working_time_to_conversation) == (
        total.time_to_contact,
        total.working_time_to_contact,
    )
    assert total.in_time == 0


def test_the_manager_gets_it_at_the_teams_end_of_day_once(story: Story) -> None:
    sent = {minute: found for minute in range(0, 480, 15) if (found := send_daily_checks(NOON + minute * MINUTE))}

    assert sent == {330: ["Inbound", "Client Care"]}
    assert [(to, data["team"], data["date"]) for to, data in team_mails("daily_check")] == [
        (NORA, "Inbound", "Monday 2 March"),
        (NORA, "Client Care", "Monday 2 March"),
    ]


def test_each_team_has_its_own_end_of_day(story: Story) -> None:
    story.write("UPDATE team SET time_zone = 'America/Los_Angeles' WHERE name = 'Client Care'")

    assert [send_daily_checks(END), send_daily_checks(END + 3 * HOUR)] == [["Inbound"], ["Client Care"]]


def test_what_an_outage_missed_comes_with_its_own_date_and_only_the_newest(story: Story) -> None:
    assert send_daily_checks(END + 12 * HOUR) == ["Inbound", "Client Care"]
    assert team_mails("daily_check")[0][1]["date"] == "Monday 2 March"
    assert send_daily_checks(END + 3 * DAY + HOUR) == ["Inbound", "Client Care"]
    assert team_mails("daily_check")[2][1]["date"] == "Thursday 5 March"


def test_a_weekend_belongs_to_monday(story: Story) -> None:
    story.now = NOON + 5 * DAY
    story.happens("form_submitted", "request-call", contact=story.contact("eva@example.com", owner_id=a_rep()))
    friday, monday = END + 4 * DAY, NOON + 7 * DAY + 4 * HOUR + 30 * MINUTE  # summer time has begun

    send_daily_checks(friday)
    assert send_daily_checks(NOON + 6 * DAY) == []
    assert send_daily_checks(monday) == ["Inbound", "Client Care"]
    _, _, (_, inbound), _ = team_mails("daily_check")
    assert (inbound["date"], inbound["total"]["leads"]) == ("Monday 9 March", 1)


def test_two_at_once_send_it_once(story: Story) -> None:
    send_daily_checks(END)
    send_daily_checks(END - MINUTE)  # a clock that was set back
    send_daily_checks(END + MINUTE)

    assert len(team_mails("daily_check")) == 2


def test_an_installation_without_any_lead_has_nothing_to_check(database_url: str) -> None:
    a_business()

    assert send_daily_checks(END) == []
    with engine().connect() as connection:
        assert next_check(connection, NOON) == END
    send_daily_checks(END)
    with engine().connect() as connection:
        assert next_check(connection, END) == END + DAY


def test_the_clock_knows_when_to_look(story: Story) -> None:
    with engine().connect() as connection:
        assert next_check(connection, NOON) is not None
    send_daily_checks(NOON)  # the Friday before has no leads, and is over
    with engine().connect() as connection:
        assert next_check(connection, NOON) == END
    send_daily_checks(END)
    with engine().connect() as connection:
        assert next_check(connection, END) == END + DAY


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
TEAM = st.builds(
    TeamCalendar,
    id=st.just(1),
    name=st.just("Inbound"),
    manager=st.just(NORA),
    zone=st.sampled_from(["America/New_York", "Pacific/Auckland", "UTC"]),
    end=st.sampled_from([time(0, 30), time(17, 30), time(23, 45)]),
    weekdays=st.frozensets(st.integers(0, 6)),
    holidays=st.frozensets(DAYS, max_size=5),
)


@given(team=TEAM, moment=st.datetimes(datetime(2026, 2, 1), datetime(2027, 11, 1)))  # noqa: DTZ001  made aware below
def test_every_moment_belongs_to_exactly_one_working_day(team: TeamCalendar, moment: datetime) -> None:
    at = moment.replace(tzinfo=NOON.tzinfo)

    day = team.working_day_of(at)
    assert team.begin_of(day) < at <= team.end_of(day)
    assert team.working_day_after(team.working_day_before(day)) == day
    assert (
        team.end_of(team.last_ended(at))
        <= at
        < team.end_of(team.working_day_after(team.last_ended(at))) + timedelta(days=1)
    )
