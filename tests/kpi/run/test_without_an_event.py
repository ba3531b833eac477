"""What changes what is counted of a contact without any event of theirs is found by the next night all the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models.database import engine
from models.kpi.definitions.kpi import MedianWait
from models.kpi.people.stages import StageAsked
from models.kpi.period import Period
from models.kpi.read import Question
from models.kpi.read.sums import Cut
from models.kpi.read.waits import read_days_waits
from tests.support.database import rows, write
from tests.support.reports import daily, report
from tests.support.story import MONDAY, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST = MONDAY.date()


@pytest.fixture
def ann(make_story: Callable[..., Story]) -> int:
    """Somebody who came on a Monday, asks about a mug, and is nobody's yet."""
    story = make_story()
    ann = story.contact(created_at=MONDAY, source="website", product="Blue Mug")
    story.happens("form_submitted", "guide", contact=ann)
    write("DELETE FROM assignment")
    write("UPDATE contact SET owner_id = NULL")
    return ann


def a_rep(team: str = "Inbound") -> int:
    write("UPDATE rep SET team_id = (SELECT id FROM team WHERE name = :team)", team=team)
    return int(rows("SELECT min(id) AS id FROM rep")[0].id)


def assigned(contact: int, rep: int, at: datetime) -> None:
    write(
        "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:contact, :rep, 'person', 'test', :at)",
        contact=contact,
        rep=rep,
        at=at,
    )


def finds_all_that_a_full_count_finds(now: datetime) -> None:
    assert not report(now).is_full
    everything = report(now + MINUTE, full=True).rows
    assert everything == dict.fromkeys(everything, 0)


@pytest.mark.parametrize(("code", "name"), [("mug-b", "Blue Mug"), ("blue mug", "Mug")])
def test_a_product_that_somebody_asked_about_before_it_was_one_of_ours(ann: int, code: str, name: str) -> None:
    report(MONDAY + DAY)
    write(
        "INSERT INTO product (code, name, tier, price, currency) VALUES (:code, :name, 'entry-level', 5, 'USD')",
        code=code,
        name=name,
    )
    finds_all_that_a_full_count_finds(MONDAY + 2 * DAY)
    assert daily("lead", dimension="product", member=code) == {FIRST: 1}


def test_a_journey_that_was_started_by_hand(ann: int) -> None:
    report(MONDAY + DAY)
    write(
        "INSERT INTO journey_run (contact_id, journey, key, exclusive, started_at) "
        "VALUES (:ann, 'lead_nurture', 'hand', true, :at)",
        ann=ann,
        at=MONDAY + 30 * HOUR,
    )
    finds_all_that_a_full_count_finds(MONDAY + 4 * DAY)
    assert daily("lead", dimension="journey", member="lead_nurture") == {FIRST: 1}


@pytest.mark.parametrize("wrong", [2, 30])
def test_an_owner_who_came_while_the_clock_was_set_back(ann: int, wrong: int) -> None:
    rep = a_rep()
    [team] = rows("SELECT team_id FROM rep WHERE id = :rep", rep=rep)
    report(MONDAY + wrong * DAY)
    report(MONDAY + DAY)
    assigned(ann, rep, MONDAY + 30 * HOUR)
    done = report(MONDAY + 3 * DAY)
    assert done.reasons == ("the clock, which was set back",)
    assert daily("lead", dimension="person", member=str(rep), team_id=team.team_id) == {FIRST: 1}
    assert not report(MONDAY + (wrong + 2) * DAY).reasons or wrong == 30
    assert not report(MONDAY + (wrong + 3) * DAY).reasons


def test_whoever_waits_has_waited_so_many_days_of_the_company(ann: int) -> None:
    late_on_the_same_day = datetime(2026, 3, 3, 4, tzinfo=UTC)  # eleven in the evening in New York
    report(late_on_the_same_day)
    how = MedianWait(basis="", begin="lead", goal="customer")
    with engine().connect() as connection:
        waits = read_days_waits(connection, Question(Period(FIRST, FIRST)), how, Cut())
    waiting = waits[""].waiting
    assert (waiting.times.tolist(), waiting.total) == ([0], 1)


def test_who_stood_in_a_stage_of_a_team_is_told_though_their_salesperson_is_in_another_one_now(ann: int) -> None:
    rep = a_rep("Inbound")
    [team] = rows("SELECT team_id FROM rep WHERE id = :rep", rep=rep)
    assigned(ann, rep, MONDAY)
    known = report(MONDAY + DAY).known_at
    a_rep("Client Care")
    for known_at in (known, None):
        asked = StageAsked(
            column="standing",
            stage="any",
            zone="America/New_York",
            first=FIRST,
            last=FIRST + DAY,
            team_id=team.team_id,
            known_at=known_at,
        )
        with engine().connect() as connection:
            people = connection.execute(text(asked.select), asked.values).all()
            assert asked.count(connection) == len(people) == 1
