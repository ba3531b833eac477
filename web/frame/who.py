"""Who asks for a page of ops: somebody with a login, somebody by the shared password, or this machine itself."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request

from models.access.ops_names import AT_THIS_MACHINE, BY_SHARED_PASSWORD
from models.access.session import find_session
from models.access.token import ForgedToken, verify_token
from models.database import engine
from models.tables.access.login import Role
from web.frame.local import is_local

SESSION_COOKIE = "tend_session"
PURPOSE = "ops session"
ASKED = "tend.who"
"""Where a request keeps who sends it, once that was asked."""


@dataclass(frozen=True)
class Who:
    """Somebody who may see the pages for ops."""

    name: str
    role: Role
    login_id: int | None = None
    """None: by the shared password, or at this machine."""
    session: str | None = None
    """The digest of their session, which opens nothing; None at this machine without one."""

    def may(self, role: str) -> bool:
        """Whether they may do what this role may."""
        return self.role.includes(Role(role))


class NeedsLogin(Exception):
    """This page is for ops. Log in first; `./tend secrets` on the machine that runs Tend tells the shared password."""


def acting(request: Request) -> Who:
    """Who sends this request, with a name that events and the audit may call them by. Raises NeedsLogin."""
    who = who_asks(request)
    if who is None:
        raise NeedsLogin(NeedsLogin.__doc__)
    return who


def who_asks(request: Request) -> Who | None:
    """The same; None for a stranger. The database is asked once a request, and only for cookies that we made."""
    if ASKED not in request.scope:
        request.scope[ASKED] = _read(request)
    found: Who | None = request.scope[ASKED]
    return found


def known_already(request: Request) -> Who | None:
    """Who was found to send this request, if that was asked; the database is not."""
    found: Who | None = request.scope.get(ASKED)
    return found


def session_token(request: Request) -> str | None:
    """What the cookie holds, if we made it: made-up ones are refused without asking the database."""
    try:
        token = verify_token(PURPOSE, request.cookies.get(SESSION_COOKIE, ""))
    except ForgedToken:
        return None
    return token if isinstance(token, str) else None


def _read(request: Request) -> Who | None:
    local = Who(AT_THIS_MACHINE, Role.SET_UP) if is_local(request) else None
    token = session_token(request) if request.cookies.get(SESSION_COOKIE) else None
    if token is None:
        return local
    with engine().begin() as connection:
        session = find_session(connection, token, datetime.now(UTC))
    if session is None:
        return local
    if session.login_id is None:
        return Who(BY_SHARED_PASSWORD, Role.SET_UP, None, session.digest)
    return Who(session.name or "", session.role or Role.LOOK, session.login_id, session.digest)
