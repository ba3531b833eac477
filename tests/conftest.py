"""A real database for each test: a copy of a template that was migrated once, on a Postgres of the test run's own."""

import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Connection
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deployments.stack.postgres import Postgres
from flows.runtime.definition import Body, Definition
from models.database import engine, migrate
from tests.support.playbook import apply_playbook
from tests.support.story import Story

TEMPLATE = "template_tend"
COPY = "tend"

GROUPS = {
    "tests/stack/test_stack.py": "the stack",
    "tests/runtime/test_prefect.py": "Prefect's server",
    "tests/runtime/test_activities.py": "Prefect's server",
    "tests/mail/test_mail_pace.py": "Prefect's server",
    "tests/mail/test_mailer_in_force.py": "Prefect's server",
}
"""File -> what its tests share that takes long to start. They run in one process, one after the other."""


class GroupedScheduling(LoadScopeScheduling):
    """Tests go to whichever process is free, those that share something to the same one, and first."""

    # xdist's own --dist loadgroup does not see its marks under pytest 9.2.
    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """What xdist asks for."""
    return GroupedScheduling(config, log)


# The same examples each time: a change is judged by what it changed. `--hypothesis-profile default` draws new ones.
settings.register_profile("same examples", derandomize=True, deadline=None)
settings.load_profile("same examples")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server per test process. What is written is not made safe, and it ends with this process, even if killed."""
    # Not in pytest's own folder: as root, the server's unprivileged user could not reach it there.
    parent = Path(tempfile.mkdtemp(prefix="tend-tests-"))
    parent.chmod(0o755)
    server = Postgres(parent / "postgres", durable=False)
    server.start()
    yield server
    server.stop(hurry=True)
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def template(postgres_server: Postgres) -> str:
    """The database that each test gets a copy of."""
    postgres_server.create_database(TEMPLATE)
    address = postgres_server.url(TEMPLATE)
    migrate(address)
    engine(address).dispose()  # a database with open connections cannot be copied
    return TEMPLATE


@pytest.fixture
def database_url(postgres_server: Postgres, template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a fresh database with all tables; it is what TEND_DATABASE_URL says during the test."""
    address = postgres_server.url(COPY)
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {COPY} TEMPLATE {template}")
        monkeypatch.setenv("TEND_DATABASE_URL", address)
        yield address
        engine(address).dispose()
        server.execute(f"DROP DATABASE {COPY} WITH (FORCE)")


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to the fresh database; what it did not commit is gone afterwards."""
    with engine(database_url).connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[None]:
    """A Prefect server of the tests' own. It takes a while to start, so few tests ask for it, all in one process."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def prefect_server(prefect_api: None) -> Iterator[None]:
    """The same, for tests that ignore `unclosed`: Prefect leaves sockets open, and no later test shall find them."""
    yield
    gc.collect()


@pytest.fixture
def make_story(database_url: str) -> Callable[..., Story]:
    """A story with the journeys that a test hands in, and the shipped playbook."""
    apply_playbook()

    def begin(*bodies: Body, **settings: Any) -> Story:
        return Story({body.__name__: Definition(body.__name__, body, **settings) for body in bodies})

    return begin
