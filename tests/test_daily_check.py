"""The daily check: at its end of day a team's manager reads who followed up which leads; the page says the same."""

import asyncio
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.letter import Letter
from flows.operations.deliver_messages import deliver_due
from models.database import engine
from models.playbook import current
from models.response.daily_check import next_check
from models.response.day import TeamDay, team_day
from models.response.gaps import find_gaps, tell_managers
from models.response.overdue import chase
from models.response.workday import TeamDays, teams
from tests.outbox_story import NOON, FakeMailer, a_rep
from tests.response_story import (
    DAY,
    HOUR,
    MINUTE,
    NORA,
    a_business,
    a_story,
    alarms,
    belongs_to_nobody,
    checks,
    report,
    team_mails,
)
from tests.story import Story
from tests.web_story import browser

END = NOON + 5 * HOUR + 30 * MINUTE
"""Half past five in New York."""
MONDAY = date(2026, 3, 2)


@pytest.fixture
def story(database_url: str) -> Story:
    """Four leads of a Monday: Sarah calls hers at once, John his too late, Mike does not call."""
    a_business()
    story = a_story()
    for name in ("ann", "bob", "cem", "dee"):
        story.happens("form_submitted", "request-call", contact=story.contact(f"{name}@example.com", first_name=name))
    return story


def call_some(story: Story) -> None:
    owners = dict(story.rows("SELECT c.id, rep.name FROM contact c JOIN rep ON rep.id = c.owner_id"))
    for contact, owner in owners.items():
        if owner == "Sarah Miller":
            report("first call", "Had Call: Not Interested", contact, NOON + 3 * MINUTE)
        if owner == "John Okafor":
            report("first call", "Could Not Reach: Try Again", contact, NOON + 40 * MINUTE)


def the_day(day: date = MONDAY, now: datetime = END, team: str = "Inbound") -> TeamDay:
    with engine().connect() as connection:
        playbook = current(connection)
        chosen = next(one for one in teams(connection, playbook) if one.name == team)
        return team_day(connection, playbook, chosen, day, now)


def letters(now: datetime) -> list[Letter]:
    """What the mailer is handed."""
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, now))
    return mailer.kept


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


def test_the_clock_knows_when_to_look(story: Story) -> None:
    with engine().connect() as connection:
        assert next_check(connection, NOON) is not None
    checks(NOON)  # the Friday before has no leads, and is over
    with engine().connect() as connection:
        assert next_check(connection, NOON) == END


def test_the_mail_can_be_read_by_everybody(story: Story) -> None:
    call_some(story)
    checks(END)

    found = {letter.subject.partition(",")[0]: letter for letter in letters(END) if letter.to_address == NORA}
    check = found["Inbound"]
    followed = the_day().total.followed_up
    assert check.subject == f"Inbound, Monday 2 March: {followed} of 4 leads followed up"
    for said in (
        "Sarah Miller",
        "100 %",
        "Mike Brandt",
        "0 %",
        "Not followed up yet",
        "overdue",
        "The working day before",
    ):
        assert said in check.text
    assert "/follow-up?team=Inbound&amp;date=2026-03-02" in check.html
    assert found["Client Care"].subject == "Client Care, Monday 2 March: no new leads"
    assert not any("None" in letter.text or "Undefined" in letter.text for letter in found.values())


def test_every_mail_to_a_manager_can_be_written(story: Story) -> None:
    story.write("UPDATE contact SET company = 'Acme <Joinery>', last_name = NULL WHERE first_name = 'ann'")
    story.write("UPDATE journey_run SET status = 'stuck', stuck_because = 'a mail was missing'")
    alarms(NOON + HOUR)
    with engine().begin() as connection:
        chase(connection, NOON + 2 * DAY)
        tell_managers(connection, find_gaps(connection, END), END)

    found = {letter.subject: letter for letter in letters(END) if letter.to_address == NORA}
    assert sorted(found) == [
        "4 leads need a person",
        "4 leads, and nobody has tried to reach them yet",
        "4 overdue tasks of your people",
    ]
    for mail in found.values():
        assert "ann" in mail.text
        assert "Acme <Joinery>" in mail.text
        assert "None" not in mail.text
        assert 'href="http://127.0.0.1:8000/contacts/' in mail.html


def test_a_hundred_percent_stands_out(story: Story) -> None:
    for (contact,) in story.rows("SELECT id FROM contact"):
        report("first call", "Had Call: Not Interested", contact, NOON + MINUTE)
    checks(END)

    (check,) = [letter for letter in letters(END) if letter.subject.startswith("Inbound")]
    assert "100 %: every lead of the day was followed up." in check.text
    assert "Not followed up yet" not in check.text


def test_leads_of_nobody_are_read_by_every_manager(story: Story) -> None:
    eva = story.contact("eva@example.com", first_name="Eva")
    story.happens("form_submitted", "request-call", contact=eva)
    belongs_to_nobody(story, eva)

    for team in ("Inbound", "Client Care"):
        assert [claim.who for claim in the_day(team=team).unowned] == ["Eva"]


def test_the_page_has_the_figures_of_the_mail(story: Story) -> None:
    call_some(story)
    checks(END)
    (_, data), _ = team_mails("daily_check")

    shown = browser().get(data["path"])
    assert shown.status_code == 200
    total = data["total"]
    for said in (f"<b>{total['leads']}</b>", f"<b>{total['share']} %</b>", "Sarah Miller", "Not followed up yet"):
        assert said in shown.text


@pytest.mark.parametrize("query", ["team=Nobody", "date=2026-02-30", "date=soon", "date=1999-12-31", "date=9999-12-31"])
def test_a_day_that_cannot_be_shown_is_told_in_a_sentence(story: Story, query: str) -> None:
    answer = browser().get(f"/follow-up?{query}")

    assert answer.status_code == 404
    assert "follow-up" in answer.text or "2026-03-31" in answer.text


def test_a_day_off_is_shown_as_the_working_day_it_belongs_to(story: Story) -> None:
    assert "Monday 9 March" in browser().get("/follow-up?team=Inbound&date=2026-03-07").text


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
