"""Sessions of ops: opened by the password, ended by logging out, by time, or by a new password."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

LENGTH = timedelta(hours=12)
"""How long nobody has to log in again."""

# What is stored opens nothing: it is made of the token and the password, so a new password ends every session, too.
DIGEST = "encode(sha256(convert_to(CAST(:token AS text) || ':' || secret.value, 'UTF8')), 'hex')"
PASSWORD = "FROM secret WHERE secret.name = 'ops password'"

OPEN = text(f"""
INSERT INTO ops_session (digest, opened_at, expires_at)
SELECT {DIGEST}, CAST(:now AS timestamptz), CAST(:expires_at AS timestamptz) {PASSWORD}
""")

IS_OPEN = text(f"""
SELECT EXISTS (SELECT FROM ops_session WHERE digest = (SELECT {DIGEST} {PASSWORD}) AND expires_at > :now)
""")

END = text(f"DELETE FROM ops_session WHERE digest = (SELECT {DIGEST} {PASSWORD})")

END_EXPIRED = text("DELETE FROM ops_session WHERE expires_at <= :now")

END_ALL = text("DELETE FROM ops_session")


def open_session(connection: Connection, now: datetime) -> str:
    """A new session; returns the token by which it is known, which is stored nowhere. The caller commits."""
    token = secrets.token_urlsafe(32)
    connection.execute(END_EXPIRED, {"now": now})
    connection.execute(OPEN, {"token": token, "now": now, "expires_at": now + LENGTH})
    return token


def is_open(connection: Connection, token: str, now: datetime) -> bool:
    """Whether the session of this token has begun and not ended."""
    return bool(connection.execute(IS_OPEN, {"token": token, "now": now}).scalar_one())


def end_session(connection: Connection, token: str) -> None:
    """End the session of this token; nothing happens when there is none. The caller commits."""
    connection.execute(END, {"token": token})


def end_all_sessions(connection: Connection) -> int:
    """End all sessions; returns how many there were. The caller commits."""
    return int(connection.execute(END_ALL).rowcount)
