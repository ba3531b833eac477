"""Sessions of ops: opened by a password, ended by logging out, by a person, by time, or by a new password."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.tables.access.login import Role

LENGTH = timedelta(hours=12)
"""How long nobody has to log in again."""
SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is kept when a session was used last."""
LONGEST_BROWSER = 300

# What is stored opens nothing. That of a shared session is made of the token and the shared password, so another
# password ends all of these; those of a login are ended with its password or when it is disabled.
OF_LOGIN = "encode(sha256(convert_to(CAST(:token AS text), 'UTF8')), 'hex')"
OF_PASSWORD = """(SELECT encode(sha256(convert_to(CAST(:token AS text) || ':' || secret.value, 'UTF8')), 'hex')
    FROM secret WHERE secret.name = 'ops password' AND secret.disabled_at IS NULL)"""

OPEN = text(f"""
INSERT INTO ops_session (digest, opened_at, seen_at, expires_at, login_id, browser, network_address)
SELECT CASE WHEN CAST(:login_id AS bigint) IS NULL THEN {OF_PASSWORD} ELSE {OF_LOGIN} END,
       CAST(:now AS timestamptz), :now, :expires_at, :login_id, :browser, :network_address
""")

FIND = text(f"""
SELECT s.digest, s.seen_at, s.login_id, login.name, login.role
FROM ops_session s LEFT JOIN login ON login.id = s.login_id
WHERE s.expires_at > :now AND login.disabled_at IS NULL
  AND s.digest IN ({OF_LOGIN}, {OF_PASSWORD}) AND (s.login_id IS NULL) = (s.digest IS DISTINCT FROM {OF_LOGIN})
""")

TOUCH = text("""
WITH session AS (UPDATE ops_session SET seen_at = :now WHERE digest = :digest RETURNING login_id)
UPDATE login SET seen_at = :now FROM session WHERE login.id = session.login_id
""")

SEEN = text("UPDATE login SET seen_at = :now WHERE id = :id")

LIST = text("""
SELECT s.digest, s.login_id, login.name, s.opened_at, s.seen_at, s.expires_at, s.browser, s.network_address
FROM ops_session s LEFT JOIN login ON login.id = s.login_id
WHERE s.expires_at > :now AND (:everybodys OR s.login_id = :login_id)
ORDER BY s.seen_at DESC NULLS LAST, s.opened_at DESC LIMIT :most
""")

END = text(f"DELETE FROM ops_session WHERE digest IN ({OF_LOGIN}, {OF_PASSWORD})")

END_ONE = text("""
DELETE FROM ops_session WHERE digest = :digest AND (CAST(:login_id AS bigint) IS NULL OR login_id = :login_id)
""")

END_EXPIRED = text("DELETE FROM ops_session WHERE expires_at <= :now")

END_ALL = text("DELETE FROM ops_session WHERE CAST(:login_id AS bigint) IS NULL OR login_id = :login_id")

END_SHARED = text("DELETE FROM ops_session WHERE login_id IS NULL")


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Who opens a session, and where."""

    login_id: int | None = None
    """None: by the password that all share."""
    browser: str | None = None
    network_address: str | None = None


@dataclass(frozen=True)
class Session:
    """An open session."""

    digest: str
    seen_at: datetime | None
    login_id: int | None
    name: str | None
    role: Role | None
    """Of its login; None for a session by the shared password."""


@dataclass(frozen=True)
class SessionLine:
    """An open session in a list."""

    digest: str
    login_id: int | None
    name: str | None
    opened_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    browser: str | None
    network_address: str | None


def open_session(connection: Connection, now: datetime, opener: Opener | None = None) -> str:
    """A new session; returns the token by which it is known, which is stored nowhere. The caller commits."""
    opener = opener or Opener()
    token = secrets.token_urlsafe(32)
    connection.execute(END_EXPIRED, {"now": now})
    about = {"login_id": opener.login_id, "network_address": opener.network_address}
    about |= {"browser": opener.browser and opener.browser[:LONGEST_BROWSER]}
    connection.execute(OPEN, {"token": token, "now": now, "expires_at": now + LENGTH, **about})
    connection.execute(SEEN, {"id": opener.login_id, "now": now})
    return token


def find_session(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session of this token if it has begun and not ended; it is noted that it was used. The caller commits."""
    found = connection.execute(FIND, {"token": token, "now": now}).one_or_none()
    if found is None:
        return None
    session = Session(found.digest, found.seen_at, found.login_id, found.name, found.role and Role(found.role))
    if session.seen_at is None or now - session.seen_at >= SEEN_EVERY:
        connection.execute(TOUCH, {"digest": session.digest, "now": now})
    return session


def is_open(connection: Connection, token: str, now: datetime) -> bool:
    """Whether the session of this token has begun and not ended."""
    return connection.execute(FIND, {"token": token, "now": now}).one_or_none() is not None


def list_sessions(
    connection: Connection, now: datetime, *, login_id: int | None = None, everybodys: bool = False, most: int = 200
) -> list[SessionLine]:
    """Open sessions of one login, or everybody's; the one used last comes first."""
    about = {"now": now, "login_id": login_id, "everybodys": everybodys, "most": most}
    return [SessionLine(*row) for row in connection.execute(LIST, about)]


def end_session(connection: Connection, token: str) -> None:
    """End the session of this token; nothing happens when there is none. The caller commits."""
    connection.execute(END, {"token": token})


def end_listed_session(connection: Connection, digest: str, login_id: int | None = None) -> bool:
    """End one of a list, with `login_id` only if it is theirs; gives whether there was one. The caller commits."""
    return connection.execute(END_ONE, {"digest": digest, "login_id": login_id}).rowcount > 0


def end_all_sessions(connection: Connection, login_id: int | None = None) -> int:
    """End all sessions, or those of one login; returns how many there were. The caller commits."""
    return int(connection.execute(END_ALL, {"login_id": login_id}).rowcount)


def end_shared_sessions(connection: Connection) -> int:
    """End those that the shared password opened; returns how many there were. The caller commits."""
    return int(connection.execute(END_SHARED).rowcount)
