"""What became of a lead, said on a phone bit by bit, until it is won."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.business_time import pass_time
from tests.support.chromium import PHONE
from tests.support.database import rows
from tests.support.feedback import SARAH, FeedbackStory
from tests.support.mailbox import link_in_mail

ASKED_AFTER = timedelta(days=3)
LEVEL = "SELECT max(level) AS level FROM feedback"


def test_a_lead_is_reported_as_reached_then_as_hopeful_then_as_won_and_is_a_customer(visit: Visit) -> None:
    story = FeedbackStory()
    story.now = story.begin = datetime.now(UTC) - ASKED_AFTER
    lead = story.lead_of(SARAH, first_name="Ana", last_name="Ribeiro")
    story.pass_time(ASKED_AFTER)
    pass_time()
    sarah = visit(PHONE)
    page = sarah.open(link_in_mail(visit(), SARAH, to="/feedback/"))

    for name, level in (("contacted", 1), ("status", 2)):
        say(page, name)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        assert rows(LEVEL)[0].level == level
    expect(page.get_by_label("What it brought")).to_be_hidden()
    say(page, "result", "won")
    page.get_by_label("What it brought").fill("4,800")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert rows(LEVEL)[0].level == 3

    pass_time()
    assert story.orders(lead) == [(4800.0, "USD", True)]
    assert story.column(lead, "stage") == "customer"


def say(page: Page, question: str, answer: str = "") -> None:
    """Choose an answer to a question of the form, the first one unless another is named."""
    folded = page.locator("details:not([open]):has(form.feedback) > summary")
    if folded.count():
        folded.click()
    named = f"[value='{answer}']" if answer else ""
    page.locator(f"input[name={question}]{named}").first.check()
