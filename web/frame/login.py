"""Who may see the pages for ops: anyone at this machine itself, elsewhere whoever knows the ops password."""

import hmac
import os
import re
import time
from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from models.access.session import LENGTH, end_all_sessions, end_session, is_open, open_session
from models.access.token import ForgedToken, read_secret, sign_token, verify_token
from models.database import engine
from web.frame.local import is_local
from web.frame.pages import SESSION_COOKIE, page
from web.frame.security import require_same_origin

ALLOWED = 5
FIRST_PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 300
REMEMBERED = 10_000


class WrongGuesses:
    """Counts in this process alone. The password has 256 random bits: who guesses costs time, and finds nothing."""

    def __init__(self) -> None:
        self._guesses: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, guesser: str, now: float) -> None:
        """One more wrong guess; the pause doubles each time."""
        with self._lock:
            count, _ = self._guesses.pop(guesser, (0, now))
            self._guesses[guesser] = (count + 1, now + _pause_after(count + 1))
            if len(self._guesses) > REMEMBERED:
                self._guesses.popitem(last=False)

    def pause(self, guesser: str, now: float) -> int:
        """For how many seconds guesses of theirs are answered from memory; 0 when the database is asked."""
        _, until = self._guesses.get(guesser, (0, now))
        return max(0, round(until - now + 0.5)) if until > now else 0


def _pause_after(count: int) -> float:
    if count < ALLOWED:
        return 0
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - ALLOWED, 10))


class LastPassword:
    """The password as it was read last, so that somebody who guesses all day keeps the database free for leads."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._password, self._read_at = "", float("-inf")

    def read(self, *, anew: bool) -> str:
        """The password; unless `anew`, as it was at most a second ago."""
        if anew or time.monotonic() - self._read_at > self.SECONDS:
            with engine().connect() as connection:
                self._password = read_secret(connection, "ops password")
            self._read_at = time.monotonic()
        return self._password


router = APIRouter()
wrong_guesses = WrongGuesses()
last_password = LastPassword()

PURPOSE = "ops session"
# Other sites and schemes, and what browsers turn into them, are no paths of ours.
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


class NeedsLogin(Exception):
    """This page is for ops. Log in with the ops password of this installation; `./tend secrets` tells it."""


def require_ops(request: Request) -> None:
    """A dependency: lets ops through, sends others to the login page, refuses forms of other sites."""
    require_same_origin(request)
    if not is_local(request) and not has_session(request):
        raise NeedsLogin(NeedsLogin.__doc__)


def has_session(request: Request) -> bool:
    """Whether this browser has logged in, and the session has not ended since."""
    token = _session_token(request)
    if token is None:
        return False
    with engine().connect() as connection:
        return is_open(connection, token, datetime.now(UTC))


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """The form for the password."""
    return page(request, "frame/login.html", next=own_path(next), problem=None)


@router.post("/login", dependencies=[Depends(require_same_origin)])
def log_in(request: Request, password: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:
    """Check the password and open a session. The right password is always heard, whoever else guesses beside it."""
    guesser = request.client.host if request.client else "unknown"
    pause = wrong_guesses.pause(guesser, time.monotonic())
    known = last_password.read(anew=not pause)
    if hmac.compare_digest(password.encode(errors="replace"), known.encode()):
        return _with_session(request, RedirectResponse(own_path(next), 303))
    if pause:
        problem = f"Too many wrong passwords came from your network; this was another one. Wait for {pause} seconds."
        headers = {"retry-after": str(pause)}
        return page(request, "frame/login.html", status=429, headers=headers, next=own_path(next), problem=problem)
    wrong_guesses.add(guesser, time.monotonic())
    problem = "This is not the ops password of this installation; `./tend secrets` tells it."
    return page(request, "frame/login.html", status=403, next=own_path(next), problem=problem)


@router.post("/logout", dependencies=[Depends(require_same_origin)])
def log_out(request: Request, everywhere: Annotated[bool, Form()] = False) -> Response:
    """End this session, or those on all browsers: nobody gets in by a copy of the cookie any more."""
    token = _session_token(request)
    with engine().begin() as connection:
        if everywhere and (is_local(request) or (token and is_open(connection, token, datetime.now(UTC)))):
            end_all_sessions(connection)
        elif token:
            end_session(connection, token)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def own_path(path: str) -> str:
    """A path of this site to go on to; the overview for anything else."""
    return path if OWN_PATH.fullmatch(path) else "/"


def _with_session(request: Request, answer: Response) -> Response:
    with engine().begin() as connection:
        token = sign_token(PURPOSE, open_session(connection, datetime.now(UTC)))
    secure = request.url.scheme == "https" or os.environ.get("TEND_WEB_URL", "").startswith("https:")
    seconds = int(LENGTH.total_seconds())
    answer.set_cookie(SESSION_COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=secure)
    return answer


def _session_token(request: Request) -> str | None:
    """What the cookie holds, if we made it: made-up ones are refused without asking the database."""
    try:
        token = verify_token(PURPOSE, request.cookies.get(SESSION_COOKIE, ""))
    except ForgedToken:
        return None
    return token if isinstance(token, str) else None
