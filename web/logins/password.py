"""Setting a password behind a link that was mailed, and asking for such a link. Needs no login."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from models.access.guesses import forget_guesses, guess_key
from models.access.password import TooManyChecks, hash_password, password_problem
from models.access.post_limit import seconds_to_wait
from models.database import engine
from models.logins.accounts import Account, find_account_by_email
from models.logins.password_link import mail_reset, read_link, use_link
from models.playbook import NoPlaybook, current_playbook
from web.frame.network import network_of
from web.frame.pages import page
from web.frame.security import require_same_origin
from web.logins.log_in import LONGEST_EMAIL, enter, who_of

router = APIRouter()

POSTS, PER = 20, timedelta(hours=1)
"""How often one network asks for links at most."""
TOO_MANY = "Too many links were asked for from your network. Nothing was done: try again in an hour."
DIFFERENT = "The two passwords are not the same. Type it once more."


@router.get("/password/{token}")
def show_form(request: Request, token: str) -> Response:
    """The form for a password; the link is used up by sending it, not by opening it, for scanners open links."""
    with engine().connect() as connection:
        return _form(request, token, read_link(connection, token, datetime.now(UTC)))


@router.post("/password/{token}", dependencies=[Depends(require_same_origin)])
def set_password(
    request: Request, token: str, password: Annotated[str, Form()] = "", again: Annotated[str, Form()] = ""
) -> Response:
    """Set the password and log in with it; every other session of the login ends."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        account = read_link(connection, token, now)
    problem = DIFFERENT if password != again else password_problem(password, known_words(account))
    if problem:
        return _form(request, token, account, problem)
    try:
        # Before a connection is taken: hashing takes its time.
        stored = hash_password(password)
    except TooManyChecks as error:
        raise HTTPException(503, str(error), {"retry-after": "5"}) from None
    with engine().begin() as connection:
        use_link(connection, token, stored, now)
        forget_guesses(connection, guess_key(account.email))
    return enter(request, RedirectResponse("/", 303), who_of(account), "set a password and logged in")


@router.get("/forgot")
def show_forgot(request: Request) -> Response:
    """The form that asks for a link."""
    return page(request, "logins/forgot.html", asked=None)


@router.post("/forgot", dependencies=[Depends(require_same_origin)])
def ask_for_link(request: Request, afterwards: BackgroundTasks, email: Annotated[str, Form()] = "") -> Response:
    """Mail a link to whoever has a login with this address. The answer, and its time, are the same for any address."""
    given = email.strip().lower()[:LONGEST_EMAIL]
    if network := network_of(request):
        with engine().begin() as connection:
            wait = seconds_to_wait(connection, f"forgot {network}", POSTS, PER, datetime.now(UTC))
        if wait:
            raise HTTPException(429, TOO_MANY, {"retry-after": str(wait)})
    afterwards.add_task(_mail_link, given)
    answer = page(request, "logins/forgot.html", asked=given)
    answer.background = afterwards
    return answer


def known_words(account: Account) -> list[str]:
    """What everybody knows of somebody, which is no part of a good password."""
    with engine().connect() as connection:
        try:
            return [account.name, account.email, current_playbook(connection).company.name]
        except NoPlaybook:
            return [account.name, account.email]


def _mail_link(email: str) -> None:
    now = datetime.now(UTC)
    with engine().begin() as connection:
        account = find_account_by_email(connection, email)
        if account:
            mail_reset(connection, account, now)


def _form(request: Request, token: str, account: Account, problem: str | None = None) -> Response:
    status = 422 if problem else 200
    return page(request, "logins/password.html", status=status, token=token, account=account, problem=problem)
