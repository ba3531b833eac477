"""A manager who looks for leads, gives one to somebody else and makes two contacts one, on a desk."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from models.database import engine
from models.identity.identifiers import record_current
from models.merging.duplicates import find_duplicates
from tests.browser.conftest import Visit
from tests.support.business_time import pass_time
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_task

OWNER_OF = "SELECT rep.name FROM contact JOIN rep ON rep.id = owner_id WHERE contact.id = :contact"


def test_a_manager_filters_the_leads_and_gives_one_to_somebody_else(visit: Visit) -> None:
    apply_playbook()
    john, sarah = (rows("SELECT id FROM rep WHERE name LIKE :name", name=name)[0].id for name in ("John%", "Sarah%"))
    hot = a_contact(score=80, state="CA", owner_id=john)
    a_contact(email="cold@example.com", first_name="Cole", last_name="Cold", score=2, state="CA")
    a_contact(email="ny@example.com", first_name="Nick", last_name="York", score=90, state="NY")
    a_task(hot, rep_id=john, assignee="john", due_at=NOW - timedelta(minutes=5))
    page = visit().open("/contacts")
    assert {"Nick York", "Cole Cold"} <= set(page.locator("td.person a").all_inner_texts())

    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Or as a condition").fill('state == "CA" and score >= 50')
    page.get_by_role("button", name="Show", exact=True).last.click()
    expect(page.locator("td.person a")).to_have_text(["Ana Ribeiro"])
    page.get_by_role("link", name="Ana Ribeiro").click()

    page.locator("summary", has_text="Change the owner").click()
    form = page.locator("form", has=page.get_by_label("To whom"))
    form.get_by_label("To whom").select_option(str(sarah))
    form.get_by_label("Why").fill("Speaks Portuguese")
    form.get_by_role("button", name="Change the owner").click()
    expect(page.locator("main")).to_contain_text("Speaks Portuguese")
    assert rows(OWNER_OF, contact=hot) == [(rows("SELECT name FROM rep WHERE id = :id", id=sarah)[0].name,)]
    assert rows("SELECT rep_id FROM task") == [(sarah,)]
    pass_time()
    page.goto("/mailbox")
    expect(page.locator("main")).to_contain_text("Ana Ribeiro")


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
