"""A Postgres of the test's own, with tables and the shipped playbook, which the test may stop or kill."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployments.stack.postgres import Postgres
from models.database import engine, migrate
from models.playbook import apply
from tests.support.playbook import the_shipped_playbook
from tests.support.servers.server_folder import server_folder


@contextmanager
def own_installation(*, durable: bool) -> Iterator[Postgres]:
    """The server, whose address is that of this process meanwhile; a durable one keeps what it has confirmed."""
    with server_folder() as folder, pytest.MonkeyPatch.context() as environment:
        server = Postgres(folder, durable=durable)
        server.start()
        server.create_database("tend")
        environment.setenv("TEND_DATABASE_URL", server.url())
        migrate(server.url())
        with engine().begin() as connection:
            apply(connection, the_shipped_playbook())
        yield server
        engine(server.url()).dispose()
        server.stop(hurry=True)
