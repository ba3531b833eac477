"""Likely duplicates and identity conflicts: who may be one person, for a person to decide."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.database import engine
from models.display_name import DISPLAY_NAME
from models.merging.conflicts import ConflictDecision, decide_conflict
from models.merging.duplicates import in_order_to_keep, say_two_people
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page

router = APIRouter(dependencies=[Depends(require_ops)])

AT_ONCE = 50
CLAIM = text("SELECT contact_id, held_by_id FROM identity_conflict WHERE id = :id")
"""Who decides on this page: whoever has the ops password."""


def _who(table: str) -> str:
    """SQL: one of the two, as the page shows them."""
    name = DISPLAY_NAME.replace("contact.", f"{table}.")
    return f"""jsonb_build_object('id', {table}.id, 'who', {name}, 'email', {table}.email, 'phone', {table}.phone,
        'company', {table}.company, 'source', {table}.source, 'stage', {table}.stage)"""


DUPLICATES = text(f"""
SELECT d.id, d.reasons, d.found_at, {_who("one")} AS one, {_who("other")} AS other
FROM likely_duplicate d JOIN contact one ON one.id = d.contact_id JOIN contact other ON other.id = d.other_id
WHERE d.decided_at IS NULL ORDER BY d.likelihood DESC, d.id LIMIT :most
""")

CONFLICTS = text(f"""
SELECT c.id, c.kind, c.value, c.found_at, c.event_id, {_who("one")} AS one, {_who("other")} AS other
FROM identity_conflict c JOIN contact one ON one.id = c.contact_id JOIN contact other ON other.id = c.held_by_id
WHERE c.decided_at IS NULL ORDER BY c.found_at DESC, c.id DESC LIMIT :most
""")

COUNTS = text("""
SELECT (SELECT count(*) FROM likely_duplicate WHERE decided_at IS NULL) AS duplicates,
       (SELECT count(*) FROM identity_conflict WHERE decided_at IS NULL) AS conflicts
""")

PAIR = text("SELECT contact_id, other_id FROM likely_duplicate WHERE id = :id")

KINDS = {"email": "email", "phone": "number", "source_key": "sender's id"}


@dataclass(frozen=True)
class DuplicateLine:
    """Two contacts who may be one person."""

    id: int
    reasons: list[str]
    kept: dict[str, Any]
    """Whom a merge would keep."""
    other: dict[str, Any]


@dataclass(frozen=True)
class ConflictLine:
    """What a lead gave one contact while another one holds it."""

    id: int
    kind: str
    value: str
    found_at: datetime
    event_id: int | None
    contact: dict[str, Any]
    holder: dict[str, Any]


@router.get("/duplicates")
def show_duplicates(request: Request) -> Response:
    """The likeliest pairs, and the conflicts that nobody has decided."""
    with engine().connect() as connection:
        counts = connection.execute(COUNTS).one()
        return page(
            request,
            "contacts/duplicates.html",
            lines=_duplicates(connection),
            conflicts=_conflicts(connection),
            counts=counts,
            decisions=ConflictDecision,
        )


def _duplicates(connection: Connection) -> list[DuplicateLine]:
    return [_line(row) for row in connection.execute(DUPLICATES, {"most": AT_ONCE})]


def _line(row: Any) -> DuplicateLine:
    both = {one["id"]: one for one in (row.one, row.other)}
    kept, other = in_order_to_keep(*((one["id"], one["stage"], one["email"] is not None) for one in both.values()))
    return DuplicateLine(row.id, row.reasons, both[kept], both[other])


def _conflicts(connection: Connection) -> list[ConflictLine]:
    rows = connection.execute(CONFLICTS, {"most": AT_ONCE})
    return [
        ConflictLine(row.id, KINDS[row.kind], row.value, row.found_at, row.event_id, row.one, row.other) for row in rows
    ]


@router.post("/duplicates/{duplicate_id}/two-people", dependencies=[Depends(require_role("work"))])
def are_two_people(request: Request, duplicate_id: int) -> Response:
    """They are two people: not shown again. A second time, or after they were merged, it changes nothing."""
    with engine().begin() as connection:
        if pair := connection.execute(PAIR, {"id": duplicate_id}).one_or_none():
            both = {"other contact": pair.other_id}
            who = audit(connection, request, "said that two are not one", contact_id=pair.contact_id, data=both)
            say_two_people(connection, pair.contact_id, pair.other_id, who.name, datetime.now(UTC))
    return RedirectResponse("/duplicates", 303)


@router.post("/conflicts/{conflict_id}", dependencies=[Depends(require_role("set up"))])
def decide(request: Request, conflict_id: int, decision: Annotated[ConflictDecision, Form()]) -> Response:
    """Say whose the identifier is; the first decision counts."""
    with engine().begin() as connection:
        claim = connection.execute(CLAIM, {"id": conflict_id}).one_or_none()
        about = {"claim": conflict_id, "decision": str(decision), "other contact": claim and claim.held_by_id}
        whose = claim.contact_id if claim else None
        who = audit(connection, request, "said whose an identifier is", contact_id=whose, data=about)
        decide_conflict(connection, conflict_id, decision, who.name, datetime.now(UTC))
    return RedirectResponse("/duplicates", 303)
