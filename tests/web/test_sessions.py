"""Logging in and out: sessions that end for good, and a door that those who guess cannot close for others."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from models.access.session import LENGTH, end_all_sessions, is_open, open_session
from models.access.token import read_secret
from models.database import engine
from tests.support.database import rows
from tests.support.logins import begin_counting_guesses
from tests.support.playbook import apply_playbook
from tests.support.web_pages import PROGRAM, Browser, browser
from web.app import app
from web.health import health

WORLD = "https://tend.example.com"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_WEB_URL", WORLD)
    apply_playbook()
    begin_counting_guesses()


def secret(name: str) -> str:
    with engine().connect() as connection:
        return read_secret(connection, name)


def logged_in() -> Browser:
    ops = browser(WORLD)
    assert ops.post("/login", data={"password": secret("ops password")}).status_code == 303
    return ops


def copy_of(ops: Browser) -> Browser:
    """Somebody who got hold of the cookie."""
    thief = browser(WORLD)
    thief.cookies = httpx.Cookies(ops.cookies)
    return thief


def test_a_copied_cookie_opens_nothing_once_its_owner_has_logged_out() -> None:
    ops, colleague = logged_in(), logged_in()
    thief = copy_of(ops)
    assert thief.get("/contacts").status_code == 200

    ops.post("/logout")

    assert thief.get("/contacts").status_code == 303
    assert colleague.get("/contacts").status_code == 200


def test_logging_out_everywhere_ends_every_session_and_strangers_cannot_do_that() -> None:
    ops, colleague = logged_in(), logged_in()
    browser(WORLD).post("/logout", data={"everywhere": "true"})
    assert colleague.get("/contacts").status_code == 200
    assert "Log out on all devices" in ops.get("/contacts").text

    ops.post("/logout", data={"everywhere": "true"})

    assert [one.get("/contacts").status_code for one in (ops, colleague)] == [303, 303]


def test_another_password_ends_every_session() -> None:
    ops = logged_in()
    with engine().begin() as connection:
        connection.execute(text("UPDATE secret SET value = 'another' WHERE name = 'ops password'"))
    assert ops.get("/contacts").status_code == 303


def test_a_session_ends_by_itself_and_what_is_stored_of_it_opens_nothing() -> None:
    with engine().begin() as connection:
        token = open_session(connection, NOW)
        assert is_open(connection, token, NOW + LENGTH - timedelta(seconds=1))
        assert not is_open(connection, token, NOW + LENGTH)
        [digest] = connection.execute(text("SELECT digest FROM ops_session")).scalars()
        assert not is_open(connection, digest, NOW)
        open_session(connection, NOW + LENGTH)
        assert connection.execute(text("SELECT count(*) FROM ops_session")).scalar_one() == 1
        assert end_all_sessions(connection) == 1


def test_whoever_knows_the_password_gets_in_however_many_guess_behind_the_same_proxy() -> None:
    for _ in range(20):
        last = browser(WORLD).post("/login", data={"password": "guess"})
    assert (last.status_code, int(last.headers["retry-after"]) > 0) == (429, True)

    assert logged_in().get("/contacts").status_code == 200

    assert browser(WORLD).post("/login", data={"password": "guess"}).status_code == 429


def test_a_cookie_of_an_earlier_version_or_a_made_up_one_asks_for_the_password() -> None:
    for value in ("x", "MTc2NDUwMDAwMA.x", "", "a" * 5_000):
        assert browser(WORLD).get("/contacts", headers={"cookie": f"tend_session={value}"}).status_code == 303
    assert rows("SELECT count(*) FROM ops_session") == [(0,)]


@pytest.mark.parametrize("path", ["/", "/contacts", "/mailbox", "/health"])
def test_a_page_with_a_session_survives_a_database_that_is_away(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ops = logged_in()
    monkeypatch.setenv("TEND_DATABASE_URL", "postgresql://postgres@/gone?host=/nowhere")
    assert ops.get(path).status_code == 503


def test_health_tells_strangers_up_or_down_and_ops_and_programs_everything() -> None:
    key = {"authorization": f"Bearer {secret('api key')}"}
    assert browser(WORLD).get("/health").json() == {"status": "up"}
    assert browser(WORLD).get("/health", headers={"authorization": "Bearer guess"}).json() == {"status": "up"}
    assert browser(WORLD).get("/health", headers=key).json()["postgres"]["status"] == "up"
    assert logged_in().get("/health", headers=PROGRAM).json()["postgres"]["status"] == "up"


def test_health_tells_strangers_that_it_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", "postgresql://postgres@/gone?host=/nowhere")
    answer = browser(WORLD).get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})


def test_many_who_ask_for_health_share_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[datetime] = []
    real = health.check_services

    def count(now: datetime) -> dict[str, health.Service]:
        checks.append(now)
        return real(now)

    async def ask_often() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=WORLD) as client:
            answers = await asyncio.gather(*(client.get("/health") for _ in range(200)))
            answers += [await client.get("/health") for _ in range(5)]
        return [answer.status_code for answer in answers]

    monkeypatch.setattr(health, "check_services", count)
    assert set(asyncio.run(ask_often())) == {200}
    assert len(checks) == 1


def test_a_database_that_hangs_is_down_and_hangs_one_check_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[datetime] = []

    async def ask_twice() -> list[int]:
        released = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hang(now: datetime) -> dict[str, health.Service]:
            checks.append(now)
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
            return {"postgres": health.Service("up", "answers")}

        monkeypatch.setattr(health, "check_services", hang)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=WORLD) as client:
            answers = await asyncio.gather(client.get("/health"), client.get("/health"))
            released.set()
        return [answer.status_code for answer in answers]

    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    assert asyncio.run(ask_twice()) == [503, 503]
    assert len(checks) == 1
