"""Whether this process belongs to the demo, an installation of its own, and whether the demo moves its time now."""

import os

from sqlalchemy import Connection, text

from models.database import VIRTUAL_TIME_LOCK

VARIABLE = "TEND_DEMO"
"""Set in the environment of every process that works on the demo's installation, and in no other."""

IS_LOCKED = text(f"""
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND (classid, objid) = ({VIRTUAL_TIME_LOCK}) AND objsubid = 2 AND granted
          AND mode = 'ExclusiveLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
""")


def is_demo() -> bool:
    """Whether all people of this installation are invented, so that nothing may reach anybody outside."""
    return bool(os.environ.get(VARIABLE))


def is_playing(connection: Connection) -> bool:
    """Whether a process moves the time of this database by hand right now; its death ends that too."""
    return bool(connection.execute(IS_LOCKED).scalar_one())
