"""Leads that are offered, on the phones of those who are asked."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.support.business_time import pass_time
from tests.support.chromium import PHONE
from tests.support.mailbox import link_in_mail
from tests.support.offered_lead import GIVEAWAY, on_offer
from tests.support.offers import offers, owner


def test_a_lead_is_left_to_others_and_taken_by_the_next_who_only_then_reads_who_it_is(visit: Visit) -> None:
    lead = on_offer()
    pass_time()
    ops, ann = visit(), visit(PHONE)
    ann.open(link_in_mail(ops, "ann@example.com", to="/offers/"))
    expect(ann.page.get_by_role("timer")).to_be_visible()
    assert not GIVEAWAY.search(ann.page.inner_text("body"))
    ann.page.get_by_text("Not for you?").click()
    ann.page.get_by_label("Why").fill("On the road")
    ann.page.get_by_role("button", name="Leave it to others").click()
    expect(ann.page.get_by_role("heading", level=1)).to_have_text("You left this lead to others")

    pass_time()
    ben = visit(PHONE)
    link = link_in_mail(ops, "ben@example.com", to="/offers/")
    ben.open(link)
    assert not GIVEAWAY.search(ben.page.inner_text("body"))
    ben.page.get_by_role("button", name="Take this lead").tap()
    expect(ben.page.get_by_role("heading", level=1)).to_have_text("Wilhelmina Ostrowski")
    expect(ben.page.get_by_role("link", name="Call")).to_have_attribute("href", "tel:+12075550177")
    ben.open(link)
    expect(ben.page.get_by_text("It is yours since")).to_be_visible()
    ann.page.reload()
    assert not GIVEAWAY.search(ann.page.inner_text("body"))
    assert (owner(lead), offers(lead)) == ("Ben", [("Ann", "declined"), ("Ben", "accepted")])
