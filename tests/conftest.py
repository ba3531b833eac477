"""A real database for each test: a copy of a template that was migrated once, on a Postgres of the test run's own."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deployments.stack.postgres import Postgres
from flows.runtime.definitions.definition import Body, Definition
from models.database import engine
from tests.support.playbook import apply_playbook
from tests.support.servers.database_copy import DatabaseCopy
from tests.support.servers.server_folder import server_folder
from tests.support.story import Story
from web.frame.installation.test_mode import test_address
from web.frame.moments import last_company_zone

# As `./tend up` says it to the pages: they are open, as nobody reaches them but this machine.
os.environ["TEND_HOST"] = "127.0.0.1"
# A flow without a server of the tests' own is an error. Prefect would start one, which outlives tests that are killed.
os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"

GROUPS = {
    "tests/stack/test_stack.py": "the stack",
    "tests/demo/test_prefect_runs.py": "Prefect's server",
    "tests/runtime/test_prefect.py": "Prefect's server",
    "tests/runtime/test_prefect_pages.py": "Prefect's server",
    "tests/runtime/test_activities.py": "Prefect's server",
    "tests/runtime/test_private_runs.py": "Prefect's server",
    "tests/runtime/test_run_artifacts.py": "Prefect's server",
    "tests/mail/test_send_rate.py": "Prefect's server",
    "tests/mail/test_current_mailer.py": "Prefect's server",
    "tests/opportunities/test_truth.py": "the deals of a CRM",
}
"""File -> what its tests share that takes long to start. They run in one process, one after the other."""


SLOW_SECONDS = 1500
"""What such a test may take on a machine that is busy with other things."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever waits for a stack or for Prefect waits longer."""
    for item in items:
        if item.nodeid.partition("::")[0] in GROUPS:
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


class GroupedScheduling(LoadScopeScheduling):
    """Tests go to whichever process is free, those that share something to the same one, and first."""

    # xdist's own --dist loadgroup does not see its marks under pytest 9.2.
    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """What xdist asks for."""
    return GroupedScheduling(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """No process of its own for a single file, which would take longer to start than to run.

    Else one more than there are cores: the tests of the stack and of Prefect mostly wait.
    """
    paths = [Path(argument.partition("::")[0]) for argument in config.args]
    files = sum(len([*path.rglob("test_*.py")]) if path.is_dir() else 1 for path in paths)
    return 0 if files == 1 else (os.cpu_count() or 1) + 1


# The same examples each time: a change is judged by what it changed. `--hypothesis-profile default` draws new ones.
settings.register_profile("same examples", derandomize=True, deadline=None)
settings.load_profile("same examples")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server per test process. What is written is not made safe, and it ends with this process, even if killed."""
    with server_folder() as folder:
        server = Postgres(folder, durable=False)
        server.start()
        yield server
        server.stop(hurry=True)


@pytest.fixture(scope="session")
def database_copy(postgres_server: Postgres) -> Iterator[DatabaseCopy]:
    """The one database that the tests of this process use, one after the other."""
    copy = DatabaseCopy(postgres_server)
    yield copy
    copy.close()


@pytest.fixture
def database_url(database_copy: DatabaseCopy, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a database with all tables and nothing in them; TEND_DATABASE_URL says it during the test."""
    database_copy.make()
    last_company_zone.forget()
    test_address.forget()
    monkeypatch.setenv("TEND_DATABASE_URL", database_copy.address)
    yield database_copy.address
    database_copy.empty()


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to the fresh database; what it did not commit is gone afterwards."""
    with engine(database_url).connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[Path]:
    """A Prefect server of the tests' own. It takes a while to start, so few tests ask for it, all in one process."""
    from tests.support.servers.prefect_server import run_prefect_server

    with run_prefect_server() as folder:
        yield folder


@pytest.fixture
def prefect_server(prefect_api: Path) -> Iterator[Path]:
    """The same, for tests that ignore `unclosed`: Prefect leaves sockets open, and no later test shall find them.

    Gives the folder in which the server keeps everything.
    """
    yield prefect_api
    gc.collect()


@pytest.fixture
def make_story(database_url: str) -> Callable[..., Story]:
    """A story with the journeys that a test hands in, and the shipped playbook."""
    apply_playbook()

    def begin(*bodies: Body, **settings: Any) -> Story:
        return Story({body.__name__: Definition(body.__name__, body, **settings) for body in bodies})

    return begin
