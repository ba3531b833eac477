"""How many days it took from one milestone to another, and what is counted of one day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support.database import rows, write
from tests.support.reports import daily, report
from tests.support.story import MONDAY, Story

DAY = timedelta(days=1)
FIRST = MONDAY.date()


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """The shipped playbook, no journeys."""
    return make_story()


def a_lead(story: Story, email: str = "ann@example.com") -> int:
    """Somebody who comes on that Monday by a form that asks for nothing."""
    contact = story.contact(email, created_at=MONDAY)
    story.now = MONDAY
    story.happens("form_submitted", "guide", contact=contact)
    return contact


def cohort(begin: str, goal: str, **cell: Any) -> list[tuple[Any, int, int]]:
    """(day, days from the one to the other, how many) of everybody, or of the cell that is named."""
    where = {"dimension": "all", "team_id": 0, "member": ""} | cell
    conditions = " AND ".join(f"{name} = :{name}" for name in where)
    found = rows(
        f"SELECT day, days, count FROM kpi_cohort WHERE known_until IS NULL AND begin = :begin AND goal = :goal "
        f"AND {conditions} ORDER BY day, days",
        begin=begin,
        goal=goal,
        **where,
    )
    return [tuple(row) for row in found]


def test_a_goal_that_is_reached_later_is_in_the_cohort_of_the_day_on_which_they_came(story: Story) -> None:
    ann, bob = a_lead(story), a_lead(story, "bob@example.com")
    report(MONDAY + DAY)
    assert cohort("lead", "customer") == []
    for contact, days in ((ann, 10), (bob, 30)):
        story.now = MONDAY + days * DAY
        story.happens("order_placed", contact=contact, data={"amount": 100})
        report(story.now)
    assert cohort("lead", "customer") == [(FIRST, 10, 1), (FIRST, 30, 1)]
    assert len(cohort("mql", "customer")) == 2


def test_each_product_has_its_own_time_to_buy(story: Story) -> None:
    [challenge, basket] = [row.code for row in rows("SELECT code FROM product ORDER BY id LIMIT 2")]
    ann = a_lead(story)
    for code, days in ((challenge, 4), (basket, 9), (challenge, 12)):
        story.now = MONDAY + days * DAY
        story.happens("order_placed", code, contact=ann, data={"amount": 100, "product": code})
    report(story.now)
    assert [cohort("lead", "bought", dimension="product", member=code) for code in (challenge, basket)] == [
        [(FIRST, 4, 1)],
        [(FIRST, 9, 1)],
    ]
    assert cohort("lead", "bought") == []


def test_each_deal_is_won_or_lost_by_itself(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    event = story.happens("note_added", contact=ann)
    for reference, stage, days in (("a", "lost", 5), ("b", "won", 8), ("c", "open", None)):
        write(
            "INSERT INTO opportunity (contact_id, reference, stage, opened_at, closed_at, amount, currency, event_id) "
            "VALUES (:ann, :reference, :stage, :opened, :closed, 500, 'USD', :event)",
            ann=ann,
            reference=reference,
            stage=stage,
            opened=MONDAY + DAY,
            closed=MONDAY + days * DAY if days else None,
            event=event,
        )
    report(MONDAY + 20 * DAY)
    opened = (MONDAY + DAY).date()
    assert (cohort("opportunity", "won"), cohort("opportunity", "lost")) == ([(opened, 7, 1)], [(opened, 4, 1)])
    assert daily("opportunity") == {opened: 3}


def test_an_order_that_is_cancelled_later_leaves_its_cohort(story: Story) -> None:
    ann = a_lead(story)
    story.now = MONDAY + 3 * DAY
    story.happens("order_placed", contact=ann, data={"amount": 100, "reference": "17"})
    report(story.now)
    assert cohort("lead", "customer") == [(FIRST, 3, 1)]
    story.now = MONDAY + 8 * DAY
    story.happens("order_cancelled", contact=ann, data={"reference": "17"})
    report(story.now)
    assert cohort("lead", "customer") == []


def test_a_request_counts_for_each_time_within_which_it_was_followed_up(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    event = story.happens("form_submitted", "request-call", contact=ann)
    write("DELETE FROM follow_up")
    write(
        "INSERT INTO follow_up (contact_id, event_id, received_at, due_at, first_contact_at) "
        "VALUES (:ann, :event, :at, :at, :contacted)",
        ann=ann,
        event=event,
        at=MONDAY,
        contacted=MONDAY + timedelta(minutes=20),
    )
    report(MONDAY + DAY)
    within = [name for name in ("5m", "15m", "30m", "1h", "24h") if daily(f"contacted_in_{name}")]
    assert (within, daily("request")) == (["30m", "1h", "24h"], {FIRST: 1})


def test_money_without_a_rate_stands_in_a_row_of_its_own_currency(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    for amount, currency in ((100, "USD"), (0.1, "USD"), (50, "CHF")):
        story.happens("order_placed", contact=ann, data={"amount": amount, "currency": currency})
    report(MONDAY + DAY)
    found = rows(
        "SELECT currency, count, amount FROM kpi_daily "
        "WHERE known_until IS NULL AND measure = 'order' AND dimension = 'all' AND team_id = 0 ORDER BY currency"
    )
    assert [(row.currency, row.count, float(row.amount)) for row in found] == [("CHF", 1, 50.0), ("USD", 2, 100.1)]
