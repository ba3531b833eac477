"""The way to Postgres: its address, one engine per address, and bringing the tables up to date."""

import os
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import make_url

CLOCK_ALIVE_LOCK = "7364, 0"
"""Shared by every clock for as long as it lives; the health page looks for it."""

CLOCK_LOCKS = 7366
"""The first part of the lock that one clock keeps for as long as it lives; the second is its number."""

REACTION_LOCK = "7364, 1"
"""Locked for a transaction by the one process that reacts to events."""

VIRTUAL_TIME_LOCK = "7364, 2"
"""Shared by clocks while they work; a process that moves virtual time locks it exclusively, and clocks pause."""

MARKETING_CLAIM_LOCK = "7364, 3"
"""Locked for a transaction by the one delivery that claims marketing mail, so that caps are counted right."""

MAIL_EVENT_LOCK = "7364, 4"
"""Locked for a transaction by the one process that works off mail events."""

IDENTIFIER_LOCKS = 7365
"""The first part of the locks for identifiers that leads give; the second is the identifier's bucket."""


GATHER_LOCKS = 7367
"""The first part of the locks for mails to managers; the second is the hash of the address."""


ANSWER_CLAIM_LOCK = "7364, 5"
"""Locked for a transaction by the one delivery that claims answers, so that nobody gets the same one twice."""


REMINDER_LOCK = "7364, 16"
"""Locked for a transaction by the one process that reminds people of tasks, so that each gets one mail about all."""


def id_list(ids: Iterable[int]) -> str:
    """Ids as a Postgres bigint[] literal, which is faster than letting the driver adapt ten thousand numbers."""
    return f"{{{','.join(map(str, ids))}}}"


def any_id(name: str) -> ColumnElement[Any]:
    """SQL for `= ANY(...)` over an id_list that is bound under this name."""
    return func.any(cast(bindparam(name, type_=Text), ARRAY(BigInteger)))


def locking_contacts(select: str, *, skip_locked: bool = False, for_deletion: bool = False) -> str:
    """A SELECT from `contact` that locks its contacts until the transaction ends: the only way to lock contacts.

    All that locks rows does so in this order, so that no two transactions wait for each other:

    0. the identifiers of leads, by bucket: advisory locks, as there may be no row yet
    1. runs, by id
    2. contacts, by id
    3. routers, by name
    4. the members of a router who have limits, by id
    5. placements, offers, tasks and other rows about the contacts that are locked, by id

    Whoever has locked what comes later in it, or chooses contacts in another order, says `skip_locked`: contacts that
    somebody else has locked are then left out, so nobody is waited for, and the SELECT has an order of its own. Rows
    that point at a locked contact can still be added.

    With `for_deletion` they cannot: whoever adds one waits, and finds the contact gone. Merging locks so, and waits for
    nobody.
    """
    lock = "FOR UPDATE OF contact" if for_deletion else "FOR NO KEY UPDATE OF contact"
    return f"{select} {lock} SKIP LOCKED" if skip_locked else f"{select} ORDER BY contact.id {lock}"


LOCK_CONTACTS = text(locking_contacts("SELECT id FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))"))


def lock_contacts(connection: Connection, contacts: Iterable[int]) -> list[int]:
    """Lock these contacts in the order of `locking_contacts`; gives those that are there, by id.

    Waits for whoever has locked one of them, and sees after that what they have changed.
    """
    return list(connection.execute(LOCK_CONTACTS, {"contacts": id_list(contacts)}).scalars())


ROW = re.compile(r"\n(?:DETAIL|CONTEXT|LINE \d+):")
"""Where a message of Postgres begins to quote what it was given."""

MIGRATIONS = Path(__file__).parent / "migrations"


class NoDatabase(RuntimeError):
    """No database is named. Start the stack with `./tend up`, or set TEND_DATABASE_URL to a Postgres address."""


def database_url() -> str:
    """The libpq address of the database, from TEND_DATABASE_URL."""
    address = os.environ.get("TEND_DATABASE_URL")
    if not address:
        raise NoDatabase(NoDatabase.__doc__)
    return address


def engine(address: str | None = None) -> Engine:
    """The engine for an address; one per process and address."""
    return _engine(address or database_url())


@cache
def _engine(address: str) -> Engine:
    with_driver = make_url(address).set(drivername="postgresql+psycopg")
    # Servers are restarted under a running stack: a connection is tried before it is used.
    made = create_engine(
        with_driver,
        connect_args=connection_options(),
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=35,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        # What was to be written is a contact's; an error that quotes it goes to logs and to Prefect.
        hide_parameters=True,
    )
    event.listen(made, "handle_error", _leave_out_rows)
    event.listen(made, "connect", _set_lock_wait)
    return made


def limit_lock_waits(length: timedelta) -> None:
    """Let connections that this process opens from now on wait for a lock no longer than this; then they raise
    OperationalError.
    """
    _lock_wait[0] = length


_lock_wait: list[timedelta | None] = [None]


def _set_lock_wait(connection: psycopg.Connection[Any], _: object) -> None:
    # Not among the options of a connection, which poolers refuse.
    if (length := _lock_wait[0]) is not None:
        milliseconds = max(1, length // timedelta(milliseconds=1))
        connection.execute(f"SET lock_timeout = {milliseconds}".encode())
        connection.commit()


def _leave_out_rows(context: ExceptionContext) -> None:
    """Postgres quotes the row that it refuses in DETAIL and CONTEXT: `Key (email)=(ana@example.com) already exists`."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error and error.args and isinstance(error.args[0], str):
            error.args = (ROW.split(error.args[0])[0].rstrip(), *error.args[1:])


def connection_options() -> dict[str, Any]:
    """What every connection is opened with: a server that vanished without a word is missed within half a minute."""
    return {
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }


def to_json(value: Any) -> str:
    """JSON as the database stores it; money and points keep their digits as text."""
    return orjson.dumps(value, default=str).decode()


def psycopg_connection(connection: Connection) -> psycopg.Connection[Any]:
    """The psycopg connection below, for COPY and for rows without a layer between."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def copy_rows(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table, or into `table (column, ...)`; the caller commits."""
    with psycopg_connection(connection).cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def migrate(address: str | None = None) -> None:
    """Bring the tables to the newest revision; doing it twice, or two at once, changes nothing."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine(address).begin() as connection:
        # Two processes that start together take turns.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('tend migrations'))")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
