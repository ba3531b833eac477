"""Who gets no leads now, or fewer: limits, overload, hours and absences, partners."""

from datetime import timedelta
from fractions import Fraction

import pytest

from models.database import engine
from models.playbook.routing import RouterKind
from models.routing import available_reps
from models.routing.assignment.candidate import LeadToAssign, RepCandidate
from models.routing.assignment.distribute import distribute
from models.routing.assignment.pool import RankingData
from models.routing.assignment.router import LockedRouter
from models.values.working_hours import WorkingHours
from tests.support.routing import (
    NINE_TO_FIVE,
    MakeStory,
    apply_business,
    assign_now,
    counts,
    left_out,
    make_contacts,
    member,
    rep,
    router,
    team,
)
from tests.support.story import MONDAY, Story

DAY = timedelta(days=1)


def test_limits_hold_across_routers_and_days(make_story: MakeStory) -> None:
    story = make_story()
    people = team("Ann", rep("Bob", most_a_day=2, time_zone="America/New_York"))
    apply_business([people], [router("one", "Ann", "Bob"), router("two", "Ann", "Bob")])
    leads = make_contacts(story, 8)
    assign_now("one", leads[:3], MONDAY)
    assign_now("two", leads[3:], MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 2}
    assert left_out(story) == {"Bob": "has got as many leads today as they may"}
    still_monday_there, tuesday_there = MONDAY.replace(hour=23), MONDAY + timedelta(hours=21)
    more = make_contacts(story, 4)
    assign_now("one", more[:2], still_monday_there)
    assert counts(story, more[:2]) == {"Ann": 2}
    assign_now("one", more[2:], tuesday_there)
    assert counts(story, more[2:])["Bob"] > 0


def test_open_leads_count_those_without_a_task_yet(make_story: MakeStory) -> None:
    story = make_story()
    apply_business([team("Ann", rep("Bob", most_open=1))], [router("all", "Ann", "Bob")])
    first, second = make_contacts(story, 3), make_contacts(story, 2)
    assign_now("all", first, MONDAY)
    assert counts(story, first)["Bob"] == 1
    assign_now("all", second, MONDAY + timedelta(minutes=10))
    assert counts(story, second) == {"Ann": 2}
    assign_now("all", make_contacts(story, 2), MONDAY + timedelta(hours=2))
    assert counts(story, [lead for (lead,) in story.rows("SELECT id FROM contact")])["Bob"] == 2


def test_who_has_fallen_behind_gets_less_in_weighted_routers(make_story: MakeStory) -> None:
    story = make_story()
    overload = {"overdue_tasks": 1, "weight": "50%"}
    places = [member("Ann", weight=10), member("Bob", weight=10)]
    apply_business([team("Ann", "Bob")], [router("all", *places, kind="weighted")], routing={"overload": overload})
    overdue_task(story, "Bob")
    leads = make_contacts(story, 9)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 3}


def test_who_has_fallen_behind_gets_less_in_round_robin_too_and_is_owed_nothing_afterwards(
    make_story: MakeStory,
) -> None:
    story = make_story()
    overload = {"overdue_tasks": 1, "weight": "50%"}
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob")], routing={"overload": overload})
    overdue_task(story, "Bob")
    leads = make_contacts(story, 9)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 3}
    story.write("UPDATE task SET done_at = :now", now=MONDAY)
    more = make_contacts(story, 8)
    assign_now("all", more, MONDAY)
    assert counts(story, more) == {"Ann": 4, "Bob": 4}


def test_who_has_too_much_open_gets_less_though_none_of_it_is_late(make_story: MakeStory) -> None:
    story = make_story()
    overload = {"overdue_tasks": 5, "open_tasks": 1, "weight": "50%"}
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob")], routing={"overload": overload})
    overdue_task(story, "Bob")
    story.write("UPDATE task SET due_at = :later", later=MONDAY + DAY)
    leads = make_contacts(story, 9)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 3}


def test_who_gets_nothing_while_behind_still_gets_it_when_nobody_else_has_a_share(make_story: MakeStory) -> None:
    story = make_story()
    routing = {"overload": {"overdue_tasks": 1, "weight": "0%"}}
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob", kind="weighted")], routing=routing)
    overdue_task(story, "Bob")
    leads = make_contacts(story, 2)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 2}
    assert left_out(story) == {"Bob": "has fallen behind"}
    overdue_task(story, "Ann")
    assign_now("all", more := make_contacts(story, 2), MONDAY)
    assert counts(story, more) == {"Ann": 1, "Bob": 1}


RANKED = (RouterKind.LEAST_BUSY, RouterKind.NEAREST, RouterKind.BEST_PERFORMER)


