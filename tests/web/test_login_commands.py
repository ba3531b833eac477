"""Logins at the command line: the first one of an installation, and the way back in."""

import re
from datetime import UTC, datetime

import pytest
from rich.console import Console

from deployments.commands import logins, secrets
from deployments.stack.command_error import CommandError
from models import Role
from tests.support.database import rows
from tests.support.logins import PASSWORD, WORLD, a_login, logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()


def test_the_first_login_is_made_at_the_command_line() -> None:
    said = logins.invite("Nora@Example.com", "set up", "Nora Lindqvist")
    [path] = re.findall(rf"{WORLD}(/password/\S+)", said)
    nora = browser(WORLD)
    assert nora.post(path, data={"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert nora.get("/logins").status_code == 200
    assert rows("SELECT name, email, role FROM login") == [("Nora Lindqvist", "nora@example.com", "set up")]
    with pytest.raises(CommandError, match="has a login with a password already"):
        logins.invite("nora@example.com", "look", None)


def test_inviting_again_replaces_the_link() -> None:
    first, second = (logins.invite("nora@example.com", "work", None) for _ in range(2))
    paths = [re.findall(rf"{WORLD}(/password/\S+)", said)[0] for said in (first, second)]
    assert [browser(WORLD).get(path).status_code for path in paths] == [404, 200]


def test_a_disabled_login_is_not_invited_and_it_is_said_who_enables_it() -> None:
    a_login(disabled_at=datetime.now(UTC))
    with pytest.raises(CommandError, match="is disabled"):
        logins.invite("nora@example.com", "work", None)


@pytest.mark.parametrize(
    ("email", "role", "why"), [("nora", "work", "no email address"), ("nora@example.com", "king", "no role 'king'")]
)
def test_what_cannot_be_invited_says_why(email: str, role: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        logins.invite(email, role, None)
    assert rows("SELECT count(*) FROM login") == [(0,)]


def test_the_list_says_who_has_which_role_and_whether_the_shared_password_is_on() -> None:
    console = Console(record=True, width=200)
    logins.print_logins(console)
    assert "./tend invite" in console.export_text()
    a_login(Role.LOOK)
    logins.invite("mike@example.com", "work", "Mike Brandt")
    logins.print_logins(console)
    said = console.export_text()
    assert re.search(r"Nora Lindqvist.*look.*active", said)
    assert re.search(r"Mike Brandt.*work.*invited", said)
    assert "all share is on" in said


def test_another_shared_password_lets_in_again_whoever_sits_at_the_machine() -> None:
    boss = logged_in_as(Role.SET_UP)
    boss.post("/logins/shared-password", data={"action": "off"})
    renewed = secrets.renew_secret("ops password")
    [password] = re.findall(r"is now (\S+)\. ", renewed)
    assert browser(WORLD).post("/login", data={"password": password}).status_code == 303
    assert boss.get("/logins").status_code == 200
