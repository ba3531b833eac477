"""One's own login: the name and role that one acts by, one's sessions, and another password."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from models.access.guesses import count_guess, forget_guesses, guess_key
from models.access.password import TooManyChecks, hash_password, password_problem, verify_password
from models.access.session import end_listed_session, list_sessions
from models.database import engine
from models.logins.accounts import Account, find_account
from models.logins.password_link import change_password
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.who import acting
from web.logins.browser_name import browser_name
from web.logins.log_in import enter, who_of
from web.logins.password import DIFFERENT, known_words

router = APIRouter(prefix="/me", dependencies=[Depends(require_ops)])
LOOK = [Depends(require_role("look"))]

NO_OWN_LOGIN = "You have no login of your own: this works with one. Somebody with the role “set up” can invite you."
NOT_THIS = "The password that you have now is another one. Nothing was changed."
LATER = "Too many wrong passwords were typed. Nothing was checked: wait a few minutes."


@router.get("")
def show_own_login(request: Request, done: str = "") -> Response:
    """Who one is here, and where one is logged in."""
    return _own_page(request, done=done)


@router.post("/password", dependencies=LOOK)
def set_own_password(
    request: Request,
    current: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Set another password; every other session ends."""
    account, now = _own_account(request), datetime.now(UTC)
    key = guess_key(account.email, "own page")
    with engine().begin() as connection:
        has_to_wait = bool(count_guess(connection, key, now))
    try:
        problem = LATER if has_to_wait else None if verify_password(current, account.password_hash) else NOT_THIS
        problem = problem or (DIFFERENT if password != again else password_problem(password, known_words(account)))
        if problem:
            return _own_page(request, problem=problem)
        stored = hash_password(password)
        with engine().begin() as connection:
            change_password(connection, account.id, stored, now)
            forget_guesses(connection, key)
    except TooManyChecks as error:
        raise HTTPException(503, str(error), {"retry-after": "5"}) from None
    return enter(request, RedirectResponse("/me?done=password", 303), who_of(account), "set another password")


@router.post("/sessions/{digest}", dependencies=LOOK)
def end_own_session(request: Request, digest: str) -> Response:
    """End one of one's sessions."""
    account = _own_account(request)
    with engine().begin() as connection:
        if end_listed_session(connection, digest, account.id):
            audit(connection, request, "ended a session of their own")
    return RedirectResponse("/me?done=ended", 303)


def _own_account(request: Request) -> Account:
    who = acting(request)
    with engine().connect() as connection:
        account = find_account(connection, who.login_id) if who.login_id is not None else None
    if account is None:
        raise HTTPException(409, NO_OWN_LOGIN)
    return account


def _own_page(request: Request, *, problem: str | None = None, done: str = "") -> Response:
    who, now = acting(request), datetime.now(UTC)
    with engine().connect() as connection:
        account = find_account(connection, who.login_id) if who.login_id is not None else None
        sessions = list_sessions(connection, now, login_id=account.id) if account else []
    return page(
        request,
        "logins/own_login.html",
        status=422 if problem else 200,
        account=account,
        sessions=[(session, browser_name(session.browser)) for session in sessions],
        problem=problem,
        done=done,
    )
