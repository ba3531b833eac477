"""Who may see the pages for ops: anyone at this machine itself, elsewhere whoever knows the ops password."""

import hmac
import os
import re
import time
from collections import OrderedDict
from ipaddress import ip_address
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from models.access.token import ForgedToken, read_secret, sign_token, verify_token
from models.database import engine
from web.frame.pages import SESSION_COOKIE, page
from web.frame.security import require_same_origin

ALLOWED = 5
FIRST_PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 300
REMEMBERED = 10_000


class WrongGuesses:
    """Counts in this process alone: a password of 256 random bits needs no more than that."""

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
        """How many seconds this guesser has to wait; 0 when they may try."""
        _, until = self._guesses.get(guesser, (0, now))
        return max(0, round(until - now + 0.5)) if until > now else 0


def _pause_after(count: int) -> float:
    if count < ALLOWED:
        return 0
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - ALLOWED, 10))


router = APIRouter()
wrong_guesses = WrongGuesses()

SESSION_SECONDS = 12 * 60 * 60
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
# Other sites and schemes, and what browsers turn into them, are no paths of ours.
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


class NeedsLogin(Exception):
    """This page is for ops. Log in with the ops password of this installation; `./tend secrets` tells it."""


def require_ops(request: Request) -> None:
    """A dependency: lets ops through, sends others to the login page, refuses forms of other sites."""
    require_same_origin(request)
    if not is_local(request) and not _has_session(request):
        raise NeedsLogin(NeedsLogin.__doc__)


def is_local(request: Request) -> bool:
    """Whether someone at this machine asks: by a loopback name (no rebound DNS name), through no proxy."""
    listening = os.environ.get("TEND_HOST", "127.0.0.1")
    proxied = any(name in request.headers for name in FORWARDED)
    return _is_loopback(listening) and _is_loopback(request.url.hostname or "") and not proxied


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """The form for the password."""
    return page(request, "frame/login.html", next=own_path(next), problem=None)


@router.post("/login", dependencies=[Depends(require_same_origin)])
def log_in(request: Request, password: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:
    """Check the password and hand out a session; too many wrong guesses have to wait."""
    guesser = request.client.host if request.client else "unknown"
    pause = wrong_guesses.pause(guesser, time.monotonic())
    if pause:
        problem = f"Too many wrong passwords. Try again in {pause} seconds."
        headers = {"retry-after": str(pause)}
        return page(request, "frame/login.html", status=429, headers=headers, next=own_path(next), problem=problem)
    if not _is_password(password):
        wrong_guesses.add(guesser, time.monotonic())
        problem = "This is not the ops password of this installation; `./tend secrets` tells it."
        return page(request, "frame/login.html", status=403, next=own_path(next), problem=problem)
    return _with_session(request, RedirectResponse(own_path(next), 303))


@router.post("/logout", dependencies=[Depends(require_same_origin)])
def log_out() -> Response:
    """Forget the session in this browser."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def own_path(path: str) -> str:
    """A path of this site to go on to; the overview for anything else."""
    return path if OWN_PATH.fullmatch(path) else "/"


def _is_password(guess: str) -> bool:
    with engine().connect() as connection:
        password = read_secret(connection, "ops password")
    return hmac.compare_digest(guess.encode(errors="replace"), password.encode())


def _with_session(request: Request, answer: Response) -> Response:
    token = sign_token("ops session", int(time.time()) + SESSION_SECONDS)
    secure = request.url.scheme == "https" or os.environ.get("TEND_WEB_URL", "").startswith("https:")
    answer.set_cookie(SESSION_COOKIE, token, max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure)
    return answer


def _has_session(request: Request) -> bool:
    try:
        return bool(verify_token("ops session", request.cookies.get(SESSION_COOKIE, "")) > time.time())
    except ForgedToken:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
