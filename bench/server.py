"""The Postgres of the benchmarks: embedded, durable, with the product's own settings; each measurement has a database.

TEND_BENCH_DATABASE_URL names another server: the address of a database on it, as a user who may create databases.
"""

import atexit
import os
from functools import cache

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from deployments.stack.paths import ROOT, STATE, make_state
from deployments.stack.postgres import Postgres
from models.database import engine, migrate
from models.playbook import apply, load

TEMPLATE = "bench_template"


def fresh_database(name: str) -> str:
    """Its address: Tend's tables and the shipped playbook, and nobody in them. One of that name is replaced."""
    _make_template()
    _replace(name, TEMPLATE)
    return database_address(name)


def drop_database(name: str) -> None:
    """Give its disk space back, so that what is measured next does not share the disk with its checkpoint."""
    engine(database_address(name)).dispose()
    with _maintenance() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute("CHECKPOINT")


@cache
def _make_template() -> None:
    """Once per process: the tables may have changed since the last time."""
    _replace(TEMPLATE, "template1")
    address = database_address(TEMPLATE)
    migrate(address)
    playbook = load(ROOT / "deployments" / "playbook.yaml")
    # Whatever the hour of the measurement, somebody is there.
    teams = tuple(team.model_copy(update={"hours": None}) for team in playbook.teams)
    with engine(address).begin() as connection:
        apply(connection, playbook.model_copy(update={"teams": teams}))
    engine(address).dispose()


def _replace(name: str, template: str) -> None:
    engine(database_address(name)).dispose()
    with _maintenance() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        connection.execute("CHECKPOINT")


def _maintenance() -> psycopg.Connection:
    return psycopg.connect(_server(), autocommit=True)


def database_address(database: str) -> str:
    """The address of a database of that name, whether there is one or not."""
    return make_url(_server()).set(database=database).render_as_string(hide_password=False)


@cache
def _server() -> str:
    """The address of the database `postgres`; refuses a server that loses commits in a crash."""
    address = os.environ.get("TEND_BENCH_DATABASE_URL") or _embedded()
    with psycopg.connect(address) as connection:
        durable = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    if durable != [("on",), ("on",)]:
        host = conninfo_to_dict(address).get("host")
        raise SystemExit(f"The server at {host} has fsync and synchronous_commit {durable}; both must be on.")
    return address


def _embedded() -> str:
    make_state()
    server = Postgres(STATE / "bench" / "postgres")
    (STATE / "bench").mkdir(exist_ok=True)
    if not server.is_up():
        server.start()
        atexit.register(server.stop)
    return server.url("postgres")
