"""`tend db-url`: the address of Tend's database."""

import psycopg

from deployments.places import POSTGRES
from deployments.postgres import Postgres
from deployments.settings import named_databases


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
