"""What those get to read who do not buy: delivered at once, each series once, a letter now and then, and an end."""

from datetime import timedelta

import pytest

from flows.runtime.prefect_flow import discover
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
CHALLENGES = {
    "Generating new leads": "leads",
    "Hiring enough qualified people": "hiring",
    "Customer loyalty": "loyalty",
}


@pytest.fixture
def story(database_url: str) -> Story:
    """All shipped journeys and the shipped playbook."""
    apply_playbook()
    return Story(discover())


def templates(story: Story, contact: int, journey: str) -> list[str]:
    """The mails of one journey, in order."""
    return [mail.removeprefix(f"{journey}/") for _, mail in story.mails(contact) if mail.startswith(f"{journey}/")]


@pytest.mark.parametrize("form", ["ebook", "checklist", "newsletter", "discount"])
def test_what_is_free_comes_at_once_even_to_those_who_left_the_list(story: Story, form: str) -> None:
    ann = story.contact(suppressed="unsubscribed")
    story.happens("form_submitted", form, contact=ann)
    assert story.mails(ann) == [(0, "welcome/delivery")]
    assert story.rows("SELECT kind FROM message") == [("transactional",)]
    assert story.tasks(ann) == []


def test_whoever_gave_a_number_alone_for_a_download_is_heard_by_a_person(story: Story) -> None:
    bob = story.contact(None, phone="+12075550600")
    story.happens("form_submitted", "ebook", contact=bob)
    assert [(day, name) for day, name, _ in story.tasks(bob)] == [(0, "first look")]


@pytest.mark.parametrize(
    ("form", "agreed", "goes_on"), [("ebook", False, False), ("ebook", True, True), ("newsletter", False, True)]
)
def test_the_series_follows_only_if_they_agreed(story: Story, form: str, agreed: bool, goes_on: bool) -> None:
    ann = story.contact(consent_at=MONDAY if agreed else None)
    story.happens("form_submitted", form, contact=ann)
    assert ((0, "lead_nurture/article_1") in story.mails(ann)) is goes_on


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_the_challenge_decides_what_they_read(story: Story, challenge: str) -> None:
    ann = story.contact(consent_at=MONDAY)
    told = "UPDATE contact SET custom = jsonb_build_object('challenge', CAST(:challenge AS text))"
    story.write(told, challenge=challenge)
    story.happens("form_submitted", "ebook", contact=ann)
    story.pass_time(3 * WEEK)
    lessons = [(7 * week, f"challenge_course/{CHALLENGES[challenge]}_{week + 1}") for week in range(3)]
    assert story.mails(ann) == [(0, "welcome/delivery"), *lessons, (21, "lead_nurture/article_1")]


def test_two_lessons_followed_bring_the_offer(story: Story) -> None:
    ann = story.contact(consent_at=MONDAY)
    story.write('UPDATE contact SET custom = \'{"challenge": "Customer loyalty"}\'')
    story.happens("form_submitted", "ebook", contact=ann)
    for lesson in ("loyalty_1", "loyalty_2"):
        story.happens("link_clicked", f"challenge_course/{lesson}", contact=ann)
        story.pass_time(WEEK)
    story.pass_time(WEEK)
    assert story.mails(ann)[-1] == (21, "offer_sequence/offer")


def test_a_challenge_learned_later_brings_its_course(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "request-info", contact=ann)
    story.reports(
        "first call", "Had Call: Unqualified Lead", contact=ann, answers={"challenge": "Generating new leads"}
    )
    assert story.mails(ann)[-1] == (0, "challenge_course/leads_1")


def test_whoever_never_buys_gets_each_mail_once_and_the_mails_come_to_an_end(story: Story) -> None:
    """Somebody reads every article, answers nothing else and buys nothing."""
    ann = story.contact(consent_at=MONDAY)
    story.happens("form_submitted", "ebook", contact=ann)
    for number in range(1, 6):
        story.happens("link_clicked", f"lead_nurture/article_{number}", contact=ann)
        story.pass_time(WEEK)
    story.pass_time(75 * WEEK)
    mails = [mail for _, mail in story.mails(ann)]
    assert len(mails) == len(set(mails)) == 20
    assert [journey for journey, _ in story.runs(ann)] == [
        *("welcome", "reading_list", "lead_nurture", "offer_sequence"),
        *("reading_list", "long_term_follow_up", "re_engagement"),
    ]
    assert story.runs(ann)[-1] == ("re_engagement", "removed from the list")


def test_letters_come_monthly_then_quarterly(story: Story) -> None:
    ann = story.contact()
    story.start("long_term_follow_up", ann)
    story.pass_time(60 * WEEK)
    assert [day // 7 for day, mail in story.mails(ann) if mail.startswith("long_term")] == [4, 8, 12, 16, 29, 42]


@pytest.mark.parametrize(("event", "task"), [("link_clicked", "came_back"), ("replied", "answer_reply")])
def test_whoever_answers_a_letter_hears_from_a_person(story: Story, event: str, task: str) -> None:
    ann = story.contact()
    story.start("long_term_follow_up", ann)
    story.pass_time(4 * WEEK)
    story.happens(event, "long_term_follow_up/one_hour_a_month", contact=ann)
    assert story.tasks(ann) == [(28, f"{task} after one_hour_a_month", "sarah")]
    story.reports(f"{task} after one_hour_a_month", "Talked: Wants an Offer", contact=ann)
    assert (28, "offer_sequence/offer") in story.mails(ann)
    assert (28, "long_term_follow_up/after_talk") in story.mails(ann)


@pytest.mark.parametrize(
    ("event", "topic", "ending"),
    [
        ("order_placed", "strategy-session", "bought"),
        ("unsubscribed", None, "left the list"),
        ("form_submitted", "request-info", "asked for a call"),
    ],
)
def test_whoever_acts_gets_no_more_letters(story: Story, event: str, topic: str | None, ending: str) -> None:
    ann = story.contact()
    story.start("long_term_follow_up", ann)
    story.happens(event, topic, contact=ann)
    assert story.runs(ann)[0] == ("long_term_follow_up", ending)


def test_news_for_a_segment_count_who_followed_them(story: Story) -> None:
    ann, bob = story.contact(), story.contact("bob@example.com")
    story.start("announcement", ann, bob)
    story.happens("link_clicked", "announcement/news", contact=ann)
    story.pass_time(3 * WEEK)
    assert [story.runs(who)[0][1] for who in (ann, bob)] == ["followed it", "let it pass"]
