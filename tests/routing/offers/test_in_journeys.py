"""offer, in a journey: one person after the other until somebody takes it, and a way for when nobody does."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.turn import take_turn
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.playbook import BadPlaybook, load
from models.routing import OwnerChange, change_owners
from models.routing.offers import next_offer_due
from tests.support.database import write
from tests.support.offers import MANAGER, a_business, accepts, declines, mails, offers, open_offer, owner
from tests.support.playbook import SHIPPED
from tests.support.race_conditions import take_one_turn
from tests.support.story import Story

MINUTE, FIVE = timedelta(minutes=1), timedelta(minutes=5)


async def partners_first(j: Journey) -> str:
    taken_by = await j.offer("leads", lasts=timedelta(minutes=10))
    if taken_by is None:
        await j.note("nobody took it")
        return "left to the manager"
    return f"taken by {taken_by}"


async def somebody_else(j: Journey) -> str:
    await j.route("inbound")
    return f"now {await j.offer('leads', anew=True)}"


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    told = make_story(partners_first, somebody_else)
    a_business()
    write("UPDATE rep SET hours = NULL")
    return told


def test_the_journey_goes_on_with_whoever_takes_it(story: Story) -> None:
    lead = story.contact()
    story.start("partners_first", lead)
    assert story.runs(lead) == [("partners_first", "waiting for leads")]

    accepts(open_offer(lead), story.now + FIVE)
    run_due(story.definitions, story.now + FIVE)

    assert story.runs(lead) == [("partners_first", "taken by Ann Archer")]
    assert story.steps(lead)[0] == ("offer", "leads", "Ann Archer")
    assert story.column(lead, "stage") == "sal"
    assert story.column(lead, "sal_at") == story.now + FIVE


def test_when_nobody_takes_it_the_answer_is_none_and_the_manager_knows(story: Story) -> None:
    lead = story.contact()
    story.start("partners_first", lead)

    story.pass_time(timedelta(minutes=29))
    assert offers(lead) == [("Ann", "expired"), ("Ben", "expired"), ("Cat", None)]
    declines(open_offer(lead), story.now)
    run_due(story.definitions, story.now)

    assert story.runs(lead) == [("partners_first", "left to the manager")]
    assert story.steps(lead)[0] == ("offer", "leads", None)
    assert mails("team/offer_exhausted") == [MANAGER]


def test_whoever_has_an_owner_keeps_them(story: Story) -> None:
    lead = story.contact()
    story.start("partners_first", lead)
    accepts(open_offer(lead), story.now)
    run_due(story.definitions, story.now)

    story.start("partners_first", lead, key="again")

    assert story.runs(lead)[1] == ("partners_first", "taken by Ann Archer")
    assert len(offers(lead)) == 1


def test_anew_is_not_answered_by_what_was_before(story: Story) -> None:
    write(
        "INSERT INTO router_member (router_id, rep_id, position) SELECT router.id, rep.id, 1 FROM router, rep "
        "WHERE router.name = 'inbound' AND rep.name = 'Ann Archer'"
    )
    lead = story.contact()
    story.start("somebody_else", lead)
    assert story.runs(lead) == [("somebody_else", "waiting for leads")]
    assert owner(lead) == "Ann"

    accepts(open_offer(lead), story.now + MINUTE)
    run_due(story.definitions, story.now + MINUTE)

    assert story.runs(lead) == [("somebody_else", "now Ben Bolt")]


def test_a_lead_that_is_given_by_hand_meanwhile_is_off_the_market(story: Story) -> None:
    lead = story.contact()
    story.start("partners_first", lead)
    with engine().begin() as connection:
        cat = story.one("SELECT id FROM rep WHERE name = 'Cat Cole'")
        change_owners(connection, [OwnerChange(lead, cat, None, "by hand", "the manager")], story.now)
    run_due(story.definitions, story.now)

    assert story.runs(lead) == [("partners_first", "taken by Cat Cole")]
    assert offers(lead) == [("Ann", "withdrawn")]


def test_a_turn_that_dies_offers_nothing_and_the_next_one_offers_once(story: Story) -> None:
    lead = story.contact()
    write(
        "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at) "
        "VALUES ('partners_first', :lead, 'test', true, :now, :now)",
        lead=lead,
        now=story.now,
    )
    with pytest.raises(ZeroDivisionError):
        dies(story)
    assert offers(lead) == []

    take_one_turn(story, "partners_first")
    take_one_turn(story, "partners_first")
    assert offers(lead) == [("Ann", None)]


def dies(story: Story) -> None:
    """The process ends after the turn's last statement and before its commit."""
    with engine().begin() as connection:
        take_turn(connection, story.definitions["partners_first"], story.definitions, story.now)
        raise ZeroDivisionError


def test_hundreds_of_leads_take_a_turn_together(story: Story) -> None:
    leads = [story.contact(f"{number}@example.com") for number in range(300)]

    story.start("partners_first", *leads)

    assert story.rows("SELECT count(*) FROM offer GROUP BY rep_id") == [(100,)] * 3
    story.pass_time(timedelta(minutes=31))
    assert {state for lead in leads for _, state in story.runs(lead)} == {"left to the manager"}
    with engine().connect() as connection:
        assert next_offer_due(connection) is None


def test_a_router_that_does_not_exist_stops_the_run_and_says_so(story: Story) -> None:
    write("UPDATE router SET name = 'renamed' WHERE name = 'leads'")
    lead = story.contact()
    story.start("partners_first", lead)

    assert "There is no router 'leads'" in story.runs(lead)[0][1]


@pytest.mark.parametrize("lasts", [timedelta(minutes=1), timedelta(weeks=3)])
def test_an_impossible_time_is_refused_where_it_is_written(lasts: timedelta) -> None:
    async def hasty(j: Journey) -> str:
        return str(await j.offer("leads", lasts=lasts))

    problems = [str(one) for one in build_map(Definition("hasty", hasty)).problems]
    assert any("from 2 minutes to 2 weeks" in problem for problem in problems)


def test_the_map_shows_both_answers() -> None:
    found = build_map(Definition("partners_first", partners_first))

    assert not found.problems
    assert sorted(found.endings) == ["left to the manager", "taken by a salesperson"]
    assert '[/"offer leads"/]' in render_mermaid(found)


def test_a_playbook_with_an_offer_of_a_minute_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "playbook.yaml"
    shipped = SHIPPED.read_text()
    at = shipped.index("  - name: client care\n")
    file.write_text(
        f"{shipped[:at]}  - name: client care\n    offer: {{lasts: 1m}}\n{shipped[at:].partition(chr(10))[2]}"
    )

    with pytest.raises(BadPlaybook, match="an offer lasts from 2m to 2w"):
        load(file)
