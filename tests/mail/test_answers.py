"""However often a stranger posts somebody's address, its owner gets each answer once a day, and few in all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from flows.runtime.prefect_flow import discover
from models.database import engine
from models.mail.claim import claim_messages
from models.mail.rules import MailRules
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story

HOUR = timedelta(hours=1)


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    return Story(discover())


def deliver(story: Story) -> list[str]:
    """The templates of what goes out to contacts now, the whole queue in one claim."""
    rules = MailRules.from_playbook(apply_playbook())
    with engine().begin() as connection:
        batch = claim_messages(connection, rules, story.now, sender=1, size=10_000, max_sends=10_000)
    write("UPDATE message SET state = 'sent', sent_at = :now WHERE state = 'sending'", now=story.now)
    sent = rows(
        "SELECT template FROM message WHERE id = ANY(:ids) AND kind = 'transactional' ORDER BY id", ids=batch.claimed
    )
    return [template for (template,) in sent]


def end_runs(story: Story) -> None:
    """Somebody has looked at what was asked, so the next form is a new run."""
    write("UPDATE journey_run SET ended_at = :now, ending = 'seen', status = 'ended'", now=story.now)
    write("UPDATE task SET done_at = :now, outcome = 'Seen' WHERE done_at IS NULL", now=story.now)


def skipped() -> set[str]:
    return {reason for (reason,) in rows("SELECT reason FROM message WHERE state = 'skipped'")}


def test_a_form_posted_a_hundred_times_is_answered_once_a_day(story: Story) -> None:
    ann = story.contact()
    for _ in range(100):
        story.happens("form_submitted", "ebook", contact=ann)
    assert deliver(story) == ["welcome/delivery"]
    assert skipped() == {"the contact had this answer to the same form less than a day ago"}
    story.now += 23 * HOUR
    story.happens("form_submitted", "ebook", contact=ann)
    assert deliver(story) == []
    story.now += 2 * HOUR
    story.happens("form_submitted", "ebook", contact=ann)
    assert deliver(story) == ["welcome/delivery"]


def test_what_is_asked_for_beside_it_is_answered_too(story: Story) -> None:
    ann = story.contact()
    for form in ("ebook", "checklist", "ebook", "request-info"):
        story.happens("form_submitted", form, contact=ann)
    assert set(deliver(story)) >= {"lead_qualification/thanks", "welcome/delivery"}
    assert rows("SELECT count(*) FROM message WHERE state = 'sent' AND template = 'welcome/delivery'") == [(2,)]


def test_other_people_get_their_answers(story: Story) -> None:
    people = [story.contact(f"p{number}@example.com") for number in range(3)]
    for person in people:
        story.happens("form_submitted", "ebook", contact=person)
    assert deliver(story) == ["welcome/delivery"] * 3


def test_forms_that_somebody_thinks_up_are_answered_five_times_a_day(story: Story) -> None:
    ann = story.contact()
    for number in range(40):
        story.happens("form_submitted", f"made-up-{number}", contact=ann)
        story.now += timedelta(minutes=1)
        end_runs(story)
    assert len(deliver(story)) == 5
    assert skipped() == {"the contact had 5 answers within a day, and has not shown that the address is theirs"}


@pytest.mark.parametrize(
    ("shown", "data", "is_theirs"),
    [
        ("link_clicked", {}, True),
        ("replied", {}, True),
        ("call_connected", {}, True),
        ("order_placed", {}, True),
        ("link_clicked", {"is_machine": True}, False),
        ("email_opened", {}, False),
        ("page_visited", {}, False),
    ],
)
def test_whoever_has_shown_that_the_address_is_theirs_is_answered_each_form(
    story: Story, shown: str, data: Any, is_theirs: bool
) -> None:
    ann = story.contact()
    story.happens(shown, contact=ann, data=data)
    end_runs(story)
    for form in ("ebook", "checklist", "newsletter", "discount"):
        story.happens("form_submitted", form, contact=ann)
    for number in range(3):
        story.happens("form_submitted", f"made-up-{number}", contact=ann)
        end_runs(story)
    answers = [template for template in deliver(story) if template in ("welcome/delivery", "unclaimed_lead/received")]
    assert len(answers) == (7 if is_theirs else 5)


def test_two_deliveries_at_once_send_an_answer_once(story: Story) -> None:
    rules = MailRules.from_playbook(apply_playbook())

    def claim(sender: int) -> int:
        with engine().begin() as connection:
            return len(claim_messages(connection, rules, MONDAY, sender=sender, size=1, max_sends=1).claimed)

    people = [story.contact(f"p{number}@example.com") for number in range(10)]
    for person in people:
        story.happens("form_submitted", "ebook", contact=person)
        story.happens("form_submitted", "ebook", contact=person)
    write("DELETE FROM message WHERE kind <> 'transactional'")
    with ThreadPoolExecutor(4) as pool:
        claimed = sum(pool.map(claim, range(1, 41)))
    assert claimed == len(people)
    assert rows("SELECT count(DISTINCT contact_id) FROM message WHERE state = 'sending'") == [(len(people),)]


def test_an_answer_that_did_not_go_out_is_no_reason_to_skip_the_next(story: Story) -> None:
    ann = story.contact()
    story.happens("form_submitted", "ebook", contact=ann)
    deliver(story)
    write("UPDATE message SET state = 'failed'")
    story.happens("form_submitted", "ebook", contact=ann)
    assert deliver(story) == ["welcome/delivery"]
