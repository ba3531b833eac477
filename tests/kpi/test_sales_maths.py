"""Sales maths: what leads bring, and what they would with better steps."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.database import engine
from models.kpi.period import Period
from models.kpi.read import Question, read_sales_maths
from models.kpi.sales_maths import STEPS, SalesMaths, improvements, maths_of
from tests.support.kpi_tables import cohort, daily

TWENTY_LEADS = SalesMaths(20, 0.5, 0.5, 0.5, Decimal(20_000))


def test_twenty_leads_of_whom_half_pass_each_step_bring_two_and_a_half_orders() -> None:
    assert (TWENTY_LEADS.orders, TWENTY_LEADS.revenue) == (2.5, Decimal(50_000))


def test_if_all_of_them_are_followed_up_it_is_twice_as_many() -> None:
    [full] = improvements(TWENTY_LEADS)
    assert (full.maths.orders, full.maths.revenue) == (5, Decimal(100_000))
    assert (full.more_orders, full.more_revenue) == (2.5, Decimal(50_000))


def test_each_step_at_its_goal_is_shown_alone() -> None:
    goals = {"followed_up": 0.8, "qualified": 0.5, "ordered": 0.4}
    assert [(one.step, round(one.more_orders, 2)) for one in improvements(TWENTY_LEADS, goals)] == [
        ("followed_up", 1.5),
        ("qualified", 0.0),
        ("ordered", -0.5),
    ]


def test_without_leads_there_are_no_orders_and_nothing_is_divided_by_zero() -> None:
    nobody = maths_of(weeks=4, leads=0, followed_up=0, qualified=0, ordered=0, mean_order=None)
    assert (nobody.leads, nobody.followed_up, nobody.orders, nobody.revenue) == (0, None, 0, None)


def test_where_nobody_was_followed_up_the_later_shares_are_not_known() -> None:
    idle = maths_of(weeks=1, leads=10, followed_up=0, qualified=0, ordered=0, mean_order=Decimal(100))
    assert (idle.followed_up, idle.qualified, idle.orders, improvements(idle)) == (0.0, None, None, [])


def test_whoever_ordered_on_their_own_passed_every_step() -> None:
    shop = maths_of(weeks=1, leads=10, followed_up=1, qualified=2, ordered=4, mean_order=None)
    assert (shop.followed_up, shop.qualified, shop.ordered) == (0.4, 1.0, 1.0)
    assert shop.orders == 4


@pytest.mark.parametrize(("step", "share"), [("followed", 0.5), ("ordered", 1.2), ("ordered", -0.1)])
def test_a_share_that_cannot_be_is_refused_with_a_sentence(step: str, share: float) -> None:
    with pytest.raises(ValueError, match=r"There is no step|A share is a number"):
        TWENTY_LEADS.with_share(step, share)


counts = st.integers(0, 500)


@given(counts, counts, counts, counts, st.floats(0.2, 60))
def test_the_steps_multiply_to_the_orders_that_there_were(
    leads: int, followed_up: int, qualified: int, ordered: int, weeks: float
) -> None:
    leads = max(leads, followed_up, qualified, ordered)
    maths = maths_of(
        weeks=weeks, leads=leads, followed_up=followed_up, qualified=qualified, ordered=ordered, mean_order=None
    )
    assert all(share is None or 0 <= share <= 1 for share in (getattr(maths, step) for step in STEPS))
    if maths.orders is not None:
        assert maths.orders == pytest.approx(ordered / weeks)
    else:
        assert ordered == 0


@pytest.mark.usefixtures("database_url")
def test_the_maths_of_a_period_is_that_of_its_leads() -> None:
    day = date(2026, 3, 2)
    daily(day, "lead", 80)
    for goal, count in (("contacted", 40), ("sql", 20), ("customer", 10)):
        cohort(day, "lead", goal, 3, count)
    daily(day, "sale", 12, amount=240_000, value=12.0, currency="USD")
    daily(day, "sale", 1, amount=7, value=1.0, currency="EUR")
    with engine().connect() as connection:
        maths = read_sales_maths(connection, Question(Period(day, date(2026, 3, 29))), "USD")
    assert (maths.leads, maths.orders, maths.revenue) == (20, 2.5, Decimal(50_000))
