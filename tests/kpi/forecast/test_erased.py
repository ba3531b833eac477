"""Whoever is erased was watched until then: they are open no longer, and neither bought nor were lost."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from models.database import engine
from models.kpi.forecast.history import EPOCH, read_history
from tests.support.database import rows, write
from tests.support.reports import report, reported
from tests.support.story import MONDAY, Story

DAY = timedelta(days=1)
FIRST = MONDAY.date()


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """The shipped playbook, no journeys."""
    return make_story()


def stays() -> list[tuple[Any, ...]]:
    """(state, days, where to) of every stay."""
    found = rows("SELECT state, days, next_state, count FROM kpi_stay WHERE known_until IS NULL ORDER BY 1, 2, 3")
    return [tuple(row) for row in found]


def test_who_is_erased_while_open_is_open_no_longer_and_counts_for_as_long_as_they_were(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.contact("bob@example.com", created_at=MONDAY)
    report(MONDAY + 5 * DAY)
    assert stays() == [("lead", -1, "", 2)]
    write("DELETE FROM contact WHERE id = :ann", ann=ann)
    report(MONDAY + 10 * DAY)
    assert stays() == [("lead", -1, "", 1), ("lead", 10, "", 1)]
    with engine().connect() as connection:
        known = read_history(connection, FIRST + 20 * DAY, FIRST, "America/New_York")
    before, after = (known.contacts.seen_on((FIRST - EPOCH).days + days) for days in (9, 10))
    assert (before.open.sum(), before.observed_ends.sum()) == (2, 2)
    assert (after.open.sum(), after.left.sum(), after.observed_ends.sum()) == (1, 0, 2)
    # A full count finds the same.
    found = reported(leave_out=("kpi_forecast",))["kpi_stay"]
    report(MONDAY + 10 * DAY + timedelta(hours=1), full=True)
    assert reported(leave_out=("kpi_forecast",))["kpi_stay"] == found


def test_a_customer_who_cancelled_everything_may_still_buy(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    story.happens("order_placed", contact=ann, data={"amount": 100, "reference": "17"})
    story.happens("order_cancelled", contact=ann, data={"reference": "17"})
    report(MONDAY + 5 * DAY)
    assert {days for _, days, _, _ in stays()} == {-1}


def test_the_open_deal_of_somebody_who_was_erased_is_neither_won_nor_lost(story: Story) -> None:
    ann = story.contact(created_at=MONDAY)
    opened = {"reference": "crm:1", "amount": 90}
    story.happens("opportunity_opened", contact=ann, data=opened)
    report(MONDAY + 5 * DAY)
    write("DELETE FROM contact WHERE id = :ann", ann=ann)
    report(MONDAY + 8 * DAY)
    with engine().connect() as connection:
        known = read_history(connection, FIRST + 20 * DAY, FIRST, "America/New_York")
    before, after = (known.deals.seen_on((FIRST - EPOCH).days + days) for days in (7, 8))
    assert (before.open.sum(), after.open.sum(), after.left.sum(), after.observed_ends.sum()) == (1, 0, 0, 1)
    assert known.first_day() == (date(FIRST.year, FIRST.month, FIRST.day) - EPOCH).days
