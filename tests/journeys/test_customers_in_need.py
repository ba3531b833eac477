"""Customers who want to cancel, or who need help: a person talks to them, and each outcome leads on."""

from datetime import timedelta

import pytest

from flows.runtime.prefect_flow import discover
from tests.support.playbook import apply_playbook
from tests.support.story import Story

DAY = timedelta(days=1)


@pytest.fixture
def story(database_url: str) -> Story:
    """All shipped journeys."""
    apply_playbook()
    return Story(discover())


def a_customer(story: Story, form: str) -> int:
    """Jackie's customer, who has sent this form."""
    rep = story.one("SELECT id FROM rep WHERE name = 'Jackie Lund'")
    customer = story.contact(first_name="Ana", stage="customer", owner_id=rep)
    story.happens("form_submitted", form, contact=customer)
    return customer


def test_a_cancel_request_goes_to_the_owner_first_and_is_answered_at_once(story: Story) -> None:
    ana = a_customer(story, "cancel")
    assert story.mails(ana) == [(0, "cancel_request/received")]
    assert story.tasks(ana) == [(0, "talk_before_cancelling", "jackie")]


def test_who_stays_after_a_talk_has_it_in_writing_and_nothing_is_cancelled(story: Story) -> None:
    ana = a_customer(story, "cancel")
    story.reports("talk_before_cancelling", "Talked: Stays", contact=ana)
    assert story.mails(ana)[1:] == [(0, "cancel_request/staying")]
    assert story.runs(ana) == [("cancel_request", "stays")]


@pytest.mark.parametrize("outcome", ["Talked: Cancels", "Could Not Reach: Cancels", None])
def test_who_still_wishes_it_or_is_not_talked_to_gets_what_they_asked_for(story: Story, outcome: str | None) -> None:
    ana = a_customer(story, "cancel")
    if outcome:
        story.reports("talk_before_cancelling", outcome, contact=ana)
    else:
        story.pass_time(2 * DAY)
    story.reports("cancelling", "Cancelled", contact=ana)
    assert story.mails(ana)[-1][1] == "cancel_request/cancelled"
    assert story.runs(ana) == [("cancel_request", "cancelled")]


def test_a_cancellation_that_lies_goes_to_somebody_else_and_ends_said(story: Story) -> None:
    ana = a_customer(story, "cancel")
    story.pass_time(2 * DAY)
    story.pass_time(7 * DAY)
    assert [name for _, name, _ in story.tasks(ana)] == [
        "talk_before_cancelling",
        "cancelling",
        "cancelling, once more",
    ]
    assert story.runs(ana) == [("cancel_request", "not carried out")]


def test_an_order_that_the_shop_cancels_ends_the_talk(story: Story) -> None:
    ana = a_customer(story, "cancel")
    story.happens("order_cancelled", contact=ana, data={"order": "17"})
    assert story.runs(ana) == [("cancel_request", "cancelled")]


def test_a_support_request_is_answered_at_once_and_solved_by_the_owner(story: Story) -> None:
    ana = a_customer(story, "support")
    assert story.tasks(ana) == [(0, "first help", "jackie")]
    story.reports("first help", "Solved", contact=ana)
    story.pass_time(3 * DAY)
    assert [mail for _, mail in story.mails(ana)] == ["support_request/received", "support_request/solved"]
    assert story.runs(ana) == [("support_request", "solved")]


def test_who_writes_that_it_is_not_solved_is_helped_again(story: Story) -> None:
    ana = a_customer(story, "support")
    story.reports("first help", "Solved", contact=ana)
    story.happens("replied", contact=ana, data={"text": "It is broken again."})
    assert [name for _, name, _ in story.tasks(ana)] == ["first help", "second help"]


def test_who_is_not_reached_is_called_again_and_who_asks_again_at_once(story: Story) -> None:
    ana = a_customer(story, "support")
    story.reports("first help", "Could Not Reach: Try Again", contact=ana)
    assert story.mails(ana)[-1] == (0, "support_request/missed_you")
    story.happens("call_received", contact=ana)
    assert [name for _, name, _ in story.tasks(ana)] == ["first help", "second help"]
    story.reports("second help", "Could Not Reach: Try Again", contact=ana)
    story.pass_time(DAY)
    assert [name for _, name, _ in story.tasks(ana)][-1] == "third help"


def test_what_nobody_helps_with_goes_to_somebody_else(story: Story) -> None:
    ana = a_customer(story, "support")
    story.pass_time(2 * DAY)
    assert len(story.tasks(ana)) == 2 or "waiting for somebody else" in story.runs(ana)[0][1]


def test_a_customer_without_an_owner_gets_one_by_the_rules(story: Story) -> None:
    bob = story.contact("bob@example.com", stage="customer")
    story.happens("support_requested", contact=bob)
    assert story.tasks(bob) == [(0, "first help", "jackie")]
