"""A manager who looks for leads, gives one to somebody else and makes two contacts one, on a desk."""

import re

from playwright.sync_api import expect

from models.database import engine
from models.identity.identifiers import record_current
from models.merging.duplicates import find_duplicates
from tests.browser.conftest import Visit
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact


def test_a_manager_makes_two_contacts_one_and_two_again(visit: Visit) -> None:
    apply_playbook()
    ann = a_contact(email="ann.lee@gmail.com", first_name="Ann", last_name="Lee", company="Acme")
    twin = a_contact(email="annlee@gmail.com", first_name="Anna", last_name="Lee", company=None, city="Boston")
    with engine().begin() as connection:
        record_current(connection, [ann, twin], "test", NOW)
    find_duplicates(engine(), NOW)

    page = visit().open("/duplicates")
    page.get_by_role("link", name="Merge", exact=True).click()
    expect(page.locator("main")).to_contain_text("Boston from the other one")
    page.get_by_label("What shows that they are the same person").fill("She said so")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/contacts/{ann}\b"))
    expect(page.locator("main")).to_contain_text("She said so")
    page.goto(f"/contacts/{twin}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ann Lee")

    page.goto("/merges/1")
    page.get_by_role("button", name="Separate").click()
    page.goto(f"/contacts/{twin}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anna Lee")
