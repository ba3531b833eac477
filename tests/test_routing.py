"""Assigning leads: who keeps theirs, who gets the next, and what the ledger says of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction

import pytest

from models.database import engine
from models.routing import Gift, NobodyThere, Owner, available, give
from models.routing.shares import WHOLE
from models.routing.table import drawn
from tests.routing_office import (
    NINE_TO_FIVE,
    Tell,
    address,
    assigned,
    business,
    counts,
    crowd,
    member,
    owners,
    rep,
    router,
    team,
)
from tests.story import MONDAY, Story

DAY = timedelta(days=1)
LEFT_OUT = (
    "SELECT one ->> 'name', one ->> 'left_out' FROM candidate_set, jsonb_array_elements(candidates) one "
    "WHERE candidate_set.id = (SELECT max(id) FROM candidate_set) AND one ? 'left_out' ORDER BY 1"
)


def left_out(story: Story) -> dict[str, str]:
    """Who could not get the last lead, and why."""
    return dict(story.rows(LEFT_OUT))


def test_an_owner_is_kept_unless_asked_anew_or_gone(tell: Tell) -> None:
    story = tell()
    people = team("Ann", "Bob")
    business([people], [router("all", "Ann", "Bob")])
    lead, *_ = crowd(story, 1)
    assert assigned("all", [lead], MONDAY)[lead] == Owner("Ann", False, "all", "round robin", "the router was named")
    assert assigned("all", [lead], MONDAY)[lead] == Owner("Ann", kept=True)
    assert assigned("all", [lead], MONDAY, anew=True)[lead].name == "Bob"  # type: ignore[union-attr]
    business([team("Ann")], [router("all", "Ann")])
    assert assigned("all", [lead], MONDAY)[lead].name == "Ann"  # type: ignore[union-attr]


def test_a_router_that_does_not_exist_is_said_to_be_missing(tell: Tell) -> None:
    story = tell()
    with pytest.raises(NobodyThere, match="There is no router 'moon'"):
        assigned("moon", crowd(story, 1), MONDAY)


def test_the_ledger_says_who_got_what_out_of_whom_and_why(tell: Tell) -> None:
    story = tell()
    business(
        [team("Ann", "Bob", rep("Eve", hours=NINE_TO_FIVE), rep("Max"))],
        [
            router(
                "all",
                member("Ann", weight=75),
                member("Bob", weight=25),
                "Eve",
                member("Max", weight=0),
                kind="weighted",
            )
        ],
    )
    leads = crowd(story, 4)
    night = MONDAY.replace(hour=3)
    assigned("all", leads, night, because="rule 1: all others")
    ledger = story.rows(
        "SELECT contact_id, number, how, because, received, previous_rep_id FROM assignment ORDER BY id"
    )
    assert [row[:4] for row in ledger] == [
        (lead, number, "weighted", "rule 1: all others") for number, lead in enumerate(leads, start=1)
    ]
    assert counts(story, leads) == {"Ann": 3, "Bob": 1}
    candidates = story.one("SELECT candidates FROM candidate_set")
    assert [(one["name"], one["weight"], one["share"]) for one in candidates[:2]] == [
        ("Ann", 75, 0.75),
        ("Bob", 25, 0.25),
    ]
    assert left_out(story) == {"Eve": "is not at work", "Max": "has weight 0"}
    assert (
        story.rows("SELECT topic, data ->> 'because', source FROM event WHERE name = 'lead_assigned'")
        == [("all", "rule 1: all others", "routing")] * 4
    )


def test_a_candidate_set_is_one_row_for_as_long_as_it_stays_so(tell: Tell) -> None:
    story = tell()
    business([team("Ann", rep("Bob", most_a_day=1))], [router("all", "Ann", "Bob")])
    for _ in range(3):
        assigned("all", crowd(story, 2), MONDAY)
    assert story.one("SELECT count(*) FROM candidate_set") == 2
    assert story.rows(
        "SELECT received FROM assignment JOIN rep ON rep.id = rep_id WHERE name = 'Ann' ORDER BY number"
    ) == [(number,) for number in range(1, 6)]


def test_all_draws_can_be_replayed_from_the_ledger(tell: Tell) -> None:
    story = tell()
    places = [member("Ann", weight=50), member("Bob", weight=25), member("Eve", weight=25)]
    business([team("Ann", "Bob", rep("Eve", most_a_day=40))], [router("lottery", *places, kind="weighted random")])
    leads = crowd(story, 200)
    assigned("lottery", leads[:150], MONDAY)
    assigned("lottery", leads[150:], MONDAY)
    assigned("lottery", leads[:50], MONDAY, anew=True)
    rows = story.rows(
        "SELECT draw, rep_id, previous_rep_id, candidates "
        "FROM assignment JOIN candidate_set s ON s.id = candidate_set_id"
    )
    assert len(rows) == 250
    for draw, rep_id, previous, candidates in rows:
        there = [one for one in candidates if "share" in one]
        there = [one for one in there if one["rep"] != previous] or there
        parts = [round(one["share"] * WHOLE) for one in there]
        assert there[drawn(draw, parts)]["rep"] == rep_id
    assert story.one("SELECT count(DISTINCT draw) FROM assignment") == 250


def test_limits_hold_across_routers_and_days(tell: Tell) -> None:
    story = tell()
    people = team("Ann", rep("Bob", most_a_day=2, time_zone="America/New_York"))
    business([people], [router("one", "Ann", "Bob"), router("two", "Ann", "Bob")])
    leads = crowd(story, 8)
    assigned("one", leads[:3], MONDAY)
    assigned("two", leads[3:], MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 2}
    assert left_out(story) == {"Bob": "has got as many leads today as they may"}
    still_monday_there, tuesday_there = MONDAY.replace(hour=23), MONDAY + timedelta(hours=21)
    more = crowd(story, 4)
    assigned("one", more[:2], still_monday_there)
    assert counts(story, more[:2]) == {"Ann": 2}
    assigned("one", more[2:], tuesday_there)
    assert counts(story, more[2:])["Bob"] > 0


def test_open_leads_count_those_without_a_task_yet(tell: Tell) -> None:
    story = tell()
    business([team("Ann", rep("Bob", most_open=1))], [router("all", "Ann", "Bob")])
    first, second = crowd(story, 3), crowd(story, 2)
    assigned("all", first, MONDAY)
    assert counts(story, first)["Bob"] == 1
    assigned("all", second, MONDAY + timedelta(minutes=10))
    assert counts(story, second) == {"Ann": 2}
    assigned("all", crowd(story, 2), MONDAY + timedelta(hours=2))
    assert counts(story, [lead for (lead,) in story.rows("SELECT id FROM contact")])["Bob"] == 2


def test_who_has_fallen_behind_gets_less_in_weighted_routers(tell: Tell) -> None:
    story = tell()
    overload = {"overdue_tasks": 1, "weight": "50%"}
    places = [member("Ann", weight=10), member("Bob", weight=10)]
    business([team("Ann", "Bob")], [router("all", *places, kind="weighted")], routing={"overload": overload})
    overdue_task(story, "Bob")
    leads = crowd(story, 9)
    assigned("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 6, "Bob": 3}


def test_who_gets_nothing_while_behind_still_gets_it_when_nobody_else_has_a_share(tell: Tell) -> None:
    story = tell()
    routing = {"overload": {"overdue_tasks": 1, "weight": "0%"}}
    business([team("Ann", "Bob")], [router("all", "Ann", "Bob", kind="weighted")], routing=routing)
    overdue_task(story, "Bob")
    leads = crowd(story, 2)
    assigned("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 2}
    assert left_out(story) == {"Bob": "has fallen behind"}
    overdue_task(story, "Ann")
    assigned("all", more := crowd(story, 2), MONDAY)
    assert counts(story, more) == {"Ann": 1, "Bob": 1}


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


def test_holidays_absences_and_hours_by_zone_leave_people_out(tell: Tell) -> None:
    story = tell()
    hours = {"hours": NINE_TO_FIVE}
    business(
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
            assert [person.name for person in available(connection, "all", moment)] == expected
    assigned("all", crowd(story, 1), noon)
    assert left_out(story) == {"Ann": "is not at work", "Eve": "is away"}


def test_partners_get_nothing_by_plain_routing_and_the_inactive_nothing_at_all(tell: Tell) -> None:
    story = tell()
    offer = {"offer": {"partners": True}}
    partners = team("Pia", name="Partner", partner=True)
    everyone = [router("all", "Ann", "Bob", "Pia", **offer)]
    business([team("Ann", "Bob"), partners], everyone)
    story.write("UPDATE rep SET active = false WHERE name = 'Bob'")
    leads = crowd(story, 4)
    assigned("all", leads, MONDAY)
    assert counts(story, leads) == {"Ann": 4}
    assert left_out(story) == {"Bob": "is not active", "Pia": "is a partner, who gets leads by offers only"}
    with engine().begin() as connection:
        assert [person.name for person in available(connection, None, MONDAY, partners=True)] == ["Ann", "Pia"]


def test_credits_survive_a_change_of_the_playbook(tell: Tell) -> None:
    story = tell()
    people = [team("Ann", "Bob", "Eve")]
    business(people, [router("all", "Ann", "Bob", "Eve")])
    leads = crowd(story, 4)
    assigned("all", leads[:1], MONDAY)
    business(people, [router("all", "Ann", "Bob", "Eve")], reminders=["1h"])
    business(people, [router("all", "Eve", "Ann", "Bob")])
    assigned("all", leads[1:3], MONDAY)
    assert sorted(filter(None, owners(story, leads))) == ["Ann", "Bob", "Eve"]


def test_giving_by_hand_is_told_and_settles_what_was_under_way(tell: Tell) -> None:
    story = tell()
    business([team("Ann", "Bob")], [router("all", "Ann", "Bob")])
    lead, *_ = crowd(story, 1)
    assigned("all", [lead], MONDAY)
    bob = story.one("SELECT id FROM rep WHERE name = 'Bob'")
    with engine().begin() as connection:
        give(connection, [Gift(lead, bob, None, "reassigned", "the manager said so")], MONDAY)
    assert owners(story, [lead]) == ["Bob"]
    assert story.rows("SELECT topic, data FROM event ORDER BY id DESC LIMIT 1") == [
        ("by hand", {"owner": "Bob", "because": "the manager said so"})
    ]
    assert story.one("SELECT previous_rep_id FROM assignment ORDER BY id DESC LIMIT 1") != bob


def test_shares_stay_exact_when_many_assign_at_once(tell: Tell) -> None:
    story = tell()
    weights = {"Ann": 50, "Bob": 30, "Eve": 20}
    places = [member(name, weight=weight) for name, weight in weights.items()]
    business([team(*weights)], [router("all", *places, kind="weighted")])
    leads = crowd(story, 120)
    batches = [leads[first : first + 10] for first in range(0, 120, 10)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda batch: assigned("all", batch, MONDAY), batches))
    got: Counter[str] = Counter()
    rows = story.rows("SELECT number, rep.name FROM assignment JOIN rep ON rep.id = rep_id ORDER BY number")
    assert [number for number, _ in rows] == list(range(1, 121))
    for number, name in rows:
        got[name] += 1
        assert all(abs(got[name] - Fraction(weight * number, 100)) < 1 for name, weight in weights.items())


def test_seeds_are_given_once(tell: Tell) -> None:
    story = tell()
    before = story.rows("SELECT name, seed FROM router ORDER BY name")
    assert all(len(seed) == 36 for _, seed in before)
    business([team("Ann")], [router("inbound", member("Ann", weight=3), kind="weighted random")])
    assert [seed for _, seed in before] == [seed for (seed,) in story.rows("SELECT seed FROM router ORDER BY name")]
    assert story.rows("SELECT email, weight FROM router_member JOIN rep ON rep.id = rep_id") == [(address("Ann"), 3)]
