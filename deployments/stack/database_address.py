"""`tend db-url`: the address of Tend's database; and waiting for a database until it takes connections."""

import asyncio
import os
import re
from collections.abc import Callable

import psycopg

from deployments.stack.command_error import CommandError
from deployments.stack.paths import POSTGRES
from deployments.stack.postgres import Postgres
from deployments.stack.settings import named_databases
from models.session_check import SharedSession, require_own_session

RETRY_SECONDS = 1.0
WRONG_ADDRESS = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|(database|role) \".*\" does not exist"
)
"""What no waiting mends."""


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


async def wait_for_database(address: str, variable: str, say: Callable[[str], None]) -> None:
    """Wait until it takes connections, saying once why not, and again when the reason changes.

    Raises CommandError when the address, which `variable` names, cannot be used however long it is waited for.
    """
    said = ""
    while fault := await asyncio.to_thread(find_fault, address, variable):
        if fault != said:
            say(f"{fault} It is tried again every second.")
        said = fault
        await asyncio.sleep(RETRY_SECONDS)


def find_fault(address: str, variable: str) -> str:
    """Why it takes no connections now; empty when it does. Raises CommandError as `wait_for_database` does."""
    try:
        require_own_session(address)
    except SharedSession as error:
        raise CommandError(f"{error} It is named in {variable}.") from error
    except psycopg.ProgrammingError as error:
        raise CommandError(f"{variable} is no address of Postgres: {error}") from error
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        if WRONG_ADDRESS.search(reason):
            raise CommandError(f"The database cannot be used ({reason}): check {variable}.") from error
        return f"The database takes no connections yet ({reason})."
    return ""
