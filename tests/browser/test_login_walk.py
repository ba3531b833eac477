"""Logins of people, from the invitation to the lock after wrong passwords, where others than this machine come in."""

import pytest
from playwright.sync_api import Page, expect

from models.access.token import read_secret
from models.database import engine
from tests.browser.conftest import Visit
from tests.support.business_time import pass_time
from tests.support.chromium import PHONE
from tests.support.logins import PASSWORD, begin_counting_guesses
from tests.support.mailbox import link_in_mail
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact

NORA = "nora@example.com"
REFUSED = "the server responded with a status of 4"


@pytest.fixture
def reachable(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages listen where others reach them, so all that is for ops needs a login."""
    monkeypatch.setenv("TEND_HOST", "0.0.0.0")
    begin_counting_guesses()
    apply_playbook()


@pytest.mark.usefixtures("reachable")
def test_somebody_is_invited_sees_what_their_role_may_and_guessing_has_to_wait(visit: Visit) -> None:
    contact = a_contact()
    ops = visit()
    ops.open("/contacts")
    ops.page.get_by_label("Ops password").fill(shared_password())
    ops.page.get_by_role("button", name="Log in").click()
    expect(ops.page.get_by_role("heading", level=1)).to_have_text("Contacts")

    invite(ops.open("/logins"), "look")
    pass_time()
    nora = visit(PHONE)
    nora.expected = REFUSED
    nora.open(link_in_mail(ops, NORA, to="/password/"))
    nora.page.get_by_label("New password").fill(PASSWORD)
    nora.page.get_by_label("The same once more").fill(PASSWORD)
    nora.page.get_by_role("button").click()
    nora.page.wait_for_url(lambda url: "/password/" not in url)
    nora.open(f"/contacts/{contact}")
    expect(nora.page.get_by_role("heading", level=1)).to_contain_text("Ana Ribeiro")
    expect(nora.page.get_by_text("Write a note")).to_have_count(0)
    refused = nora.page.goto("/logins")
    assert (refused and refused.status) == 403
    expect(nora.page.locator("main")).to_contain_text("set up")

    ops.open("/logins").get_by_text("Change", exact=True).last.click()
    ops.page.get_by_label("Role of Nora Lindqvist").select_option("work")
    ops.page.get_by_role("button", name="Give role").click()
    expect(ops.page.get_by_role("status")).to_be_visible()
    nora.open(f"/contacts/{contact}")
    nora.page.get_by_text("Write a note").click()
    nora.page.get_by_label("What a colleague should know").fill("Prefers mornings.")
    nora.page.get_by_role("button", name="Save the note").click()
    expect(nora.page.get_by_text("Prefers mornings.").first).to_be_attached()
    assert "Nora Lindqvist wrote a note" in ops.open("/audit?who=Nora+Lindqvist").inner_text("main")

    thief = visit(PHONE)
    thief.expected = REFUSED
    for password in ("summer2026", "nora1234", "letmein!!", "qwertyqwerty", "brightwater", "brightwater1"):
        log_in(thief.open("/login"), password)
    expect(thief.page.get_by_role("alert")).to_contain_text("Wait")
    # Her own browser is known and is not held up by others.
    nora.context.clear_cookies(name="tend_session")
    log_in(nora.open("/login?next=/contacts"), "mistyped")
    expect(nora.page.get_by_role("alert")).to_contain_text("do not belong together")
    log_in(nora.page, PASSWORD)
    expect(nora.page.get_by_role("heading", level=1)).to_have_text("Contacts")


def shared_password() -> str:
    with engine().connect() as connection:
        return read_secret(connection, "ops password")


def invite(page: Page, role: str) -> None:
    page.get_by_label("Name", exact=True).fill("Nora Lindqvist")
    page.get_by_label("Email address").fill(NORA)
    page.locator(f"input[name=role][value='{role}']").check()
    page.get_by_role("button", name="Mail the invitation").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Your email address").fill(NORA)
    page.get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Log in").first.click()
