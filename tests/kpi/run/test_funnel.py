"""Where contacts stood on each day, for how long, with whom, and whether anything happened with them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from models.database import engine
from models.playbook import Playbook, apply
from tests.support.database import rows, write
from tests.support.playbook import the_shipped_playbook
from tests.support.reports import daily, funnel, report, version_count
from tests.support.story import MONDAY, Story

DAY = timedelta(days=1)
FIRST = MONDAY.date()


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """The shipped playbook, no journeys: a call request makes an MQL, an order a customer."""
    return make_story()


def later(days: float) -> date:
    return (MONDAY + days * DAY).date()


def standing(day: date, **cell: object) -> dict[str, tuple[int, int]]:
    """Stage -> (standing, stalled)."""
    return {stage: (row.standing, row.stalled) for stage, row in funnel(day, **cell).items() if row.standing}


def test_a_lead_stands_in_one_stage_after_the_other_and_each_way_takes_its_days(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.now = MONDAY + 2 * DAY
    story.happens("form_submitted", "request-call", contact=ann)
    story.now = MONDAY + 5 * DAY
    story.happens("order_placed", contact=ann, data={"amount": 100})
    report(MONDAY + 6 * DAY)
    assert [standing(later(day)) for day in (1, 2, 5)] == [{"mgl": (1, 0)}, {"mql": (1, 0)}, {"customer": (1, 0)}]
    came, went = funnel(FIRST)["mgl"], funnel(later(2))["mgl"]
    assert (came.entered, came.moved_on, went.entered, went.moved_on, went.moved_on_days) == (1, 0, 0, 1, 2)
    # From nine in the morning UTC to midnight in New York.
    assert funnel(later(3))["mql"].standing_days == pytest.approx(1 + 20 / 24, abs=0.001)


def test_who_passes_a_stage_in_the_moment_of_coming_to_it_counts_as_come_and_gone(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.happens("form_submitted", "request-call", contact=ann)
    report(MONDAY + DAY)
    mgl = funnel(FIRST)["mgl"]
    assert (mgl.entered, mgl.moved_on, mgl.standing, mgl.moved_on_days) == (1, 1, 0, 0)


def test_a_lead_is_stalled_after_two_weeks_of_silence_until_something_happens(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.now = MONDAY + 20 * DAY
    story.happens("page_visited", "prices", contact=ann)
    report(MONDAY + 40 * DAY)
    assert [standing(later(day))["mgl"] for day in (13, 14, 19, 20, 33, 34)] == [
        *((1, 0), (1, 1), (1, 1), (1, 0), (1, 0), (1, 1))
    ]


def test_who_was_to_be_stalled_and_did_something_before_is_not(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    report(MONDAY + 13 * DAY)
    story.now = MONDAY + 13.5 * DAY
    story.happens("page_visited", "prices", contact=ann)
    report(MONDAY + 15 * DAY)
    assert [standing(later(day))["mgl"] for day in (13, 14, 15)] == [(1, 0)] * 3


def test_what_is_told_late_changes_who_was_stalled_on_the_days_since(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    report(MONDAY + 20 * DAY)
    assert standing(later(18))["mgl"] == (1, 1)
    story.now = MONDAY + 20 * DAY
    story.happens("call_connected", contact=ann, ago=10 * DAY, is_history=True)
    report(MONDAY + 21 * DAY)
    assert [standing(later(day)) for day in (13, 18)] == [{"mgl": (1, 0)}, {"mgl": (1, 0)}]
    assert standing(later(20))["mgl"] == (1, 0)


def test_a_customer_is_never_stalled_and_stands_no_more_once_the_last_order_is_cancelled(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.happens("order_placed", contact=ann, data={"amount": 100, "reference": "17"})
    story.now = MONDAY + 30 * DAY
    story.happens("order_cancelled", contact=ann, data={"reference": "17"})
    report(MONDAY + 40 * DAY)
    assert [standing(later(day)) for day in (29, 30)] == [{"customer": (1, 0)}, {}]


def test_who_stands_where_follows_the_owner_of_that_day(story: Story) -> None:
    sarah, john = (row.id for row in rows("SELECT id FROM rep ORDER BY id LIMIT 2"))
    ann = story.contact(created_at=MONDAY)
    for rep, at in ((sarah, MONDAY), (john, MONDAY + 3 * DAY)):
        write(
            "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:ann, :rep, 'person', 'test', :at)",
            ann=ann,
            rep=rep,
            at=at,
        )
    report(MONDAY + 4 * DAY)
    [team] = {row.team_id for row in rows("SELECT team_id FROM rep WHERE id IN (:a, :b)", a=sarah, b=john)}
    cells = [{"dimension": "person", "member": str(rep), "team_id": team} for rep in (sarah, john)]
    assert [standing(later(2), **cell) for cell in cells] == [{"mgl": (1, 0)}, {}]
    assert [standing(later(3), **cell) for cell in cells] == [{}, {"mgl": (1, 0)}]


def moved_to(team: str, email: str, at: datetime) -> None:
    """Put somebody into another team, as of a moment."""
    document = the_shipped_playbook().model_dump(mode="json")
    [rep] = [rep for one in document["teams"] for rep in one["reps"] if rep["email"] == email]
    for one in document["teams"]:
        one["reps"] = [other for other in one["reps"] if other["email"] != email]
        one["reps"] += [rep] if one["name"] == team else []
    with engine().begin() as connection:
        apply(connection, Playbook.model_validate(document))
    write("UPDATE playbook SET applied_at = :at WHERE id = (SELECT max(id) FROM playbook)", at=at)


def test_what_an_owner_had_stays_with_the_team_they_were_in_and_who_stands_there_goes_with_them(story: Story) -> None:
    sarah = "sarah.miller@brightwater.example.com"
    [rep] = rows("SELECT id, team_id FROM rep WHERE email = :sarah", sarah=sarah)
    [other] = rows("SELECT id, name FROM team WHERE id <> :team ORDER BY id LIMIT 1", team=rep.team_id)
    ann, bob = story.contact(created_at=MONDAY), story.contact("bob@example.com", created_at=MONDAY + 4 * DAY)
    for contact in (ann, bob):
        write(
            "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:contact, :rep, 'person', 'x', :at)",
            contact=contact,
            rep=rep.id,
            at=MONDAY,
        )
    report(MONDAY + 2 * DAY)
    moved_to(other.name, sarah, MONDAY + 3 * DAY)
    report(MONDAY + 5 * DAY)
    teams = ({"team_id": rep.team_id}, {"team_id": other.id})
    assert [standing(later(2), **team) for team in teams] == [{"mgl": (1, 0)}, {}]
    assert [standing(later(3), **team) for team in teams] == [{}, {"mgl": (1, 0)}]
    assert [standing(later(4), **team) for team in teams] == [{}, {"mgl": (2, 0)}]
    # Nobody came to a stage by it.
    assert [funnel(later(3), **team)["mgl"].entered for team in teams[1:]] == [0]
    assert [list(daily("lead", **team)) for team in teams] == [[later(0)], [later(4)]]
    before = version_count()
    report(MONDAY + 5 * DAY + timedelta(minutes=1), full=True)
    assert version_count() == before


def test_a_team_that_was_renamed_has_its_past_under_the_new_name(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    [rep] = rows("SELECT id FROM rep WHERE email = 'sarah.miller@brightwater.example.com'")
    write(
        "INSERT INTO assignment (contact_id, rep_id, how, reason, at) VALUES (:ann, :rep, 'person', 'x', :at)",
        ann=ann,
        rep=rep.id,
        at=MONDAY,
    )
    document = the_shipped_playbook().model_dump(mode="json")
    document["teams"][0]["name"] = "New Business"
    document["reports"]["goals"] = []
    with engine().begin() as connection:
        apply(connection, Playbook.model_validate(document))
    report(MONDAY + 2 * DAY)
    [team] = rows("SELECT id FROM team WHERE name = 'New Business'")
    assert standing(later(1), team_id=team.id) == {"mgl": (1, 0)}
    assert list(daily("lead", team_id=team.id)) == [FIRST]


def test_nobody_is_there_to_be_counted_before_they_came(story: Story) -> None:
    report(MONDAY)
    story.contact(created_at=MONDAY + 3 * DAY)
    report(MONDAY + 4 * DAY)
    assert [funnel(later(day)) for day in (0, 2)] == [{}, {}]
    assert standing(later(3)) == {"mgl": (1, 0)}
