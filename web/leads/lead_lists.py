"""The hot list, with what its leads have in common, and the cold list: as pages and as CSV."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.token import sign_token
from models.database import engine
from models.orders.time_to_buy import time_to_buy
from models.playbook import Playbook, current_playbook
from models.playbook.scoring import Direction, Threshold
from models.scoring.hot_profile import hot_profile
from models.scoring.lead_lists import COLD, HOT, HOT_COUNT, OWNERS, UNOWNED, ColdContact, HotLead
from models.values.custom_field import clean_number
from models.values.readers.bad_value import BadValue
from models.wording import day_of
from web.frame.csv_response import csv_of_query
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.pagination import AT_ONCE

router = APIRouter(prefix="/lists", dependencies=[Depends(require_ops)])

DAYS = (30, 60, 90, 180, 365)
DEFAULT_HOT_SCORE = Decimal(1)
"""What counts as hot where the playbook names no rising threshold."""

HOT_COLUMNS = {
    **{"id": "contact", "who": "name", "company": "company", "job_title": "job title", "email": "email"},
    **{"phone": "phone", "score": "score", "main_reason": "mostly for", "stage": "stage", "mql_level": "mql level"},
    **{
        "probability": "probability",
        "owner": "owner",
        "last_action": "last action",
        "last_action_at": "last action at",
    },
    **{"task": "open task", "task_due_at": "task due", "suppressed": "no marketing mail"},
}
COLD_COLUMNS = {
    **{"id": "contact", "who": "name", "company": "company", "email": "email", "phone": "phone", "days": "days silent"},
    **{
        "last_action": "last action",
        "since": "silent since",
        "mails": "mails since",
        "stage": "stage",
        "score": "score",
    },
    **{"owner": "owner"},
}


@dataclass(frozen=True)
class HotFilter:
    """What the form above the hot list says."""

    at_least: Decimal
    threshold: str | None
    """The one of the playbook that was chosen; null for a number of one's own."""
    problem: str | None = None


Number = Annotated[int, Query(ge=1, le=100_000)]
OwnerNumber = Annotated[str, Query(pattern=r"^\d{0,18}$")]


@router.get("")
def show_lists() -> Response:
    """Where the navigation leads."""
    return RedirectResponse("/lists/hot", 303)


@router.get("/hot")
def show_hot(
    request: Request,
    threshold: str = "",
    score: str = "",
    owner: OwnerNumber = "",
    customers: bool = False,
    leaf: Number = 1,
) -> Response:
    """The leads at or above a threshold, or a score of one's own; the highest score first."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        chosen = read_hot_filter(playbook, threshold, score)
        asked = _hot(playbook, chosen, owner, customers) | _leaf(leaf)
        count = connection.scalar(HOT_COUNT, asked)
        return page(
            request,
            "leads/lead_list.html",
            list="hot",
            lines=[HotLead(**line) for line in connection.execute(HOT, asked).mappings()],
            chosen=chosen,
            thresholds=rising_thresholds(playbook),
            customers=customers,
            profile=hot_profile(connection, playbook.fields, chosen.at_least, customers),
            to_buy=time_to_buy(connection),
            task_link=lambda task: f"/tasks/{sign_token('task', task)}",
            **_list_context(request, connection, owner, leaf, count),
        )


@router.get("/hot.csv")
def download_hot(threshold: str = "", score: str = "", owner: OwnerNumber = "", customers: bool = False) -> Response:
    """All of them, not only a page."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    asked = _hot(playbook, read_hot_filter(playbook, threshold, score), owner, customers)
    return csv_of_query("hot-leads", HOT, asked | {"most": None, "skip": 0}, HOT_COLUMNS)


@router.get("/cold")
def show_cold(request: Request, days: Number = DAYS[0], owner: OwnerNumber = "", leaf: Number = 1) -> Response:
    """Whom we may mail and who has been silent for so many days, the longest first."""
    with engine().connect() as connection:
        found = connection.execute(COLD, _cold(days, owner) | _leaf(leaf)).mappings()
        lines = [ColdContact(**line) for line in found]
        count = lines[0].total if lines else 0
        around = _list_context(request, connection, owner, leaf, count)
    return page(
        request, "leads/lead_list.html", list="cold", lines=lines, days=days, choices=sorted({*DAYS, days}), **around
    )


@router.get("/cold.csv")
def download_cold(days: Number = DAYS[0], owner: OwnerNumber = "") -> Response:
    """All of them, not only a page."""
    return csv_of_query("cold-contacts", COLD, _cold(days, owner) | {"most": None, "skip": 0}, COLD_COLUMNS)


def rising_thresholds(playbook: Playbook) -> list[Threshold]:
    """The thresholds that make a lead hot, the highest first."""
    found = [each for each in playbook.scoring.thresholds if each.direction is Direction.RISING]
    return sorted(found, key=lambda each: each.score, reverse=True)


def read_hot_filter(playbook: Playbook, threshold: str, score: str) -> HotFilter:
    """A score of one's own goes before the threshold that was chosen, and that before the highest there is."""
    named = {each.name: each.score for each in rising_thresholds(playbook)}
    if threshold not in named:
        threshold = next(iter(named), "")
    chosen = HotFilter(named.get(threshold, DEFAULT_HOT_SCORE), threshold or None)
    if not score.strip():
        return chosen
    try:
        return HotFilter(Decimal(str(clean_number(score))), None)
    except BadValue as problem:
        return HotFilter(chosen.at_least, chosen.threshold, f"Score: {problem.for_people}")


def _hot(playbook: Playbook, chosen: HotFilter, owner: str, customers: bool) -> dict[str, Any]:
    caps = {rule.name: str(rule.at_most) for rule in playbook.scoring.rules if rule.at_most}
    return {
        "score": chosen.at_least,
        "customers": customers,
        "owner": _owner(owner),
        "kept": float(1 - playbook.scoring.decay),
        "caps": json.dumps(caps),
        "today": day_of(datetime.now(UTC), playbook.company.time_zone),
    }


def _cold(days: int, owner: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"until": now - timedelta(days=days), "now": now, "owner": _owner(owner)}


def _owner(owner: str) -> int | None:
    return int(owner) if owner else None


def _leaf(leaf: int) -> dict[str, int]:
    return {"most": AT_ONCE, "skip": (leaf - 1) * AT_ONCE}


def _list_context(request: Request, connection: Connection, owner: str, leaf: int, count: int) -> dict[str, Any]:
    """What both lists show around their lines."""
    kept = {name: value for name, value in request.query_params.items() if value and name != "leaf"}
    return {
        "count": count,
        "owner": _owner(owner),
        "owners": [(UNOWNED, "Nobody"), *(tuple(row) for row in connection.execute(OWNERS))],
        "leaf": leaf,
        "leaves": -(-count // AT_ONCE),
        "first": (leaf - 1) * AT_ONCE + 1,
        "kept": kept,
    }
