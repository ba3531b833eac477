"""Leads for whom nobody is there: they wait, the oldest goes first, and managers hear of it once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from flows.operations.leads.place_leads import process_whole_queue
from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime import Journey
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.routing import OwnerChange, PendingAssignment, change_owners, next_placement_due, process_queue
from tests.support.mail.outbox import FakeMailer
from tests.support.routing import (
    NINE_TO_FIVE,
    MakeStory,
    apply_business,
    assign_now,
    counts,
    make_contacts,
    owners,
    rep,
    router,
    team,
)
from tests.support.story import MONDAY, Story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = MONDAY.replace(hour=3)


async def asking(j: Journey) -> str:
    return await j.route("all")


async def moving_on(j: Journey) -> str:
    return await j.route("all", anew=True)


def day_shift(*names: str) -> None:
    """A router whose people work from nine to five."""
    people = team(*(rep(name, hours=NINE_TO_FIVE) for name in names))
    apply_business([people], [router("all", *names)])


def due() -> datetime | None:
    with engine().begin() as connection:
        return next_placement_due(connection)


def escalations(story: Story) -> list[tuple[str, datetime, dict[str, object]]]:
    """The mails to managers: to whom, when, and what they say."""
    rows = story.rows(
        "SELECT to_address, queued_at, data FROM message WHERE template = 'team/nobody_available' ORDER BY id"
    )
    return [(to, at, data) for to, at, data in rows]


def test_a_run_waits_until_somebody_is_at_work_and_goes_on_with_the_owner(make_story: MakeStory) -> None:
    story = make_story(asking)
    day_shift("Ann", "Bob")
    story.now = NIGHT
    leads = make_contacts(story, 3)
    story.start("asking", *leads)
    assert [story.runs(lead) for lead in leads] == [[("asking", "waiting for all")]] * 3
    assert story.rows("SELECT DISTINCT router, reason, offered, try_at, escalate_at FROM placement") == [
        ("all", "the journey asking", False, MONDAY, MONDAY + timedelta(minutes=30))
    ]
    story.pass_time(DAY)
    assert [story.runs(lead) for lead in leads] == [[("asking", name)] for name in ("Ann", "Bob", "Ann")]
    assert story.one("SELECT DISTINCT at FROM assignment") == MONDAY
    assert story.one("SELECT count(*) FROM placement WHERE closed_at IS NULL OR rep_id IS NULL") == 0
    assert escalations(story) == []
    fact = story.one("SELECT fact - 'event' FROM step ORDER BY run_id LIMIT 1")
    assert fact == {"owner": "Ann", "router": "all", "reason": "the journey asking"}


def test_when_nobody_comes_the_manager_is_told_once_and_the_lead_still_waits(make_story: MakeStory) -> None:
    story = make_story(asking)
    day_shift("Ann")
    story.write("UPDATE rep SET active = false WHERE name = 'Ann'")
    leads = make_contacts(story, 2, first_name="Zoe")
    story.start("asking", *leads)
    assert due() == MONDAY + timedelta(minutes=5)
    story.pass_time(3 * HOUR)
    [(to, at, data)] = escalations(story)
    assert (to, at) == ("boss.sales@firm.example.com", MONDAY + timedelta(minutes=30))
    assert data["count"] == 2
    assert data["people"] == [{"name": "Ann", "why": "is not active"}]
    assert story.rows("SELECT contact_id, topic FROM event WHERE name = 'lead_escalated' ORDER BY id") == [
        (lead, "all") for lead in leads
    ]
    day_shift("Ann")
    run_due(story.definitions, story.now)
    assert [story.runs(lead) for lead in leads] == [[("asking", "Ann")]] * 2


@pytest.mark.parametrize(("days", "hears_at"), [(3, MONDAY + 3 * DAY), (14, MONDAY)])
def test_while_everybody_is_on_leave_the_manager_hears_after_the_service_level(
    make_story: MakeStory, days: int, hears_at: datetime
) -> None:
    story = make_story(asking)
    day_shift("Ann")
    last = (MONDAY + timedelta(days=days - 1)).date()
    story.write(
        "INSERT INTO absence (rep_id, first_day, last_day) SELECT id, :first, :last FROM rep WHERE name = 'Ann'",
        first=MONDAY.date(),
        last=last,
    )
    story.start("asking", *make_contacts(story, 1))
    assert due() == min(hears_at + timedelta(minutes=30), MONDAY + timedelta(days=days))
    assert story.one("SELECT escalate_at FROM placement") == hears_at + timedelta(minutes=30)


@pytest.mark.parametrize("offer", [None, {"lasts": "5m"}])
def test_leads_of_a_router_that_is_gone_go_where_the_rules_lead(
    make_story: MakeStory, offer: dict[str, str] | None
) -> None:
    story = make_story(asking)
    day_shift("Ann")
    story.now = NIGHT
    leads = make_contacts(story, 2)
    story.start("asking", *leads)
    apply_business([team("Bob")], [router("new", "Bob", offer=offer)], routing={"rules": [{"router": "new"}]})
    story.pass_time(timedelta(minutes=6))
    assert owners(story, leads) == ["Bob", "Bob"]
    assert [story.runs(lead) for lead in leads] == [[("asking", "Bob")]] * 2


def test_the_oldest_goes_first_also_before_one_that_just_came(make_story: MakeStory) -> None:
    story = make_story(asking)
    apply_business([team(rep("Ann", most_a_day=2))], [router("all", "Ann")])
    first = make_contacts(story, 4)
    for lead in first:
        story.start("asking", lead)
        story.now += timedelta(minutes=1)
    assert owners(story, first) == ["Ann", "Ann", None, None]
    late, *_ = make_contacts(story, 1)
    assert isinstance(assign_now("all", [late], MONDAY + DAY)[late], PendingAssignment)
    assert owners(story, first) == ["Ann"] * 4
    story.now = MONDAY + 2 * DAY
    run_due(story.definitions, story.now)
    assert owners(story, [late]) == ["Ann"]


def test_a_cap_that_is_free_again_is_noticed_within_minutes(make_story: MakeStory) -> None:
    story = make_story(asking)
    apply_business([team(rep("Ann", most_open=1))], [router("all", "Ann")])
    leads = make_contacts(story, 2)
    story.start("asking", *leads)
    assert due() == MONDAY + timedelta(minutes=5)
    story.pass_time(HOUR + timedelta(minutes=4))
    assert owners(story, leads) == ["Ann", "Ann"]


def test_a_lead_that_is_to_change_hands_keeps_its_owner_while_it_waits(make_story: MakeStory) -> None:
    story = make_story(moving_on)
    day_shift("Ann", "Bob")
    lead, *_ = make_contacts(story, 1)
    assign_now("all", [lead], MONDAY)
    story.now = MONDAY.replace(hour=22)
    run_due(story.definitions, story.now)
    story.start("moving_on", lead)
    assert owners(story, [lead]) == ["Ann"]
    assert story.runs(lead) == [("moving_on", "waiting for all")]
    story.pass_time(DAY)
    assert story.runs(lead) == [("moving_on", "Bob")]


def test_a_thousand_and_more_that_wait_are_all_given(make_story: MakeStory) -> None:
    story = make_story()
    day_shift("Ann", "Bob")
    story.write("INSERT INTO contact (email) SELECT 'w' || n || '@example.com' FROM generate_series(1, 2300) n")
    leads = [row[0] for row in story.rows("SELECT id FROM contact ORDER BY id")]
    assign_now("all", leads, NIGHT)
    assert process_whole_queue(NIGHT + HOUR) == 0
    assert process_whole_queue(MONDAY) == 3
    assert counts(story, leads) == {"Ann": 1150, "Bob": 1150}


def test_many_that_nobody_is_there_for_do_not_keep_the_clock_busy(make_story: MakeStory) -> None:
    story = make_story()
    day_shift("Ann")
    story.write("INSERT INTO contact (email) SELECT 'w' || n || '@example.com' FROM generate_series(1, 2300) n")
    assign_now("all", [row[0] for row in story.rows("SELECT id FROM contact")], NIGHT)
    story.write("UPDATE rep SET active = false")
    assert process_whole_queue(MONDAY) == 3
    assert due() == MONDAY + timedelta(minutes=5)
    assert process_whole_queue(MONDAY) == 0


def test_several_clocks_place_each_lead_once(make_story: MakeStory) -> None:
    story = make_story()
    day_shift("Ann", "Bob", "Eve")
    leads = make_contacts(story, 60)
    assign_now("all", leads, NIGHT)

    def place(_: int) -> None:
        with engine().begin() as connection:
            process_queue(connection, MONDAY)

    with ThreadPoolExecutor(4) as clocks:
        list(clocks.map(place, range(4)))
    process_whole_queue(MONDAY)
    assert counts(story, leads) == {"Ann": 20, "Bob": 20, "Eve": 20}
    assert story.one("SELECT count(*) FROM assignment") == 60


def test_who_takes_a_waiting_lead_by_hand_ends_its_waiting(make_story: MakeStory) -> None:
    story = make_story(asking)
    day_shift("Ann", "Bob")
    story.now = NIGHT
    lead, *_ = make_contacts(story, 1)
    story.start("asking", lead)
    bob = story.one("SELECT id FROM rep WHERE name = 'Bob'")
    with engine().begin() as connection:
        change_owners(connection, [OwnerChange(lead, bob, None, "reassigned", "Bob was awake")], NIGHT)
    run_due(story.definitions, NIGHT)
    assert story.runs(lead) == [("asking", "Bob")]
    assert due() is None


def test_the_mail_to_the_manager_says_who_waits_and_why_nobody_is_there(make_story: MakeStory) -> None:
    story = make_story(asking)
    day_shift("Ann", "Bob")
    story.write("UPDATE rep SET active = false")
    leads = make_contacts(story, 2, first_name="Zoe", last_name="Hart")
    story.start("asking", *leads)
    story.pass_time(HOUR)
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, story.now))
    [letter] = [letter for letter in mailer.sent if letter.to_address.startswith("boss")]
    assert letter.subject == "2 leads wait: nobody of all is available"
    assert "Zoe Hart" in letter.text
    assert "since Monday 2 March, 09:00 UTC" in letter.text
    assert "Ann is not active" in letter.text
    assert f"/contacts/{leads[0]}" in letter.html
