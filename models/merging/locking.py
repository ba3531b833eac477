"""Locking contacts and their open runs for a merge, without waiting for anybody."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, text

from models.database import id_list, locking_contacts

LONGEST_WAIT = "200ms"
"""For any lock; below Postgres' deadlock_timeout, so that it is the merge that gives way."""

TRIES = 10
PAUSE_SECONDS = 0.1
"""Between two tries to merge a pair of which somebody else has locked something."""

LOCK_RUNS = text("""
SELECT id FROM journey_run WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND ended_at IS NULL
ORDER BY id FOR UPDATE SKIP LOCKED
""")

OPEN_RUNS = text("""
SELECT id, contact_id FROM journey_run WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND ended_at IS NULL
""")

LOCK_CONTACTS = text(
    locking_contacts(
        "SELECT id FROM contact WHERE id = ANY(CAST(:contacts AS bigint[])) ORDER BY id",
        skip_locked=True,
        for_deletion=True,
    )
)

LOCK_TIMEOUT = text("SELECT current_setting('lock_timeout')")
SET_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :length, true)")

LOCKED_BY_OTHERS = {"55P03", "40P01"}
"""Postgres' words for a lock that was not to be had, and for a deadlock."""


class ContactsBusy(RuntimeError):
    """Somebody else is working on one of these contacts just now. Try again in a moment."""


@contextmanager
def short_waits(connection: Connection) -> Iterator[None]:
    """Give up on a lock after LONGEST_WAIT, with one of LOCKED_BY_OTHERS. To be left by an error, if by one, only when
    the transaction or savepoint around it ends.
    """
    before = connection.execute(LOCK_TIMEOUT).scalar_one()
    connection.execute(SET_LOCK_TIMEOUT, {"length": LONGEST_WAIT})
    yield
    connection.execute(SET_LOCK_TIMEOUT, {"length": before})


def lock_whole(connection: Connection, contacts: Sequence[int]) -> set[int]:
    """Lock those of these contacts that can be locked at once with all their open runs; gives them.

    Nobody else adds a row about them until the transaction ends.
    """
    about = {"contacts": id_list(contacts)}
    locked_runs = set(connection.execute(LOCK_RUNS, about).scalars())
    locked = set(connection.execute(LOCK_CONTACTS, about).scalars())
    # A run may have begun since the first look.
    return locked - {row.contact_id for row in connection.execute(OPEN_RUNS, about) if row.id not in locked_runs}
