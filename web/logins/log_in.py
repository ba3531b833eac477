"""Logging in and out: by a login of one's own, or by the password that all share while an installation is tried out."""

import hmac
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.guesses import count_guess, forget_guesses, forget_old_guesses, guess_key
from models.access.ops_names import BY_SHARED_PASSWORD
from models.access.password import TooManyChecks, verify_password
from models.access.session import LENGTH, Opener, end_all_sessions, end_session, end_shared_sessions, open_session
from models.access.token import read_secret, sign_token
from models.database import engine
from models.logins.accounts import (
    Account,
    find_account_by_email,
    has_accounts,
    is_shared_password_on,
)
from models.tables.access.login import Role
from models.wording import duration
from web.frame.audit import audit
from web.frame.login import own_path
from web.frame.network import network_address, network_of
from web.frame.pages import page
from web.frame.security import require_same_origin
from web.frame.who import PURPOSE, SESSION_COOKIE, Who, session_token, who_asks
from web.logins.browser_cookie import is_secure, known_browser, remember_browser
from web.logins.network_guesses import wrong_guesses

router = APIRouter()

LONGEST_EMAIL = 320
WRONG_SHARED = "This is not the ops password of this installation; `./tend secrets` tells it."
WRONG = "This address and this password do not belong together."
SHARED_IS_OFF = "The password that all share is switched off. Log in with your own address and password."
WAIT_NETWORK = "Too many wrong passwords came from your network; this was another one. Wait for {pause} seconds."
WAIT_LOGIN = (
    "Too many wrong passwords came for this address. Nothing was checked: wait for {pause}, or set another one."
)


class LastPassword:
    """The shared password as it was read last, so that somebody who guesses all day keeps the database free for leads.

    None where it opens nothing.
    """

    SECONDS = 1.0

    def __init__(self) -> None:
        self._password: str | None = None
        self._read_at = float("-inf")

    def read(self, *, anew: bool) -> str | None:
        """The password; unless `anew`, as it was at most a second ago."""
        if anew or time.monotonic() - self._read_at > self.SECONDS:
            with engine().connect() as connection:
                is_on = is_shared_password_on(connection)
                self._password = read_secret(connection, "ops password") if is_on else None
            self._read_at = time.monotonic()
        return self._password


last_password = LastPassword()


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:
    """The form: with an address once anybody has a login of their own."""
    return _page(request, own_path(next))


@router.post("/login", dependencies=[Depends(require_same_origin)])
def log_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password and open a session."""
    if email.strip():
        return _log_in_by_name(request, email.strip().lower()[:LONGEST_EMAIL], password, own_path(next))
    return _log_in_by_shared_password(request, password, own_path(next))


@router.post("/logout", dependencies=[Depends(require_same_origin)])
def log_out(request: Request, everywhere: Annotated[bool, Form()] = False) -> Response:
    """End this session, or those on all of one's browsers: nobody gets in by a copy of the cookie any more."""
    who, token = who_asks(request), session_token(request)
    with engine().begin() as connection:
        if who and everywhere:
            _end_all(connection, who)
        if who and (everywhere or who.session):
            audit(connection, request, "logged out on all devices" if everywhere else "logged out")
        if token:
            end_session(connection, token)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


def _end_all(connection: Connection, who: Who) -> None:
    """Those of a login; without one those that the shared password opened."""
    if who.login_id is None:
        end_shared_sessions(connection)
    else:
        end_all_sessions(connection, who.login_id)


def enter(request: Request, answer: Response, who: Who, action: str) -> Response:
    """Open a session for somebody, which the answer hands to their browser."""
    opener = Opener(
        login_id=who.login_id,
        browser=request.headers.get("user-agent"),
        network_address=network_address(request),
    )
    with engine().begin() as connection:
        now = datetime.now(UTC)
        if before := session_token(request):
            # Nobody stays logged in by a copy of the cookie that this browser had until now.
            end_session(connection, before)
        token = sign_token(PURPOSE, open_session(connection, now, opener))
        forget_old_guesses(connection, now)
        audit(connection, request, action, who=who)
    seconds = int(LENGTH.total_seconds())
    answer.set_cookie(SESSION_COOKIE, token, max_age=seconds, httponly=True, samesite="lax", secure=is_secure(request))
    if who.login_id is not None:
        remember_browser(request, answer, who.login_id)
    return answer


def who_of(account: Account) -> Who:
    """Somebody as they act with their login."""
    return Who(account.name, account.role, account.id)


def _log_in_by_shared_password(request: Request, password: str, next: str) -> Response:
    """The right password is always heard, whoever else guesses beside it: it has 256 random bits."""
    guesser = _guesser(request)
    pause = wrong_guesses.pause(guesser, time.monotonic())
    known = last_password.read(anew=not pause)
    if known is not None and hmac.compare_digest(password.encode(errors="replace"), known.encode()):
        return enter(request, RedirectResponse(next, 303), Who(BY_SHARED_PASSWORD, Role.SET_UP), "logged in")
    if pause:
        return _wait(request, next, WAIT_NETWORK.format(pause=pause), pause)
    wrong_guesses.add(guesser, time.monotonic())
    return _page(request, next, SHARED_IS_OFF if known is None else WRONG_SHARED, status=403)


def _log_in_by_name(request: Request, email: str, password: str, next: str) -> Response:
    """Nobody is told whether an address has a login: what is answered, and how long it takes, is the same."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        account = find_account_by_email(connection, email)
    browser = known_browser(request, account.id if account else None)
    # A browser that has logged in before is counted by itself.
    guesser = "" if browser else _guesser(request)
    if guesser and (pause := wrong_guesses.begin(guesser, time.monotonic())):
        return _wait(request, next, WAIT_NETWORK.format(pause=pause), pause, email)
    key = guess_key(email, browser)
    with engine().begin() as connection:
        wait = count_guess(connection, key, now)
    if wait:
        wrong_guesses.take_back(guesser, time.monotonic())
        seconds = int(wait.total_seconds()) + 1
        return _wait(request, next, WAIT_LOGIN.format(pause=duration(timedelta(seconds=seconds))), seconds, email)
    stored = account.password_hash if account and account.is_active else None
    try:
        is_right = verify_password(password, stored)
    except TooManyChecks as error:
        wrong_guesses.take_back(guesser, time.monotonic())
        raise HTTPException(503, str(error), {"retry-after": "5"}) from None
    if not is_right or account is None:
        return _page(request, next, WRONG, status=403, email=email)
    wrong_guesses.take_back(guesser, time.monotonic())
    with engine().begin() as connection:
        forget_guesses(connection, key)
    return enter(request, RedirectResponse(next, 303), who_of(account), "logged in")


def _guesser(request: Request) -> str:
    """Who guesses: whoever has one address of an IPv6 network has all of them."""
    return network_of(request) or (request.client.host if request.client else "unknown")


def _wait(request: Request, next: str, problem: str, seconds: int, email: str = "") -> Response:
    return _page(request, next, problem, status=429, email=email, headers={"retry-after": str(seconds)})


def _page(
    request: Request,
    next: str,
    problem: str | None = None,
    *,
    status: int = 200,
    email: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    with engine().connect() as connection:
        named, shared = has_accounts(connection), is_shared_password_on(connection)
    about = {"next": next, "problem": problem, "email": email, "named": named, "shared": shared}
    return page(request, "logins/log_in.html", status=status, headers=headers, **about)
