"""Whether an address of Postgres leads to a session of one's own: clocks hear of changes and know each other by theirs.

A pooler in transaction mode gives every transaction another session. Locks of a session are then shared or left behind,
and notifications are never heard, both without an error.
"""

import contextlib
import secrets
from urllib.parse import urlsplit

import psycopg

ROUNDS = 3
"""A pooler may give a client the same session twice by chance."""
HEARD_WITHIN = 5.0
"""Seconds. A direct connection hears at once, however busy the machine is."""


class SharedSession(RuntimeError):
    """The address leads through a pooler that gives every transaction another session."""

    def __init__(self, address: str, seen: str) -> None:
        super().__init__(
            f"The database address {_without_password(address)} leads through a pooler in transaction mode ({seen}). "
            "Tend's clocks need sessions of their own, for locks and LISTEN. Name the address of Postgres itself, or a "
            "port of the pooler with pool_mode = session."
        )


def require_own_session(address: str) -> None:
    """Raises SharedSession when sessions of this address are shared, psycopg.OperationalError when nobody answers."""
    with contextlib.ExitStack() as stack:
        first, second = (
            stack.enter_context(psycopg.connect(address, autocommit=True, connect_timeout=10, prepare_threshold=None))
            for _ in range(2)
        )
        lock = secrets.randbits(62)
        try:
            for _ in range(ROUNDS):
                _require_own_lock(address, first, second, lock)
            _require_own_ear(address, first, second, f"tend_check_{lock}")
        except psycopg.errors.ProtocolViolation as error:  # statement pooling knows no transactions
            raise SharedSession(address, str(error)) from error


def _require_own_lock(address: str, first: psycopg.Connection, second: psycopg.Connection, lock: int) -> None:
    """Between two transactions of one connection another begins, for which a pooler would take the idle session."""
    mine = _session_after(first, "SELECT pg_backend_pid() FROM pg_advisory_lock(%s)", lock)
    with second.transaction():
        theirs = _session_after(second, "SELECT pg_backend_pid(), %s::bigint", lock)
        still_mine = _session_after(first, "SELECT pg_backend_pid(), %s::bigint", lock)
        if theirs == mine or still_mine != mine:
            raise SharedSession(address, "two transactions of one connection met different sessions")
        row = second.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock]).fetchone()
        if row is None or row[0]:
            raise SharedSession(address, "a lock of a session did not hold")
    first.execute("SELECT pg_advisory_unlock(%s)", [lock])


def _session_after(connection: psycopg.Connection, query: str, lock: int) -> int:
    """The number of the session in which this query was made."""
    row = connection.execute(query.encode(), [lock]).fetchone()
    assert row is not None
    return int(row[0])


def _require_own_ear(address: str, first: psycopg.Connection, second: psycopg.Connection, channel: str) -> None:
    first.execute(f"LISTEN {channel}".encode())
    second.execute(f"NOTIFY {channel}".encode())
    if not any(True for _ in first.notifies(timeout=HEARD_WITHIN, stop_after=1)):
        raise SharedSession(address, "a notification was not heard")
    first.execute(f"UNLISTEN {channel}".encode())


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return address.replace(f":{parts.password}@", ":…@") if parts.password else address
