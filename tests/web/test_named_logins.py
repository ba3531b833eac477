"""Named logins: invited by mail, set up by a link that works once, and closed to whoever guesses."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from models import Role
from models.access.guesses import FREE, LONGEST_PAUSE, count_guess, forget_guesses, forget_old_guesses, guess_key
from models.access.password import HASHER, hash_password, password_problem, verify_password
from models.access.token import read_secret, sign_token
from models.database import engine
from models.logins import accounts
from models.logins.accounts import LoginProblem, find_account
from models.logins.password_link import (
    INVITATION_LASTS,
    PURPOSE,
    RESET_LASTS,
    UsedLink,
    mail_invitation,
    mail_reset,
    read_link,
    use_link,
)
from tests.support.database import rows
from tests.support.logins import (
    PASSWORD,
    WORLD,
    a_login,
    begin_counting_guesses,
    browser_of,
    log_in,
    logged_in_as,
    mailed_path,
)
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANOTHER = "copper lantern 19 thaw"


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()
    begin_counting_guesses()


def shared_password() -> str:
    with engine().connect() as connection:
        return read_secret(connection, "ops password")


def test_somebody_who_is_invited_sets_a_password_by_the_mail_and_is_in() -> None:
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")
    boss.post("/logins", data={"name": "Nora Lindqvist", "email": "Nora@Example.com", "role": "work"})
    assert rows("SELECT to_address, template, kind FROM message") == [
        ("nora@example.com", "team/login_invitation", "team")
    ]
    nora, path = browser(WORLD), mailed_path()
    assert "Set your password" in nora.get(path).text
    # Scanners open links: looking changes nothing.
    assert browser(WORLD).get(path).status_code == 200

    assert nora.post(path, data={"password": PASSWORD, "again": PASSWORD}).status_code == 303

    assert "Nora Lindqvist" in nora.get("/me").text
    assert nora.get("/logins").status_code == 403
    assert log_in(browser(WORLD)) == 303
    for used in (browser(WORLD).get(path), browser(WORLD).post(path, data={"password": ANOTHER, "again": ANOTHER})):
        assert (used.status_code, "was used" in used.text) == (404, True)
    assert [action for (action,) in rows("SELECT action FROM audit ORDER BY id")] == [
        "invited Nora Lindqvist with the role “work”",
        "set a password and logged in",
        "logged in",
    ]


def test_a_link_is_good_for_its_time_and_only_the_newest_one_works() -> None:
    number = a_login(password_hash=None, password_set_at=None)
    with engine().begin() as connection:
        account = find_account(connection, number)
        assert account is not None
        first = mail_invitation(connection, account, "Sarah Miller", NOW)
        second = mail_invitation(connection, account, "Sarah Miller", NOW)
        assert rows("SELECT count(*) FROM message") == [(0,)], "the caller commits"
        tokens = [link.path.rpartition("/")[2] for link in (first, second)]
        with pytest.raises(UsedLink):
            read_link(connection, tokens[0], NOW)
        assert read_link(connection, tokens[1], NOW + INVITATION_LASTS - timedelta(seconds=1)).id == number
        with pytest.raises(UsedLink):
            read_link(connection, tokens[1], NOW + INVITATION_LASTS)
        assert second.url == f"{WORLD}{second.path}"


@pytest.mark.parametrize("value", [None, 7, [], [1], [1, 2, 3], ["a", "b"], {"id": 1}, [2**70, 1]])
def test_a_token_of_ours_with_something_else_in_it_is_a_kind_page(value: object) -> None:
    assert browser(WORLD).get(f"/password/{sign_token(PURPOSE, value)}").status_code == 404
    assert browser(WORLD).get(f"/password/{sign_token('task', [1, 0])}").status_code == 404


def test_another_password_ends_every_session_but_the_one_that_set_it() -> None:
    number = a_login()
    here, elsewhere = browser_of(number), browser_of(number)
    assert elsewhere.get("/contacts").status_code == 200
    sent = {"current": PASSWORD, "password": ANOTHER, "again": ANOTHER}
    assert here.post("/me/password", data=sent | {"current": "a guess that is long"}).status_code == 422
    assert here.post("/me/password", data=sent | {"again": "mistyped"}).status_code == 422

    assert here.post("/me/password", data=sent).status_code == 303

    assert [one.get("/contacts").status_code for one in (here, elsewhere)] == [200, 303]
    assert [log_in(browser(WORLD), one) for one in (PASSWORD, ANOTHER)] == [403, 303]


def test_who_forgot_the_password_gets_a_link_and_nobody_learns_who_has_a_login() -> None:
    a_login()
    for stranger in (browser(WORLD), browser(WORLD)):
        assert log_in(stranger, "a wrong guess") == 403
    known = browser(WORLD).post("/forgot", data={"email": "NORA@example.com "})
    path = mailed_path()
    unknown = browser(WORLD).post("/forgot", data={"email": "mora@example.com"})
    assert known.text.replace("nora@", "mora@") == unknown.text
    assert rows("SELECT count(*) FROM message") == [(1,)]
    # Until the link is used, the password stays: somebody else may have asked.
    assert log_in(browser(WORLD)) == 303
    nora = browser(WORLD)
    assert nora.post(path, data={"password": ANOTHER, "again": ANOTHER}).status_code == 303
    assert [log_in(browser(WORLD), one) for one in (PASSWORD, ANOTHER)] == [403, 303]


def test_a_mailbox_is_not_filled_by_whoever_asks_for_links() -> None:
    number = a_login()
    for _ in range(20):
        browser(WORLD).post("/forgot", data={"email": "nora@example.com"})
    assert rows("SELECT count(*) FROM message") == [(1,)]
    with engine().begin() as connection:
        account = find_account(connection, number)
        assert account is not None
        assert account.link_expires_at is not None
        mailed_at = account.link_expires_at - RESET_LASTS
        assert mail_reset(connection, account, mailed_at + timedelta(minutes=1)) is None
        assert mail_reset(connection, account, mailed_at + timedelta(minutes=6)) is not None


def test_a_wrong_password_and_an_address_without_a_login_are_answered_alike() -> None:
    a_login()
    a_login(name="Mike Brandt", disabled_at=NOW)
    answers = [
        browser(WORLD).post("/login", data={"email": email, "password": PASSWORD + end})
        for email, end in (("nora@example.com", "!"), ("nobody@example.com", ""), ("mike@example.com", ""))
    ]
    assert {answer.status_code for answer in answers} == {403}
    pages = {re.sub(r"\w+@example", "x@example", answer.text) for answer in answers}
    assert len(pages) == 1


def test_an_address_has_to_wait_after_wrong_passwords_whether_it_has_a_login_or_not() -> None:
    a_login()
    for email in ("nora@example.com", "nobody@example.com"):
        for guess in range(FREE + 1):
            # From everywhere in the world, so that no network has to wait.
            guesser = Browser(WORLD, f"192.0.2.{guess}")
            answer = guesser.post("/login", data={"email": email, "password": f"guess number {guess}"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
    assert log_in(Browser(WORLD, "192.0.2.99")) == 429, "nothing is checked meanwhile, also not the right one"


def test_nobody_keeps_somebody_out_of_a_browser_that_has_logged_in_before() -> None:
    a_login()
    nora = browser(WORLD)
    assert log_in(nora) == 303
    nora.post("/logout")
    for guess in range(FREE + 5):
        log_in(Browser(WORLD, "127.0.0.1" if guess % 2 else f"192.0.2.{guess}"), f"guess number {guess}")

    assert log_in(browser(WORLD)) == 429
    assert log_in(nora) == 303

    nora.post("/logout")
    for guess in range(FREE):
        log_in(nora, f"guess number {guess}")
    assert log_in(nora) == 429, "a stolen browser cannot guess for ever either"


def test_pauses_double_up_to_the_longest_and_are_forgotten_after_a_day() -> None:
    with engine().begin() as connection:
        key, now, waited = guess_key("nora@example.com"), NOW, list[timedelta]()
        for _ in range(FREE + 12):
            assert not count_guess(connection, key, now)
            wait = count_guess(connection, key, now)
            if wait:
                waited.append(wait)
                now += wait
        assert waited == sorted(waited)
        assert (waited[1] / waited[0], waited[-1]) == (2, LONGEST_PAUSE)
        # At its longest: fewer than a hundred a day.
        assert timedelta(days=1) / LONGEST_PAUSE < 100
        forget_guesses(connection, key)
        assert not count_guess(connection, key, now)
        forget_old_guesses(connection, now + timedelta(days=2))
        assert connection.execute(text("SELECT count(*) FROM login_guess")).scalar_one() == 0


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 12"),
        ("x" * 201, "at most 200"),
        ("Password1234", "commonly used"),
        ("qwertyuiop123", "common"),
        ("aaaaaaaaaaaa", "Repeats"),
        ("123456789012", "commonly used"),
        ("northlindqvist", "easy to guess"),
        ("nora@example.com", "easy to guess"),
        ("tendtendtend", "Repeats"),
    ],
)
def test_passwords_that_are_easily_guessed_are_refused_with_a_reason(password: str, why: str) -> None:
    found = password_problem(password, ["Nora Lindqvist", "nora@example.com", "North Lindqvist"])
    assert found is not None
    assert why.lower() in found.lower()
    assert password not in found


@pytest.mark.parametrize(
    "password", [PASSWORD, "fenêtre öffnet żaba", "   spaces   inside  ", "湖面黄昏灯火渐明山风又起", "vK8#mzPq2x!L"]
)
def test_any_character_is_taken_and_no_rules_of_composition(password: str) -> None:
    assert password_problem(password) is None


def test_a_password_is_kept_as_argon2id_and_typed_on_any_keyboard() -> None:
    stored = HASHER.hash("caf\u00e9 lantern thaw")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("cafe\u0301 lantern thaw", stored)
    assert not verify_password("cafe lantern thaw", stored)
    for none in (None, "", "not a hash"):
        assert not verify_password("", none)


def test_the_shared_password_is_switched_off_once_somebody_can_set_up_and_ends_with_its_sessions() -> None:
    shared = browser(WORLD)
    assert shared.post("/login", data={"password": shared_password()}).status_code == 303
    assert "can be switched off" in shared.get("/logins").text
    assert shared.post("/logins/shared-password", data={"action": "off"}).status_code == 422
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")

    assert boss.post("/logins/shared-password", data={"action": "off"}).status_code == 303

    assert shared.get("/contacts").status_code == 303
    assert browser(WORLD).post("/login", data={"password": shared_password()}).status_code == 403
    assert "ops password" not in browser(WORLD).get("/login").text.lower()
    assert boss.get("/contacts").status_code == 200

    boss.post("/logins/shared-password", data={"action": "on"})
    assert browser(WORLD).post("/login", data={"password": shared_password()}).status_code == 303


def test_the_last_one_who_can_set_up_cannot_be_locked_out() -> None:
    number = a_login(Role.SET_UP)
    boss = browser_of(number)
    boss.post("/logins/shared-password", data={"action": "off"})
    for path, sent in ((f"/logins/{number}/role", {"role": "look"}), (f"/logins/{number}/disable", {})):
        answer = boss.post(path, data=sent)
        assert (answer.status_code, "nobody could get in" in answer.text) == (422, True)
    other = a_login(Role.SET_UP, "Sarah Miller")
    assert boss.post(f"/logins/{number}/disable").status_code == 303
    with engine().begin() as connection, pytest.raises(LoginProblem):
        accounts.disable_account(connection, other, NOW)


def test_who_is_disabled_is_out_at_once_and_keeps_the_password_for_later() -> None:
    number = a_login()
    nora, boss = browser_of(number), logged_in_as(Role.SET_UP, "Sarah Miller")
    boss.post(f"/logins/{number}/disable")
    assert nora.get("/contacts").status_code == 303
    assert log_in(browser(WORLD)) == 403
    assert boss.post(f"/logins/{number}/link").status_code == 422
    boss.post(f"/logins/{number}/enable")
    assert log_in(browser(WORLD)) == 303


def test_sessions_are_listed_and_ended_one_by_one_and_nobody_ends_those_of_others() -> None:
    number, mike = a_login(), a_login(name="Mike Brandt")
    here, there, other = browser_of(number), browser_of(number), browser_of(mike)
    there.get("/contacts", headers={"user-agent": "Mozilla/5.0 (iPhone) Safari/604.1"})
    [(theirs,)] = rows(f"SELECT digest FROM ops_session WHERE login_id = {mike}")
    listed = re.findall(r'action="/me/sessions/([0-9a-f]+)"', here.get("/me").text)
    assert len(listed) == 1

    here.post(f"/me/sessions/{theirs}")
    here.post(f"/me/sessions/{listed[0]}")

    assert [one.get("/contacts").status_code for one in (here, there, other)] == [200, 303, 200]
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")
    boss.post(f"/logins/sessions/{theirs}")
    assert other.get("/contacts").status_code == 303


def test_logging_out_everywhere_ends_ones_own_sessions_and_no_others() -> None:
    number = a_login()
    here, there, other = browser_of(number), browser_of(number), logged_in_as(Role.WORK, "Mike Brandt")
    here.post("/logout", data={"everywhere": "true"})
    assert [one.get("/contacts").status_code for one in (here, there, other)] == [303, 303, 200]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"name": "", "email": "a@example.com"}, "No name"),
        ({"name": "A", "email": "no address"}, "no email address"),
        ({"name": "A" * 101, "email": "a@example.com"}, "at most 100"),
        ({"name": "A", "email": "NORA@example.com"}, "has a login already"),
    ],
)
def test_an_invitation_that_cannot_go_out_says_why_and_keeps_what_was_typed(sent: dict[str, str], why: str) -> None:
    a_login()
    boss = logged_in_as(Role.SET_UP, "Sarah Miller")
    answer = boss.post("/logins", data=sent | {"role": "look"})
    assert (answer.status_code, why in answer.text) == (422, True)
    assert f'value="{sent["name"]}"' in answer.text
    assert boss.post("/logins", data=sent | {"role": "king"}).status_code == 422
    assert rows("SELECT count(*) FROM message") == [(0,)]


def test_of_two_who_use_a_link_at_once_one_is_too_late() -> None:
    number = a_login(password_hash=None, password_set_at=None)
    with engine().begin() as connection:
        account = find_account(connection, number)
        assert account is not None
        token = mail_invitation(connection, account, "Sarah Miller", NOW).path.rpartition("/")[2]
    with engine().begin() as one:
        use_link(one, token, hash_password(PASSWORD), NOW)
    with engine().begin() as other, pytest.raises(UsedLink):
        use_link(other, token, hash_password(ANOTHER), NOW)
