"""Assigning leads: who keeps theirs, who gets the next, and what the ledger says of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from fractions import Fraction

import pytest

from models.database import engine
from models.routing import AssignedOwner, OwnerChange, UnknownRouter, change_owners
from models.routing.assignment.pool import index_of_draw
from models.routing.assignment.rotation import WHOLE_LEAD
from tests.support.routing import (
    NINE_TO_FIVE,
    MakeStory,
    address,
    apply_business,
    assign_now,
    counts,
    left_out,
    make_contacts,
    member,
    owners,
    rep,
    router,
    team,
)
from tests.support.story import MONDAY

DAY = timedelta(days=1)


def test_an_owner_is_kept_unless_asked_anew_or_gone(make_story: MakeStory) -> None:
    story = make_story()
    people = team("Ann", "Bob")
    apply_business([people], [router("all", "Ann", "Bob")])
    lead, *_ = make_contacts(story, 1)
    assert assign_now("all", [lead], MONDAY)[lead] == AssignedOwner(
        "Ann", False, "all", "round robin", "the router was named"
    )
    assert assign_now("all", [lead], MONDAY)[lead] == AssignedOwner("Ann", kept=True)
    assert assign_now("all", [lead], MONDAY, anew=True)[lead].name == "Bob"  # type: ignore[union-attr]
    apply_business([team("Ann")], [router("all", "Ann")])
    assert assign_now("all", [lead], MONDAY)[lead].name == "Ann"  # type: ignore[union-attr]


def test_a_router_that_does_not_exist_is_said_to_be_missing(make_story: MakeStory) -> None:
    story = make_story()
    with pytest.raises(UnknownRouter, match="There is no router 'moon'"):
        assign_now("moon", make_contacts(story, 1), MONDAY)


def test_the_ledger_says_who_got_what_out_of_whom_and_why(make_story: MakeStory) -> None:
    story = make_story()
    apply_business(
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
    leads = make_contacts(story, 4)
    night = MONDAY.replace(hour=3)
    assign_now("all", leads, night, reason="rule 1: all others")
    ledger = story.rows("SELECT contact_id, number, how, reason, received, previous_rep_id FROM assignment ORDER BY id")
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
        story.rows("SELECT topic, data ->> 'reason', source FROM event WHERE name = 'lead_assigned'")
        == [("all", "rule 1: all others", "routing")] * 4
    )


def test_a_candidate_set_is_one_row_for_as_long_as_it_stays_so(make_story: MakeStory) -> None:
    story = make_story()
    apply_business([team("Ann", rep("Bob", most_a_day=1))], [router("all", "Ann", "Bob")])
    for _ in range(3):
        assign_now("all", make_contacts(story, 2), MONDAY)
    assert story.one("SELECT count(*) FROM candidate_set") == 2
    assert story.rows(
        "SELECT received FROM assignment JOIN rep ON rep.id = rep_id WHERE name = 'Ann' ORDER BY number"
    ) == [(number,) for number in range(1, 6)]


def test_all_draws_can_be_replayed_from_the_ledger(make_story: MakeStory) -> None:
    story = make_story()
    places = [member("Ann", weight=50), member("Bob", weight=25), member("Eve", weight=25)]
    apply_business(
        [team("Ann", "Bob", rep("Eve", most_a_day=40))], [router("lottery", *places, kind="weighted random")]
    )
    leads = make_contacts(story, 200)
    assign_now("lottery", leads[:150], MONDAY)
    assign_now("lottery", leads[150:], MONDAY)
    assign_now("lottery", leads[:50], MONDAY, anew=True)
    rows = story.rows(
        "SELECT draw, rep_id, previous_rep_id, candidates "
        "FROM assignment JOIN candidate_set s ON s.id = candidate_set_id"
    )
    assert len(rows) == 250
    for draw, rep_id, previous, candidates in rows:
        there = [one for one in candidates if "share" in one]
        there = [one for one in there if one["rep"] != previous] or there
        parts = [round(one["share"] * WHOLE_LEAD) for one in there]
        assert there[index_of_draw(draw, parts)]["rep"] == rep_id
    assert story.one("SELECT count(DISTINCT draw) FROM assignment") == 250


def test_credits_survive_a_change_of_the_playbook(make_story: MakeStory) -> None:
    story = make_story()
    people = [team("Ann", "Bob", "Eve")]
    apply_business(people, [router("all", "Ann", "Bob", "Eve")])
    leads = make_contacts(story, 4)
    assign_now("all", leads[:1], MONDAY)
    apply_business(people, [router("all", "Ann", "Bob", "Eve")], reminders=["1h"])
    apply_business(people, [router("all", "Eve", "Ann", "Bob")])
    assign_now("all", leads[1:3], MONDAY)
    assert sorted(filter(None, owners(story, leads))) == ["Ann", "Bob", "Eve"]


def test_giving_by_hand_is_told_and_settles_what_was_under_way(make_story: MakeStory) -> None:
    story = make_story()
    apply_business([team("Ann", "Bob")], [router("all", "Ann", "Bob")])
    lead, *_ = make_contacts(story, 1)
    assign_now("all", [lead], MONDAY)
    bob = story.one("SELECT id FROM rep WHERE name = 'Bob'")
    with engine().begin() as connection:
        change_owners(connection, [OwnerChange(lead, bob, None, "reassigned", "the manager said so")], MONDAY)
    assert owners(story, [lead]) == ["Bob"]
    assert story.rows("SELECT topic, data FROM event ORDER BY id DESC LIMIT 1") == [
        ("by hand", {"owner": "Bob", "reason": "the manager said so"})
    ]
    assert story.one("SELECT previous_rep_id FROM assignment ORDER BY id DESC LIMIT 1") != bob


def test_shares_stay_exact_when_many_assign_at_once(make_story: MakeStory) -> None:
    story = make_story()
    weights = {"Ann": 50, "Bob": 30, "Eve": 20}
    places = [member(name, weight=weight) for name, weight in weights.items()]
    apply_business([team(*weights)], [router("all", *places, kind="weighted")])
    leads = make_contacts(story, 120)
    batches = [leads[first : first + 10] for first in range(0, 120, 10)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda batch: assign_now("all", batch, MONDAY), batches))
    got: Counter[str] = Counter()
    rows = story.rows("SELECT number, rep.name FROM assignment JOIN rep ON rep.id = rep_id ORDER BY number")
    assert [number for number, _ in rows] == list(range(1, 121))
    for number, name in rows:
        got[name] += 1
        assert all(abs(got[name] - Fraction(weight * number, 100)) < 1 for name, weight in weights.items())


def test_seeds_are_given_once(make_story: MakeStory) -> None:
    story = make_story()
    before = story.rows("SELECT name, seed FROM router ORDER BY name")
    assert all(len(seed) == 36 for _, seed in before)
    apply_business([team("Ann")], [router("inbound", member("Ann", weight=3), kind="weighted random")])
    assert [seed for _, seed in before] == [seed for (seed,) in story.rows("SELECT seed FROM router ORDER BY name")]
    assert story.rows("SELECT email, weight FROM router_member JOIN rep ON rep.id = rep_id") == [(address("Ann"), 3)]
