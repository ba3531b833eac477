"""How a deal stands, whatever was told of it and in whatever order."""

from datetime import datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

from models.orders.opportunity_state import OpportunityEvent, OpportunityState, opportunity_state
from models.tables.sales import DealStage


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


def told(number: int, name: str, at: str, **data: Any) -> OpportunityEvent:
    return OpportunityEvent(number, data.pop("contact", 1), f"opportunity_{name}", day(at), data)


def state(*events: OpportunityEvent) -> OpportunityState:
    return opportunity_state(events)


def test_what_happened_last_counts_in_whatever_order_it_was_told() -> None:
    happened = [("opened", "2026-01-10"), ("changed", "2026-02-01"), ("won", "2026-03-01")]
    for order in permutations(happened):
        found = state(*(told(number, name, at) for number, (name, at) in enumerate(order, 1)))
        assert (found.stage, found.opened_at, found.closed_at) == (
            DealStage.WON,
            day("2026-01-10"),
            day("2026-03-01"),
        )


def test_a_deal_that_is_opened_again_began_when_it_was_opened_first() -> None:
    lost = told(1, "opened", "2026-01-10"), told(2, "lost", "2026-02-01"), told(3, "opened", "2026-03-01")
    assert state(*lost).stage == DealStage.OPEN
    assert (state(*lost).opened_at, state(*lost).closed_at) == (day("2026-01-10"), None)
    won = state(*lost, told(4, "won", "2026-04-01"))
    assert (won.stage, won.opened_at, won.closed_at) == (DealStage.WON, day("2026-01-10"), day("2026-04-01"))


def test_a_day_that_is_corrected_counts_as_it_was_told_last() -> None:
    for first, second in (("2026-01-10", "2026-01-08"), ("2026-01-08", "2026-01-10")):
        found = state(told(1, "opened", first), told(2, "won", "2026-03-01"), told(3, "opened", second))
        assert (found.stage, found.opened_at) == (DealStage.WON, day(second))


def test_opened_and_won_on_one_day_is_won() -> None:
    assert state(told(1, "won", "2026-03-01"), told(2, "opened", "2026-03-01")).stage == DealStage.WON


def test_of_two_endings_of_one_day_the_one_that_was_told_last_counts() -> None:
    events = told(1, "opened", "2026-01-10"), told(2, "won", "2026-03-01"), told(3, "lost", "2026-03-01")
    assert state(*events).stage == DealStage.LOST


def test_a_deal_that_ended_before_it_began_has_ended_and_no_beginning() -> None:
    found = state(told(1, "opened", "2026-03-01"), told(2, "won", "2026-02-01"))
    assert (found.stage, found.opened_at, found.too_late) == (DealStage.WON, None, day("2026-03-01"))
    corrected = state(told(1, "opened", "2026-03-01"), told(2, "won", "2026-02-01"), told(3, "opened", "2026-01-01"))
    assert (corrected.opened_at, corrected.too_late) == (day("2026-01-01"), None)


def test_an_ending_may_say_when_the_deal_was_opened() -> None:
    found = state(told(1, "won", "2026-03-01", opened_at="2026-01-10T12:00:00+00:00"))
    assert found.opened_at == day("2026-01-10")


def test_a_deal_whose_system_has_no_day_for_it_yet_has_none() -> None:
    found = state(told(1, "opened", "2026-03-01", opened_at=None))
    assert (found.stage, found.opened_at, found.too_late) == (DealStage.OPEN, None, None)


def test_each_part_is_as_it_was_said_last() -> None:
    found = state(
        told(1, "opened", "2026-01-10", amount=100, product="basic", rep="Ann", currency="EUR", detail="Prospecting"),
        told(3, "changed", "2026-02-10", amount=250.5, rep="Bob"),
        told(2, "changed", "2026-02-01", amount=200, detail="Engaging"),
    )
    assert (found.amount, found.product, found.rep, found.currency, found.detail) == (
        Decimal("250.50"),
        "basic",
        "Bob",
        "EUR",
        "Engaging",
    )
    won = state(told(1, "opened", "2026-01-10", amount=100, detail="Prospecting"), told(2, "won", "2026-02-01"))
    assert (won.amount, won.detail) == (100, None)


def test_the_amount_of_a_won_deal_can_be_corrected() -> None:
    won = told(1, "opened", "2026-01-10"), told(2, "won", "2026-02-01", amount=100)
    assert state(*won, told(3, "changed", "2026-02-03", amount=120)).amount == 120


def test_what_restates_a_deal_takes_the_place_of_what_was_told_before() -> None:
    before = told(1, "opened", "2026-01-10"), told(2, "won", "2026-03-01", amount=100, product="basic")
    lost = state(*before, told(3, "lost", "2026-02-20", restated=True, opened_at="2026-01-12T12:00:00+00:00"))
    assert (lost.stage, lost.opened_at, lost.closed_at) == (DealStage.LOST, day("2026-01-12"), day("2026-02-20"))
    assert (lost.amount, lost.product) == (None, None)
    again = told(4, "won", "2026-02-25", amount=90)
    assert state(*before, told(3, "lost", "2026-02-20", restated=True), again).amount == 90


def test_a_row_that_says_when_it_was_changed_has_what_was_before_that_and_not_what_came_after() -> None:
    row = told(2, "changed", "2026-03-10", restated=True, changed_at="2026-03-10T12:00:00+00:00", detail="Talks")
    late = told(3, "won", "2026-03-01", amount=100)
    assert (state(row, late).stage, state(row, late).detail) == (DealStage.OPEN, "Talks")
    newer = told(4, "won", "2026-03-20", amount=100)
    assert (state(row, late, newer).stage, state(row, late, newer).closed_at) == (DealStage.WON, day("2026-03-20"))


def test_the_deal_is_of_whom_was_named_last() -> None:
    assert state(told(1, "opened", "2026-01-10"), told(2, "changed", "2026-02-01", contact=7)).contact_id == 7


def test_amounts_that_are_none_are_none() -> None:
    for amount in (True, -1, "a lot", [1], 10**12, float("nan")):
        assert state(told(1, "opened", "2026-01-10", amount=amount)).amount is None


def test_numbers_that_name_nobody_are_none() -> None:
    for number in (True, "7", 0, 2**63, 1.5):
        assert state(told(1, "opened", "2026-01-10", rep_id=number)).rep_id is None
    assert state(told(1, "opened", "2026-01-10", rep_id=7)).rep_id == 7
