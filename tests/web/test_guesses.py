"""Whoever guesses passwords or asks for links of others: what it costs them, and that it costs nobody else."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models.access.guesses import count_guess, guess_key
from models.access.password import AT_ONCE, WAITING, TooManyChecks, verify_password
from models.database import engine
from models.logins.accounts import find_account
from models.logins.password_link import mail_reset
from tests.support.database import rows
from tests.support.logins import PASSWORD, WORLD, a_login, begin_counting_guesses, log_in, mailed_path
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()
    begin_counting_guesses()


def test_whoever_asks_for_links_of_somebody_else_ends_none_of_theirs() -> None:
    number = a_login()
    with engine().begin() as connection:
        account = find_account(connection, number)
        assert account is not None
        first = mail_reset(connection, account, NOW)
    for minutes in (6, 12, 18):
        with engine().begin() as connection:
            account = find_account(connection, number)
            assert account is not None
            again = mail_reset(connection, account, NOW + timedelta(minutes=minutes))
            assert (again, first) == (first, again)
    assert rows("SELECT count(*) FROM message") == [(4,)]
    assert browser(WORLD).get(mailed_path()).status_code == 200


def test_addresses_that_nobody_has_leave_no_rows_and_a_network_asks_so_often_only() -> None:
    asker = Browser(WORLD, "192.0.2.7")
    answers = [asker.post("/forgot", data={"email": f"x{number}@example.com"}).status_code for number in range(22)]
    assert answers == [200] * 20 + [429] * 2
    assert rows("SELECT count(*) FROM login_guess") == [(0,)]


def test_guesses_from_one_ipv6_network_are_counted_together() -> None:
    codes = [
        log_in(Browser(WORLD, f"2001:db8:1:2::{number}"), f"guess number {number}", email=f"x{number}@example.com")
        for number in range(8)
    ]
    assert (codes[:5], codes[5:]) == ([403] * 5, [429] * 3)
    assert log_in(Browser(WORLD, "2001:db8:1:3::1"), "a guess that is long", email="y@example.com") == 403


def test_of_many_guesses_at_once_no_more_are_checked_than_one_after_another() -> None:
    with ThreadPoolExecutor(12) as pool:
        sent = [
            pool.submit(log_in, Browser(WORLD, "192.0.2.9"), "a guess that is long", email=f"x{number}@example.com")
            for number in range(12)
        ]
        codes = [one.result() for one in sent]
    assert codes.count(403) + codes.count(503) <= 5
    assert codes.count(429) >= 7


def test_old_guesses_go_with_new_ones() -> None:
    with engine().begin() as connection:
        for number in range(12):
            count_guess(connection, guess_key(f"x{number}@example.com"), NOW - timedelta(days=3))
        count_guess(connection, guess_key("y@example.com"), NOW)
        assert connection.execute(text("SELECT count(*) FROM login_guess")).scalar_one() == 3


def test_few_wait_for_a_check_and_the_others_hear_so_at_once() -> None:
    with ExitStack() as stack:
        for place in (AT_ONCE, AT_ONCE, *[WAITING] * 4):
            stack.enter_context(place)
        with pytest.raises(TooManyChecks):
            verify_password(PASSWORD, None)
    assert not verify_password(PASSWORD, None)


def test_logging_in_ends_the_session_that_the_browser_had() -> None:
    a_login()
    nora, copy = browser(WORLD), browser(WORLD)
    log_in(nora)
    copy.cookies.update(nora.cookies)
    assert copy.get("/contacts").status_code == 200
    log_in(nora)
    assert [one.get("/contacts").status_code for one in (nora, copy)] == [200, 303]
