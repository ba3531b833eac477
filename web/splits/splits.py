"""Split tests for ops: how each stands, what it says, and the winner that all new contacts get."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.database import engine
from models.splits import CannotWin, reopen, settle_winner
from models.splits.decide import BY_RULE, judge_all, judge_one
from models.splits.statistics.reasons import p_words, percent, points, range_of_points
from web.frame.csv_answer import csv_answer
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, typed
from web.splits.split_page import series, split_page, variant_lines
from web.splits.split_plan_words import goal_words, short_to_go, successes_of
from web.splits.split_words import CONFIDENCE, meaning, plan_words, state_of

router = APIRouter(prefix="/splits", dependencies=[Depends(require_ops)])

NO_TEST = "There is no split test of this name. A test is here from its first draw on; /splits lists all."
UNSURE = "The box was not ticked, so nothing was changed: say that all new contacts shall get this variant."
HAD_ONE = "The test has a winner already, so nothing was changed. Draw by chance again first, if it shall be another."
LONGEST = 200
COLUMNS = ("Day", "Variant", "Contacts", "Successes", "Rate", "Low", "High")
WORDS = {
    "percent": percent,
    "points": points,
    "goal": goal_words,
    "of": successes_of,
    "p": p_words,
    "range": range_of_points,
}


@router.get("")
def show_splits(request: Request) -> Response:
    """All tests, the open ones first."""
    with engine().connect() as connection:
        judged = judge_all(connection, datetime.now(UTC))
    lines = [(one, state_of(one), variant_lines(one), short_to_go(one)) for one in judged]
    return page(request, "splits/splits.html", lines=lines, words=WORDS)


@router.get("/{name:path}/daily.csv")
def download(name: str) -> Response:
    """What was known at the end of each day, the oldest first."""
    with engine().connect() as connection:
        judged = judge_one(connection, name, datetime.now(UTC))
    if judged is None:
        raise HTTPException(404, NO_TEST)
    # Only letters that every system takes for the name of a file.
    file = re.sub(r"[^a-z0-9]+", "-", f"split {name}".lower()).strip("-")
    return csv_answer(file, COLUMNS, iter(series(judged)))


@router.get("/{name:path}")
def show_split(request: Request, name: str, done: str = "") -> Response:
    """One test."""
    with engine().connect() as connection:
        found = split_page(connection, name, datetime.now(UTC))
    if found is None:
        raise HTTPException(404, NO_TEST)
    judged = found.judged
    said: dict[str, Any] = {"meaning": meaning(judged), "state": state_of(judged), "confidence": CONFIDENCE}
    plan = plan_words(judged.verdict.plan, judged) if judged.verdict.plan else None
    return page(request, "splits/split.html", split=found, judged=judged, plan=plan, words=WORDS, done=done, **said)


@router.post("/{name:path}/winner")
def choose(
    name: str,
    variant: Annotated[str, Form()],
    who: Annotated[str, Form()] = "",
    because: Annotated[str, Form()] = "",
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Give a variant to all who are new to the test; contacts on their way stay with theirs."""
    if not sure:
        raise HTTPException(422, UNSURE)
    by, why = _by(who), _typed(because, "The words of the reason") or "no reason was given"
    with engine().begin() as connection:
        if not _settled(connection, name, variant, by, why):
            raise HTTPException(409, HAD_ONE)
    return RedirectResponse(_path(name, "won"), 303)


@router.post("/{name:path}/reopen")
def draw_again(name: str) -> Response:
    """Take the winner back: who is new is drawn by chance again."""
    with engine().begin() as connection:
        reopen(connection, name)
    return RedirectResponse(_path(name, "reopened"), 303)


def _settled(connection: Connection, name: str, variant: str, by: str, why: str) -> bool:
    try:
        return settle_winner(connection, name, variant, by, why, datetime.now(UTC))
    except CannotWin as problem:
        raise HTTPException(422, str(problem)) from None


def _by(who: str) -> str:
    """The name that was typed; nobody is called as the rule is."""
    name = _typed(who, "The letters of your name")
    return "a person" if not name or name.lower() == BY_RULE else name


def _typed(words: str, what: str) -> str:
    try:
        return typed(words, what, longest=LONGEST)
    except UnreadableText as problem:
        raise HTTPException(422, str(problem)) from None


def _path(name: str, done: str) -> str:
    return f"/splits/{quote(name)}?done={done}"
