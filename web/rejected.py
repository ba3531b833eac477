"""Leads that could not be read, for ops: what was sent, what is wrong with it, and a form to mend and send it again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, func, select, text
from sqlmodel import col

from models.capture import UnknownContact
from models.database import engine
from models.event import RejectedLead
from models.lead import UnknownSource, UnreadableLead
from models.occurrence import SOURCE
from models.payload import UnreadablePayload, read_json, read_values
from models.playbook import current
from models.rejection import AlreadyRepaired, replay
from models.soundness import Problem
from web.login import require_ops
from web.pages import page

router = APIRouter(prefix="/rejected", dependencies=[Depends(require_ops)])

AT_ONCE = 50
SHOWN_BYTES = 100_000

REJECTED = text("""
    SELECT id, source, problems, received_at, repaired_at FROM rejected_lead
    WHERE (repaired_at IS NOT NULL) = :repaired AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :at_once + 1
""")


@dataclass(frozen=True)
class Draft:
    """A rejected lead as the form shows it: a field for each value, or the whole as text when it is not that simple."""

    source: str
    fields: list[tuple[str, str]]
    document: str


@router.get("")
def show_rejected(request: Request, repaired: bool = False, before: int | None = None) -> Response:
    """The newest leads that wait to be repaired, or those that were."""
    about = {"repaired": repaired, "before": before, "at_once": AT_ONCE}
    still_open = select(func.count()).select_from(RejectedLead).where(col(RejectedLead.repaired_at).is_(None))
    with engine().connect() as connection:
        lines = connection.execute(REJECTED, about).all()
        count = connection.execute(still_open).scalar_one()
    older = lines[AT_ONCE - 1].id if len(lines) > AT_ONCE else None
    return page(request, "rejected.html", lines=lines[:AT_ONCE], older=older, repaired=repaired, count=count)


@router.get("/{number}")
def show_rejected_lead(request: Request, number: int) -> Response:
    """One of them, with the form."""
    with engine().connect() as connection:
        lead = _find(connection, number)
        return _form(request, connection, lead, _draft(lead), lead.problems)


@router.post("/{number}")
def repair(
    request: Request,
    number: int,
    source: Annotated[str, Form()],
    name: Annotated[Sequence[str], Form()] = (),
    value: Annotated[Sequence[str], Form()] = (),
    document: Annotated[str, Form()] = "",
) -> Response:
    """Read and store it as mended; show the form again while something is still wrong."""
    fields = [pair for pair in zip(name, value, strict=False) if any(pair)]
    with engine().begin() as connection:
        lead = _find(connection, number)
        try:
            values = dict(fields) if fields else read_json(document.encode(errors="surrogatepass"))
            captured = replay(connection, number, source, values, datetime.now(UTC))
        except (UnreadablePayload, UnreadableLead, UnknownSource, UnknownContact, AlreadyRepaired) as error:
            problems = getattr(error, "problems", None) or [Problem(field="lead", found=str(error), expected="")]
            return _form(request, connection, lead, Draft(source, fields, document), problems, status=422)
    return RedirectResponse(f"/contacts/{captured[0].contact_id}", 303)


def _find(connection: Connection, number: int) -> Any:
    lead = connection.execute(select(RejectedLead.__table__).where(col(RejectedLead.id) == number)).one_or_none()  # type: ignore[attr-defined]
    if lead is None:
        raise HTTPException(404, f"There is no rejected lead {number}. The list of rejected leads has those that are.")
    return lead


def _form(
    request: Request,
    connection: Connection,
    lead: Any,
    draft: Draft,
    problems: Sequence[Problem],
    status: int = 200,
) -> Response:
    sources = {name: source.label for name, source in current(connection).sources.items()} | {SOURCE: "Events"}
    raw = lead.raw[:SHOWN_BYTES].decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
    about = {"lead": lead, "raw": raw, "draft": draft, "problems": problems, "sources": sources}
    return page(request, "rejected_lead.html", status=status, **about)


def _draft(lead: Any) -> Draft:
    """What to start from: the values as they were sent, or the raw text where no values can be found in it."""
    try:
        values = read_json(lead.raw) if lead.source == SOURCE else read_values(lead.content_type, lead.raw)
    except UnreadablePayload:
        return Draft(lead.source, [], lead.raw.decode(errors="replace").replace("\0", ""))
    if isinstance(values, dict) and all(isinstance(value, str | int | float | type(None)) for value in values.values()):
        return Draft(lead.source, [(name, _typed(value)) for name, value in values.items()], "")
    return Draft(lead.source, [], json.dumps(values, indent=2))


def _typed(value: str | int | float | None) -> str:
    """A value as a person would type it, without what no page can hold."""
    text = "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return text.encode(errors="replace").decode().replace("\0", "")