def picks_of_best(kind: RouterKind, *, overloaded: bool, alone: bool = False, leads: int = 1000) -> int:
    """How many of the leads Bob gets, who is the least busy, the nearest and the best."""
    hours = WorkingHours("UTC")
    weight = Fraction(1, 2) if overloaded else Fraction(1)
    bob = RepCandidate(rep_id=2, name="Bob", email="", hours=hours, weight=weight, overloaded=overloaded)
    ann = RepCandidate(rep_id=1, name="Ann", email="", hours=hours, open_leads=10**6)
    people = [bob] if alone else [ann, bob]
    contacts = range(leads)
    measures = RankingData({contact: {1: 500.0, 2: 5.0} for contact in contacts}, {1: 0.1, 2: 0.9})
    router = LockedRouter(id=1, name="all", kind=kind, seed="a seed", assigned_count=0)
    given = distribute(router, people, [LeadToAssign(contact_id=one, reason="") for one in contacts], measures)
    return sum(pick.candidate.rep_id == bob.rep_id for pick in given.picks)


@pytest.mark.parametrize("kind", RANKED)
def test_who_has_fallen_behind_gets_less_in_routers_that_do_not_go_by_shares(kind: RouterKind) -> None:
    assert picks_of_best(kind, overloaded=False) == 1000
    assert 450 < picks_of_best(kind, overloaded=True) < 550
    assert picks_of_best(kind, overloaded=True, alone=True) == 1000


@pytest.mark.parametrize("kind", RANKED)
def test_with_a_share_of_nothing_these_routers_leave_them_out_too(make_story: MakeStory, kind: RouterKind) -> None:
    story = make_story()
    routing = {"overload": {"overdue_tasks": 1, "weight": "0%"}}
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob", kind=kind)], routing=routing)
    overdue_task(story, "Bob")
    leads = make_contacts(story, 4)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 4}
    assert left_out(story) == {"Bob": "has fallen behind"}


def test_who_is_preferred_and_has_fallen_behind_shares_with_the_others(make_story: MakeStory) -> None:
    story = make_story()
    routing = {"overload": {"overdue_tasks": 1, "weight": "50%"}}
    places = [member("Ann"), member("Bob", preferred=True)]
    apply_business([team("Ann", "Bob")], [router("all", *places)], routing=routing)
    overdue_task(story, "Bob")
    leads = make_contacts(story, 9)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 3}


def overdue_task(story: Story, name: str) -> None:
    """An open task of a salesperson that was due yesterday."""
    contact = story.contact(f"overdue.{name}@example.com")
    story.write(
        "WITH run AS (INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at) "
        "VALUES ('none', :contact, :name, false, :now) RETURNING id) "
        "INSERT INTO task (run_id, number, contact_id, journey, name, template, rep_id, assignee, created_at, due_at) "
        "SELECT run.id, 1, :contact, 'none', 'call', 'none/call', rep.id, rep.email, :now, :due "
        "FROM run, rep WHERE rep.name = :name",
        contact=contact,
        name=name,
        now=MONDAY - 2 * DAY,
        due=MONDAY - DAY,
    )


def test_holidays_absences_and_hours_by_zone_leave_people_out(make_story: MakeStory) -> None:
    story = make_story()
    hours = {"hours": NINE_TO_FIVE}
    apply_business(
        [
            team(
                rep("Ann", time_zone="America/Los_Angeles", **hours),
                rep("Bob", **hours),
                rep("Eve", **hours),
                rep("Joe"),
            )
        ],
        [router("all", "Ann", "Bob", "Eve", "Joe")],
        company={"holidays": ["2026-03-03"]},
    )
    story.write(
        "INSERT INTO absence (rep_id, first_day, last_day) "
        "SELECT id, '2026-02-27', '2026-03-02' FROM rep WHERE name = 'Eve'"
    )
    noon, evening = MONDAY.replace(hour=12), MONDAY.replace(hour=20)
    for moment, expected in (
        (noon, ["Bob", "Joe"]),
        (evening, ["Ann", "Joe"]),
        (noon + DAY, []),
        (noon + 2 * DAY, ["Bob", "Eve", "Joe"]),
    ):
        with engine().begin() as connection:
            assert [person.name for person in available_reps(connection, "all", moment)] == expected
    assign_now("all", make_contacts(story, 1), noon)
    assert left_out(story) == {"Ann": "is not at work", "Eve": "is away"}


def test_partners_get_nothing_by_plain_routing_and_the_inactive_nothing_at_all(make_story: MakeStory) -> None:
    story = make_story()
    offer = {"offer": {"partners": True}}
    partners = team("Pia", name="Partner", partner=True)
    everyone = [router("all", "Ann", "Bob", "Pia", **offer)]
    apply_business([team("Ann", "Bob"), partners], everyone)
    story.write("UPDATE rep SET active = false WHERE name = 'Bob'")
    leads = make_contacts(story, 4)
    assign_now("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 4}
    assert left_out(story) == {"Bob": "is not active", "Pia": "is a partner, who gets leads by offers only"}
    with engine().begin() as connection:
        assert [person.name for person in available_reps(connection, None, MONDAY, partners=True)] == ["Ann", "Pia"]
