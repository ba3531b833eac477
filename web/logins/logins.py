"""The page Logins: who may log in with which role, inviting, sessions, and the password that all share."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.audit import Change
from models.access.session import end_all_sessions, end_listed_session, list_sessions
from models.database import engine
from models.logins.accounts import (
    Account,
    LoginProblem,
    add_account,
    change_role,
    disable_account,
    enable_account,
    find_account,
    is_shared_password_on,
    list_accounts,
    turn_off_shared_password,
    turn_on_shared_password,
)
from models.logins.password_link import mail_invitation, mail_reset
from models.logins.typed import UnreadableLogin, read_email, read_name
from models.tables.access.login import Role
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.who import acting
from web.logins.browser_name import browser_name

router = APIRouter(prefix="/logins", dependencies=[Depends(require_ops)])
SET_UP = [Depends(require_role("set up"))]

NO_LOGIN = "There is no login with this number. The page Logins has those that are."
ROLES = {
    Role.LOOK: "look: read everything, change nothing",
    Role.WORK: "work: act on leads, tasks and mails",
    Role.SET_UP: "set up: also merge, pause, end split tests, and manage logins",
}


@dataclass(frozen=True)
class Draft:
    """What was typed into the form of an invitation."""

    name: str = ""
    email: str = ""
    role: Role = Role.WORK


@dataclass(frozen=True)
class LoginLine:
    """A login in the list."""

    account: Account
    sessions: int
    has_link: bool


@router.get("", dependencies=SET_UP)
def show_logins(request: Request, done: str = "") -> Response:
    """All logins and all open sessions."""
    with engine().connect() as connection:
        return _list_page(request, connection, done=done)


@router.post("", dependencies=SET_UP)
def invite(
    request: Request,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    role: Annotated[Role, Form()] = Role.WORK,
) -> Response:
    """Make a login and mail its link."""
    draft = Draft(name, email, role)
    with engine().begin() as connection:
        try:
            given, address = read_name(name), read_email(email)
            account = add_account(connection, given, address, role, acting(request).name, datetime.now(UTC))
        except (UnreadableLogin, LoginProblem) as error:
            return _list_page(request, connection, problem=str(error), draft=draft)
        mail_invitation(connection, account, acting(request).name, datetime.now(UTC))
        audit(connection, request, f"invited {account.name} with the role “{role}”", data={"email": account.email})
    return _done("invited")


@router.post("/shared-password", dependencies=SET_UP)
def switch_shared_password(request: Request, action: Annotated[Literal["off", "on"], Form()]) -> Response:
    """Let the password that all share open the pages or not."""
    with engine().begin() as connection:
        try:
            if action == "off":
                turn_off_shared_password(connection, datetime.now(UTC))
            else:
                turn_on_shared_password(connection)
        except LoginProblem as error:
            return _list_page(request, connection, problem=str(error))
        before = "on" if action == "off" else "off"
        changes = [Change("the one for all", before, action)]
        audit(connection, request, f"switched the shared password {action}", changes=changes)
    return _done("shared")


@router.post("/sessions/{digest}", dependencies=SET_UP)
def end_one_session(request: Request, digest: str) -> Response:
    """End somebody's session; nothing happens where it has ended."""
    with engine().begin() as connection:
        if end_listed_session(connection, digest):
            audit(connection, request, "ended a session")
    return _done("ended")


@router.post("/{number}/role", dependencies=SET_UP)
def give_role(request: Request, number: int, role: Annotated[Role, Form()]) -> Response:
    """Give a login another role, from its next page on."""
    with engine().begin() as connection:
        account = _find(connection, number)
        try:
            change_role(connection, number, role)
        except LoginProblem as error:
            return _list_page(request, connection, problem=str(error))
        changes = [Change("role", account.role, role)]
        audit(connection, request, f"gave {account.name} the role “{role}”", changes=changes)
    return _done("changed")


@router.post("/{number}/link", dependencies=SET_UP)
def send_link(request: Request, number: int) -> Response:
    """Mail the invitation again, or a link that replaces the password; earlier links work no more."""
    with engine().begin() as connection:
        account = _find(connection, number)
        if account.disabled_at:
            return _list_page(request, connection, problem=f"{account.name} is disabled. Let them in again first.")
        if account.password_hash:
            sent = mail_reset(connection, account, datetime.now(UTC))
        else:
            sent = mail_invitation(connection, account, acting(request).name, datetime.now(UTC))
        if sent is None:
            return _list_page(request, connection, problem="A link was mailed a few minutes ago. Let it arrive first.")
        audit(connection, request, f"sent {account.name} a link that sets a password")
    return _done("sent")


@router.post("/{number}/sessions", dependencies=SET_UP)
def end_their_sessions(request: Request, number: int) -> Response:
    """End all sessions of a login."""
    with engine().begin() as connection:
        account = _find(connection, number)
        end_all_sessions(connection, number)
        audit(connection, request, f"ended all sessions of {account.name}")
    return _done("ended")


@router.post("/{number}/disable", dependencies=SET_UP)
def disable(request: Request, number: int) -> Response:
    """End their sessions and let them in no more; what they did stays theirs."""
    with engine().begin() as connection:
        account = _find(connection, number)
        try:
            disable_account(connection, number, datetime.now(UTC))
        except LoginProblem as error:
            return _list_page(request, connection, problem=str(error))
        changes = [Change("login", "may log in", "disabled")]
        audit(connection, request, f"disabled the login of {account.name}", changes=changes)
    return _done("disabled")


@router.post("/{number}/enable", dependencies=SET_UP)
def enable(request: Request, number: int) -> Response:
    """Let them in again."""
    with engine().begin() as connection:
        account = _find(connection, number)
        enable_account(connection, number)
        changes = [Change("login", "disabled", "may log in")]
        audit(connection, request, f"let {account.name} in again", changes=changes)
    return _done("enabled")


def _find(connection: Connection, number: int) -> Account:
    account = find_account(connection, number) if 0 < number < 2**63 else None
    if account is None:
        raise HTTPException(404, NO_LOGIN)
    return account


def _done(done: str) -> Response:
    return RedirectResponse(f"/logins?done={done}", 303)


def _list_page(
    request: Request, connection: Connection, *, problem: str | None = None, draft: Draft | None = None, done: str = ""
) -> Response:
    now = datetime.now(UTC)
    sessions = list_sessions(connection, now, everybodys=True)
    lines = [
        LoginLine(one, sum(session.login_id == one.id for session in sessions), one.has_link(now))
        for one in list_accounts(connection)
    ]
    return page(
        request,
        "logins/logins.html",
        status=422 if problem else 200,
        lines=lines,
        sessions=[(session, browser_name(session.browser)) for session in sessions],
        own=acting(request).session,
        shared=is_shared_password_on(connection),
        can_turn_off=any(one.account.is_active and one.account.role is Role.SET_UP for one in lines),
        roles=ROLES,
        problem=problem,
        draft=draft or Draft(),
        done=done,
    )
