"""The shipped journeys, told as what the contact and the salesperson notice."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MAILS = ROOT / "templates" / "mail"


@pytest.fixture
def story(database_url: str) -> Story:
    """All shipped journeys and the shipped playbook."""
    apply_playbook()
    return Story(discover())


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_path_of_every_journey_leads_to_an_ending(name: str) -> None:
    """No outcome, silence or time-out leaves a contact in limbo."""
    assert not list(build_map(discover()[name]).problems)


@pytest.mark.parametrize("name", sorted(discover()))
def test_everything_a_journey_names_exists(name: str) -> None:
    """Templates and journeys."""
    found = build_map(discover()[name])
    templates = {ask.template for ask in found.steps.values() if hasattr(ask, "template")}
    assert not [template for template in templates if not (MAILS / name / f"{template}.html").exists()]
    handed_over = {
        ending.removeprefix("handed over to ") for ending in found.endings if ending.startswith("handed over")
    }
    assert handed_over <= set(discover())


def test_a_form_brings_a_mail_and_a_task_at_once(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    assert story.mails(ann) == [(0, "lead_qualification/thanks")]
    assert story.tasks(ann) == [(0, "first call", "sarah")]
    due, created = story.rows("SELECT due_at, created_at FROM task")[0]
    assert due - created == timedelta(minutes=30)


def test_the_same_form_twice_calls_only_once(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.happens("form_submitted", "request-info", contact=ann)
    assert len(story.tasks(ann)) == len(story.mails(ann)) == 1


def test_a_qualified_lead_gets_the_offer(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Qualified Lead", contact=ann)
    assert sorted(story.runs(ann)) == [
        ("check_in", "waiting for the day of the check-in"),
        ("lead_qualification", "handed over to offer_sequence"),
        ("offer_sequence", "waiting for answer to offer"),
    ]
    assert story.column(ann, "stage") == "sql"


def test_an_unqualified_lead_is_nurtured(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Unqualified Lead", contact=ann)
    assert story.runs(ann)[-1] == ("lead_nurture", "waiting for link_clicked:lead_nurture/article_1")


def test_whoever_cannot_be_reached_goes_to_somebody_else_after_a_week(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Could Not Reach: Try Again", contact=ann)
    story.pass_time(WEEK)
    assert story.tasks(ann) == [(0, "first call", "sarah"), (7, "second call", "john")]


def test_three_weeks_of_silent_salespeople_end_in_nurture(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.pass_time(3 * WEEK)
    assert [day for day, _, _ in story.tasks(ann)] == [0, 7, 14]
    assert story.runs(ann)[0] == ("lead_qualification", "handed over to reading_list")
    assert story.one("SELECT count(*) FROM task WHERE closed_at IS NULL") == 0


def test_who_buys_gets_no_further_sales_mail_and_their_task_is_closed(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.happens("order_placed", "strategy-session", contact=ann)
    story.pass_time(8 * WEEK)
    assert story.runs(ann)[0] == ("lead_qualification", "bought")
    assert [mail for _, mail in story.mails(ann) if not mail.startswith("customer_care/")] == [
        "lead_qualification/thanks"
    ]
    assert [name for _, name, _ in story.tasks(ann)] == ["first call", "ask_how_it_goes"]
    assert story.one("SELECT count(*) FROM task WHERE closed_at IS NULL") == 0


@pytest.mark.parametrize(
    ("articles_read", "second_round", "ending"),
    [
        (0, False, "handed over to re_engagement"),
        (1, True, "handed over to offer_sequence"),
        (2, True, "handed over to offer_sequence"),
        (3, False, "handed over to offer_sequence"),
        (5, False, "handed over to offer_sequence"),
    ],
)
def test_nurture_splits_by_what_was_read(story: Story, articles_read: int, second_round: bool, ending: str) -> None:
    ann = story.contact()
    story.start("lead_nurture", ann)
    for number in range(1, 6):
        story.pass_time(DAY)
        if number <= articles_read:
            story.happens("link_clicked", f"lead_nurture/article_{number}", contact=ann)
        story.pass_time(6 * DAY)
    assert story.one("SELECT points FROM journey_run WHERE journey = 'lead_nurture'") == 10 * articles_read
    nurture = [mail for mail in story.mails(ann) if mail[1].startswith("lead_nurture")]
    assert nurture[:5] == [(7 * week, f"lead_nurture/article_{week + 1}") for week in range(5)]
    assert (nurture[-1] == (35, "lead_nurture/guide_1")) is second_round
    story.pass_time(3 * WEEK)
    assert story.runs(ann)[0] == ("lead_nurture", ending)


def test_silence_takes_a_contact_off_the_list_and_nothing_more_is_sent(story: Story) -> None:
    ann = story.contact()
    story.start("lead_nurture", ann)
    story.pass_time(8 * WEEK)
    assert story.runs(ann)[-1] == ("re_engagement", "removed from the list")
    assert story.column(ann, "suppressed") == "removed"
    assert len(story.mails(ann)) == 8


def test_a_click_brings_the_silent_one_back(story: Story) -> None:
    ann = story.contact()
    story.start("re_engagement", ann)
    story.pass_time(8 * DAY)
    story.happens("link_clicked", "re_engagement/best_of", contact=ann)
    assert story.runs(ann)[-1][0] == "lead_nurture"


def test_a_visit_to_the_order_page_is_reminded_of_once(story: Story) -> None:
    ann = story.contact()
    story.start("offer_sequence", ann)
    story.pass_time(DAY)
    story.happens("page_visited", "order", contact=ann)
    story.pass_time(5 * DAY)
    story.happens("page_visited", "order", contact=ann)
    story.pass_time(3 * WEEK)
    assert [template for _, template in story.mails(ann)].count("offer_sequence/order_reminder") == 1


def test_a_reply_to_the_offer_goes_to_the_owner(story: Story) -> None:
    ann = story.contact()
    story.start("offer_sequence", ann)
    story.happens("replied", contact=ann)
    assert story.tasks(ann) == [(0, "answer_reply", "sarah")]
    story.reports("answer_reply", "Talked: Wants to Buy", contact=ann)
    story.happens("order_placed", contact=ann, data={"amount": "4800"})
    assert dict(story.runs(ann))["offer_sequence"] == "bought"
    assert story.column(ann, "stage") == "customer"


def test_someone_without_an_address_is_called_instead_of_mailed(story: Story) -> None:
    bob = story.contact(email=None, phone="+14155550123")
    story.start("offer_sequence", bob)
    assert story.mails(bob) == []
    assert story.tasks(bob) == [(0, "reach_by_phone", "sarah")]


@pytest.mark.parametrize("on_the_way", [False, True])
def test_whoever_books_a_call_is_called_once(story: Story, on_the_way: bool) -> None:
    ann = story.contact(score=30)
    if on_the_way:
        story.start("offer_sequence", ann)
        story.pass_time(17 * DAY)
        assert story.mails(ann)[-1][1] in ("offer_sequence/call_times", "offer_sequence/call_invitation")
    story.happens("form_submitted", "book-call", contact=ann)
    assert [name for _, name, _ in story.tasks(ann)] == ["first call"]
    assert story.runs(ann)[-1] == ("lead_qualification", "waiting for first call")


def test_the_next_talk_is_on_the_day_that_was_agreed_on(story: Story) -> None:
    ann = story.contact(time_zone="America/Los_Angeles")
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Unqualified Lead", contact=ann, answers={"next_check_in": "2026-03-12"})
    story.pass_time(2 * WEEK)
    assert story.tasks(ann)[1:] == [(10, "check-in", "sarah")]
    # Nine in the morning where Ann is, and summer time has begun there meanwhile.
    assert story.rows("SELECT created_at FROM task WHERE name = 'check-in'")[0][0] == datetime(
        2026, 3, 12, 16, tzinfo=UTC
    )


def test_a_later_talk_may_set_another_day(story: Story) -> None:
    ann = story.contact()
    story.start("offer_sequence", ann)
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Unqualified Lead", contact=ann, answers={"next_check_in": "2026-04-20"})
    story.happens("replied", contact=ann)
    story.reports("answer_reply", "Talked: Not Now", contact=ann, answers={"next_check_in": "2026-03-09"})
    story.pass_time(8 * DAY)
    assert story.tasks(ann)[-1][:2] == (7, "check-in")
    assert [name for name, _ in story.runs(ann)].count("check_in") == 1


def test_nobody_is_called_again_who_agreed_on_nothing_and_is_not_in_sales(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Unqualified Lead", contact=ann)
    assert dict(story.runs(ann))["check_in"] == "no talk agreed on"


def test_everybody_reads_of_the_talk_but_those_who_said_no(story: Story) -> None:
    for number, outcome in enumerate(("Qualified Lead", "Unqualified Lead", "Bought", "Not Interested")):
        contact = story.contact(f"c{number}@example.com")
        story.happens("form_submitted", "request-info", contact=contact)
        story.reports("first call", f"Had Call: {outcome}", contact=contact)
        told = (0, "lead_qualification/after_call") in story.mails(contact)
        assert told is (outcome != "Not Interested")


def test_a_firm_no_ends_every_mail(story: Story) -> None:
    ann = story.contact(consent_at=MONDAY)
    story.happens("form_submitted", "ebook", contact=ann)
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports("first call", "Had Call: Not Interested", contact=ann)
    mails = len(story.mails(ann))
    story.pass_time(26 * WEEK)
    assert len(story.mails(ann)) == mails
    assert dict(story.runs(ann))["lead_nurture"] == "not interested"


def test_who_waits_for_an_owner_meets_them_as_soon_as_there_is_one(story: Story) -> None:
    bob = story.contact()
    story.start("lead_qualification", bob)
    assert [mail for _, mail in story.mails(bob)] == ["lead_qualification/thanks", "lead_qualification/meet_owner"]
