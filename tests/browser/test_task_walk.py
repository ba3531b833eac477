"""From a form on the website to the mail after the call, as the lead, ops and the salesperson see it."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from models.leads.public_form import SHOWN_AT, shown_at
from tests.browser.conftest import Visit
from tests.support.business_time import pass_time
from tests.support.chromium import PHONE, Visitor
from tests.support.database import rows
from tests.support.mailbox import link_in_mail
from tests.support.playbook import apply_playbook, let_reports_be_taken_back

SET_VALUE = "(field, value) => { field.value = value }"
MAILS_TO_LEADS = "SELECT template FROM message WHERE kind IN ('transactional', 'marketing') ORDER BY id"
UNDO = timedelta(minutes=2)


def test_a_lead_is_called_the_report_taken_back_and_made_anew_and_the_next_mail_goes_out(visit: Visit) -> None:
    apply_playbook()
    let_reports_be_taken_back()
    ask_for_information(visit(PHONE))
    pass_time()
    ops = visit()
    assert "here is what happens next" in ops.open("/mailbox").inner_text("main")

    sarah = visit(PHONE)
    sarah.open(link_in_mail(ops, "sarah", to="/tasks/"))
    expect(sarah.page.get_by_role("link", name="Call +1 207-555-0188")).to_have_attribute("href", "tel:+12075550188")
    report(sarah, "Could Not Reach: Try Again")
    sarah.page.get_by_role("button", name="Take it back").click()
    expect(sarah.page.get_by_role("status")).to_contain_text("taken back")

    sarah.page.get_by_label("What you talked about").fill("You want to hand over the estimates.")
    report(sarah, "Had Call: Qualified Lead")
    expect(sarah.page.get_by_text("You can take it back until")).to_be_visible()
    pass_time(UNDO)

    ops.open("/mailbox?q=ana@northlight.example.com")
    ops.page.get_by_role("link", name="talk").first.click()
    mail = ops.page.frame_locator("iframe").locator("body")
    expect(mail).to_contain_text("You want to hand over the estimates.")
    assert [template for (template,) in rows(MAILS_TO_LEADS)] == [
        "lead_qualification/thanks",
        "lead_qualification/after_call",
        "offer_sequence/offer",
    ]
    assert rows("SELECT outcome FROM task WHERE done_at IS NOT NULL") == [("Had Call: Qualified Lead",)]


def ask_for_information(lead: Visitor) -> None:
    """Fill in the form of the website, in as long as a person takes."""
    form = lead.open("/site").locator("form#form")
    form.get_by_label("Your name").fill("Ana Ribeiro")
    form.get_by_label("Email").fill("ana@northlight.example.com")
    form.get_by_label("Phone").fill("207-555-0188")
    form.get_by_label("You may write to me").check()
    form.locator(f"input[name={SHOWN_AT}]").evaluate(SET_VALUE, shown_at(datetime.now(UTC) - timedelta(minutes=1)))
    form.get_by_role("button", name="Send").click()
    lead.page.wait_for_url("**/site/thanks")


def report(salesperson: Visitor, outcome: str) -> None:
    """On the page of a task."""
    salesperson.page.get_by_role("radio", name=outcome).check()
    salesperson.page.get_by_role("button", name="Report", exact=True).click()
