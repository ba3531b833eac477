"""Wrong passwords in a row: after some, an address has to wait before another one is checked, longer each time.

They are counted for every address that is typed, so a pause does not tell whether it has a login. A browser that has
logged in with an address before is counted apart: nobody keeps somebody else out by guessing.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.access.token import signing_key

FREE = 5
"""Guesses before the first pause."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
"""The pause doubles with each guess. At its longest it leaves a hundred guesses a day."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A day without guesses, and they begin anew."""

COUNT = text("""
-- Counted before it is checked: of many that come at once none is checked for free. Old ones go with each.
WITH pruned AS (
    DELETE FROM login_guess WHERE key IN (
        SELECT key FROM login_guess WHERE at < :forgotten AND key <> :key ORDER BY at LIMIT 10 FOR UPDATE SKIP LOCKED))
INSERT INTO login_guess AS g (key, count, until, at) VALUES (:key, 1, :now, :now)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN g.at < :forgotten THEN 1 ELSE g.count + 1 END,
    until = CASE WHEN g.at < :forgotten OR g.count + 1 < :free THEN CAST(:now AS timestamptz)
                 ELSE CAST(:now AS timestamptz) + least(CAST(:longest AS interval),
                      CAST(:first AS interval) * 2 ^ least(g.count + 1 - :free, 20)) END,
    at = :now
WHERE g.until <= :now
RETURNING count
""")

UNTIL = text("SELECT until FROM login_guess WHERE key = :key")

FORGET = text("DELETE FROM login_guess WHERE key = :key")

FORGET_OLD = text("DELETE FROM login_guess WHERE at < :forgotten")


def guess_key(email: str, browser: str = "") -> bytes:
    """By what guesses for an address are counted; `browser` names one that has logged in with it before."""
    said = f"guess\0{email}\0{browser}".encode(errors="replace")
    return hmac.new(signing_key().encode(), said, hashlib.sha256).digest()


def count_guess(connection: Connection, key: bytes, now: datetime) -> timedelta:
    """Count one guess; gives for how long none is checked, zero where this one may be. The caller commits.

    Whoever finds the password right calls `forget_guesses`.
    """
    about = {"key": key, "now": now, "forgotten": now - FORGOTTEN_AFTER, "free": FREE}
    about |= {"first": FIRST_PAUSE, "longest": LONGEST_PAUSE}
    if connection.execute(COUNT, about).one_or_none() is not None:
        return timedelta(0)
    until = connection.execute(UNTIL, {"key": key}).scalar()
    return max(until - now, timedelta(seconds=1)) if until else timedelta(0)


def forget_guesses(connection: Connection, key: bytes) -> None:
    """The right password came. The caller commits."""
    connection.execute(FORGET, {"key": key})


def forget_old_guesses(connection: Connection, now: datetime) -> None:
    """Delete what no longer counts. The caller commits."""
    connection.execute(FORGET_OLD, {"forgotten": now - FORGOTTEN_AFTER})
