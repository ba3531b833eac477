"""`tend db-url`: the address of Tend's database."""

import os

import psycopg

from deployments.stack.command_error import CommandError
from deployments.stack.paths import POSTGRES
from deployments.stack.postgres import Postgres
from deployments.stack.settings import named_databases


def use_database() -> None:
    """Let this process work on the installation's database. Raises CommandError while it takes no connections."""
    address, is_up = database_address()
    if not is_up:
        raise CommandError("The database takes no connections now. ./tend up starts it; then run this again.")
    os.environ["TEND_DATABASE_URL"] = address


def database_address() -> tuple[str, bool]:
    """The one that the user named or the embedded one, and whether it takes connections."""
    named = named_databases().tend
    if not named:
        server = Postgres(POSTGRES)
        return server.url(), server.is_up()
    try:
        psycopg.connect(named, connect_timeout=3).close()
    except psycopg.OperationalError:
        return named, False
    return named, True
