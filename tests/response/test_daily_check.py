"""The daily check: at its end of day a team's manager reads who followed up which leads."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.database import engine
from models.response.daily_check import next_check
from models.response.workday import TeamDays
from tests.support.follow_up_day import END, call_some, four_leads, the_day
from tests.support.outbox import NOON, a_rep
from tests.support.response import DAY, HOUR, MINUTE, NORA, a_business, a_story, checks, report, team_mails
from tests.support.story import Story


@pytest.fixture
def story(database_url: str) -> Story:
    return four_leads()


def test_each_person_is_counted_and_the_team(story: Story) -> None:
    call_some(story)

    people = {one.name: one for one in the_day().people}
    assert sum(one.leads for one in people.values()) == 4
    sarah, john, mike = (people[name] for name in ("Sarah Miller", "John Okafor", "Mike Brandt"))
    assert (sarah.complete, sarah.share, sarah.in_time, sarah.until_contact) == (True, 100, sarah.leads, 3 * MINUTE)
    assert (john.share, john.in_time, john.until_contact) == (100, 0, 40 * MINUTE)
    assert (mike.share, mike.complete, mike.until_contact) == (0, False, None)
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
    assert (total.until_contact, total.worked_until_contact) == (16 * HOUR + 12 * MINUTE, 12 * MINUTE)
    assert (total.until_talk, total.worked_until_talk) == (total.until_contact, total.worked_until_contact)
    assert total.in_time == 0


def test_the_manager_gets_it_at_the_teams_end_of_day_once(story: Story) -> None:
    sent = {minute: found for minute in range(0, 480, 15) if (found := checks(NOON + minute * MINUTE))}

    assert sent == {330: ["Inbound", "Client Care"]}
    assert [(to, data["team"], data["date"]) for to, data in team_mails("daily_check")] == [
        (NORA, "Inbound", "Monday 2 March"),
        (NORA, "Client Care", "Monday 2 March"),
    ]


def test_each_team_has_its_own_end_of_day(story: Story) -> None:
    story.write("UPDATE team SET time_zone = 'America/Los_Angeles' WHERE name = 'Client Care'")

    assert [checks(END), checks(END + 3 * HOUR)] == [["Inbound"], ["Client Care"]]


def test_what_an_outage_missed_comes_with_its_own_date_and_only_the_newest(story: Story) -> None:
    assert checks(END + 12 * HOUR) == ["Inbound", "Client Care"]
    assert team_mails("daily_check")[0][1]["date"] == "Monday 2 March"
    assert checks(END + 3 * DAY + HOUR) == ["Inbound", "Client Care"]
    assert team_mails("daily_check")[2][1]["date"] == "Thursday 5 March"


def test_a_weekend_belongs_to_monday(story: Story) -> None:
    story.now = NOON + 5 * DAY
    story.happens("form_submitted", "request-call", contact=story.contact("eva@example.com", owner_id=a_rep()))
    friday, monday = END + 4 * DAY, NOON + 7 * DAY + 4 * HOUR + 30 * MINUTE  # summer time has begun

    checks(friday)
    assert checks(NOON + 6 * DAY) == []
    assert checks(monday) == ["Inbound", "Client Care"]
    _, _, (_, inbound), _ = team_mails("daily_check")
    assert (inbound["date"], inbound["total"]["leads"]) == ("Monday 9 March", 1)


def test_two_at_once_send_it_once(story: Story) -> None:
    checks(END)
    checks(END - MINUTE)  # a clock that was set back
    checks(END + MINUTE)

    assert len(team_mails("daily_check")) == 2


def test_an_installation_without_any_lead_has_nothing_to_check(database_url: str) -> None:
    a_business()

    assert checks(END) == []
    with engine().connect() as connection:
        assert next_check(connection, NOON) == END
    checks(END)
    with engine().connect() as connection:
        assert next_check(connection, END) == END + DAY


def test_the_clock_knows_when_to_look(story: Story) -> None:
    with engine().connect() as connection:
        assert next_check(connection, NOON) is not None
    checks(NOON)  # the Friday before has no leads, and is over
    with engine().connect() as connection:
        assert next_check(connection, NOON) == END
    checks(END)
    with engine().connect() as connection:
        assert next_check(connection, END) == END + DAY


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
TEAM = st.builds(
    TeamDays,
    id=st.just(1),
    name=st.just("Inbound"),
    manager=st.just(NORA),
    zone=st.sampled_from(["America/New_York", "Pacific/Auckland", "UTC"]),
    end=st.sampled_from([time(0, 30), time(17, 30), time(23, 45)]),
    weekdays=st.frozensets(st.integers(0, 6)),
    holidays=st.frozensets(DAYS, max_size=5),
)


@given(team=TEAM, moment=st.datetimes(datetime(2026, 2, 1), datetime(2027, 11, 1)))  # noqa: DTZ001  made aware below
def test_every_moment_belongs_to_exactly_one_working_day(team: TeamDays, moment: datetime) -> None:
    at = moment.replace(tzinfo=NOON.tzinfo)

    day = team.of(at)
    assert team.begin_of(day) < at <= team.end_of(day)
    assert team.after(team.before(day)) == day
    assert team.end_of(team.last_ended(at)) <= at < team.end_of(team.after(team.last_ended(at))) + timedelta(days=1)
