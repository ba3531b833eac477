"""The login of Prefect: made once, for its owner alone, told to every process where others reach the pages."""

from pathlib import Path

import pytest

from deployments.commands import secrets
from deployments.stack import prefect_login
from deployments.stack.command_error import CommandError
from deployments.stack.prefect_login import CLIENT, SERVER, known_prefect_login, renew_prefect_login
from deployments.stack.settings import Addresses, Databases, stack_environment
from models.access.session import is_open, open_session
from models.database import engine
from tests.support.web_pages import NOW

DATABASES = Databases("postgresql://tend@/tend?host=/s", "postgresql://tend@/prefect?host=/s")


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the login lies in this test, and no setting of whoever runs it."""
    for name in (SERVER, CLIENT, "PREFECT_API_KEY", "TEND_WEB_URL", "TEND_TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "login"
    for function in ("prefect_login", "renew_prefect_login", "known_prefect_login"):
        monkeypatch.setattr(getattr(prefect_login, function), "__defaults__", (path,))
    return path


def told(host: str, tmp_path: Path) -> dict[str, str]:
    return stack_environment(Addresses(host, 8000, 4200), DATABASES, tmp_path)


def test_where_only_this_machine_reaches_the_pages_prefect_asks_for_nothing(login: Path, tmp_path: Path) -> None:
    assert {SERVER, CLIENT} & set(told("127.0.0.1", tmp_path)) == set()
    assert not login.exists()


@pytest.mark.parametrize(("host", "world"), [("0.0.0.0", ""), ("127.0.0.1", "https://tend.example.com")])
def test_where_the_pages_ask_for_a_password_so_does_prefect(
    host: str, world: str, login: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if world:
        monkeypatch.setenv("TEND_WEB_URL", world)
    first = told(host, tmp_path)
    assert first[SERVER] == first[CLIENT] == login.read_text().strip()
    assert (first[SERVER].partition(":")[0], len(first[SERVER]) > 40) == ("ops", True)
    assert told(host, tmp_path)[SERVER] == first[SERVER]
    assert login.stat().st_mode & 0o777 == 0o600


def test_a_key_of_prefects_cloud_does_not_take_the_place_of_the_login(
    login: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_x")
    monkeypatch.setenv(CLIENT, "of:another")
    found = told("0.0.0.0", tmp_path)
    assert "PREFECT_API_KEY" not in found
    assert found[CLIENT] == found[SERVER] != "of:another"


def test_a_login_of_ones_own_wins(login: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER, "me:mine")
    assert told("127.0.0.1", tmp_path)[CLIENT] == "me:mine"
    assert not login.exists()


def test_secrets_are_told_one_by_one_and_replaced(
    login: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(secrets.read_secrets()) == {"api key", "ops password"}
    with pytest.raises(CommandError, match="no login yet"):
        secrets.read_secrets("prefect login")
    renew_prefect_login()
    before = secrets.read_secrets()
    assert before["prefect login"] == known_prefect_login()
    with engine().begin() as connection:
        session = open_session(connection, NOW)

    said = {name: secrets.renew_secret(name) for name in secrets.NAMES}

    after = secrets.read_secrets()
    assert [name for name in secrets.NAMES if after[name] == before[name] or after[name] not in said[name]] == []
    with engine().connect() as connection:
        assert not is_open(connection, session, NOW)
    for unknown in ("signing key", "", None):
        with pytest.raises(CommandError, match="There is no secret"):
            secrets.renew_secret(unknown)
