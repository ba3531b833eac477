"""Split tests for ops: how each stands, what it says, and the winner that all new contacts get."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select
from sqlmodel import col

from models.access.audit import Change
from models.database import engine
from models.splits import InvalidWinner, declare_winner, reopen_test
from models.splits.evaluation import BY_RULE, evaluate_all, evaluate_by_name
from models.splits.statistics.always_valid import MIN_EXPECTED
from models.splits.statistics.interval import wilson
from models.splits.statistics.wording import p_alone, p_text, percent, points, range_of_points
from models.tables.split import SplitTest
from web.frame.audit import audit
from web.frame.csv_response import csv_response
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting
from web.splits.interpretation import CONFIDENCE, interpretation, plan_text, status_badge
from web.splits.page import daily_rows, split_page, variant_lines
from web.splits.plan_text import goal_text, remaining_short, successes_text

router = APIRouter(prefix="/splits", dependencies=[Depends(require_ops)])

NO_TEST = "There is no split test of this name. A test is here from its first draw on; /splits lists all."
NOT_CONFIRMED = "The box was not ticked, so nothing was changed: say that all new contacts shall get this variant."
ALREADY_WON = (
    "The test has a winner already, so nothing was changed. Draw by chance again first, if it shall be another."
)
LONGEST = 200
COLUMNS = ("Day", "Variant", "Contacts", "Successes", "Rate", "Low", "High")
WORDS = {
    "percent": percent,
    "points": points,
    "goal": goal_text,
    "of": successes_text,
    "p": p_text,
    "p_alone": p_alone,
    "minimum": MIN_EXPECTED,
    "wilson": wilson,
    "range": range_of_points,
}


@router.get("")
def show_splits(request: Request) -> Response:
    """All tests, the open ones first."""
    with engine().connect() as connection:
        evaluated = evaluate_all(connection, datetime.now(UTC))
    lines = [(one, status_badge(one), variant_lines(one), remaining_short(one)) for one in evaluated]
    return page(request, "splits/splits.html", lines=lines, words=WORDS)


@router.get("/{name:path}/daily.csv")
def download_daily(name: str) -> Response:
    """What was known at the end of each day, the oldest first."""
    with engine().connect() as connection:
        evaluated = evaluate_by_name(connection, name, datetime.now(UTC))
    if evaluated is None:
        raise HTTPException(404, NO_TEST)
    # Only letters that every system takes for the name of a file.
    file = re.sub(r"[^a-z0-9]+", "-", f"split {name}".lower()).strip("-")
    return csv_response(file, COLUMNS, iter(daily_rows(evaluated)))


@router.get("/{name:path}")
def show_split(request: Request, name: str, done: str = "") -> Response:
    """One test."""
    with engine().connect() as connection:
        found = split_page(connection, name, datetime.now(UTC))
    if found is None:
        raise HTTPException(404, NO_TEST)
    evaluated = found.evaluated
    said: dict[str, Any] = {
        "meaning": interpretation(evaluated),
        "state": status_badge(evaluated),
        "confidence": CONFIDENCE,
    }
    plan = plan_text(evaluated.evaluation.plan, evaluated) if evaluated.evaluation.plan else None
    return page(
        request, "splits/split.html", split=found, evaluated=evaluated, plan=plan, words=WORDS, done=done, **said
    )


@router.post("/{name:path}/winner", dependencies=[Depends(require_role("set up"))])
def choose_winner(
    request: Request,
    name: str,
    variant: Annotated[str, Form()],
    who: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Give a variant to all who are new to the test; contacts on their way stay with theirs."""
    if not sure:
        raise HTTPException(422, NOT_CONFIRMED)
    by, why = _by(who, request), _typed(reason, "The words of the reason") or "no reason was given"
    with engine().begin() as connection:
        if not _declare_winner(connection, name, variant, by, why):
            raise HTTPException(409, ALREADY_WON)
        about, changes = {"test": name, "reason": why}, [Change("winner", None, variant)]
        audit(connection, request, "ended a split test", data=about, changes=changes)
    return RedirectResponse(_path(name, "won"), 303)


@router.post("/{name:path}/reopen", dependencies=[Depends(require_role("set up"))])
def reopen_split(request: Request, name: str) -> Response:
    """Take the winner back: who is new is drawn by chance again."""
    with engine().begin() as connection:
        changes = [Change("winner", _winner(connection, name), None)]
        audit(connection, request, "took back the winner of a split test", data={"test": name}, changes=changes)
        reopen_test(connection, name)
    return RedirectResponse(_path(name, "reopened"), 303)


def _winner(connection: Connection, name: str) -> str | None:
    test = select(col(SplitTest.winner)).where(col(SplitTest.name) == name)
    return connection.execute(test).scalar()


def _declare_winner(connection: Connection, name: str, variant: str, by: str, why: str) -> bool:
    try:
        return declare_winner(connection, name, variant, by, why, datetime.now(UTC))
    except InvalidWinner as problem:
        raise HTTPException(422, str(problem)) from None


def _by(who: str, request: Request) -> str:
    """The name of their login; without one that which was typed. Nobody is called as the rule is."""
    asking = acting(request)
    name = asking.name if asking.login_id is not None else _typed(who, "The letters of your name")
    return "a person" if not name or name.lower() == BY_RULE else name


def _typed(words: str, what: str) -> str:
    try:
        return validate_text(words, what, longest=LONGEST)
    except UnreadableText as problem:
        raise HTTPException(422, str(problem)) from None


def _path(name: str, done: str) -> str:
    return f"/splits/{quote(name)}?done={done}"
