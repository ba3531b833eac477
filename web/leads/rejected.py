"""Leads that could not be read, for ops: what was sent, what is wrong with it, and a form to mend and send it again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import shorten
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.database import engine
from models.leads.held_lead import close_as_spam, take_held_lead
from models.leads.opportunities.deal_rows import repair_row
from models.leads.public_form import SHOWN_AT
from models.leads.rejected_lead import LEAD_ERRORS, AlreadyRepaired, close_lead, problems_of
from models.leads.unread import field_label
from models.playbook import Playbook, current_playbook
from models.playbook.source import EVENTS_SOURCE
from models.values.payload import UnreadablePayload, read_json, read_values
from models.values.sanitize import Problem
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.leads.repair_counts import repair_counts

router = APIRouter(prefix="/rejected", dependencies=[Depends(require_ops)])

SHOWN_BYTES = 100_000
EXCERPT = 120
"""Characters of what was sent that the list shows."""
CONTROLS = ("form", "redirect", "event_id", SHOWN_AT, "consent_words", "consent_page")
"""Values that say nothing of who sent them."""

REJECTED = text("""
    SELECT id, source, content_type, substring(raw FOR 4000) AS raw, coalesce(query, '') AS query, problems,
           received_at, repaired_at, held_reason, network_address, is_spam
    FROM rejected_lead
    WHERE (repaired_at IS NOT NULL) = :repaired AND (:repaired OR (held_reason IS NOT NULL) = :held)
      AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :at_once + 1
""")

LEAD = text("""
    SELECT id, source, content_type, raw, coalesce(query, '') AS query, problems, received_at, repaired_at, event_id,
           (SELECT contact_id FROM event WHERE event.id = event_id) AS contact_id, held_reason, network_address, is_spam
    FROM rejected_lead WHERE id = :id
""")


@dataclass(frozen=True)
class RejectedLeadRow:
    """A rejected lead in the list."""

    id: int
    source: str
    content_type: str
    raw: bytes
    """The beginning of what was sent."""
    query: str
    problems: list[Problem]
    received_at: datetime
    repaired_at: datetime | None
    held_reason: str | None
    network_address: str | None
    is_spam: bool

    @property
    def excerpt(self) -> str:
        """What they wrote, in a line; empty where that is only in the problems or cannot be found."""
        try:
            values = read_values(self.content_type, self.raw, self.query)
        except UnreadablePayload:
            return ""
        given = [_typed(one) for name, one in values.items() if name not in CONTROLS and isinstance(one, str | int)]
        return shorten(", ".join(filter(None, given)), EXCERPT, placeholder="\N{HORIZONTAL ELLIPSIS}")


@dataclass(frozen=True)
class RejectedLeadDetail:
    """A rejected lead as it was sent, and what was wrong with it then."""

    id: int
    source: str
    content_type: str
    raw: bytes
    query: str
    problems: list[Problem]
    received_at: datetime
    repaired_at: datetime | None
    event_id: int | None
    contact_id: int | None
    """The contact that it became."""
    held_reason: str | None
    network_address: str | None
    is_spam: bool


@dataclass(frozen=True)
class RepairForm:
    """A rejected lead as the form shows it: a field for each value, or the whole as text when it is not that simple."""

    source: str
    fields: list[tuple[str, str]]
    document: str


@router.get("")
def show_rejected(request: Request, repaired: bool = False, held: bool = False, before: BeforeId = None) -> Response:
    """The newest leads that wait to be repaired, those that wait for a look, or those that somebody was done with."""
    about = {"repaired": repaired, "held": held, "before": before, "at_once": AT_ONCE}
    with engine().connect() as connection:
        newest = [RejectedLeadRow(**line) for line in connection.execute(REJECTED, about).mappings()]
        counts, playbook = repair_counts(connection), current_playbook(connection)
    lines, older = paginate(newest)
    labels = {one["field"]: _label(one["field"], playbook) for line in lines for one in line.problems}
    return page(
        request,
        "leads/rejected.html",
        lines=lines,
        labels=labels,
        older=older,
        repaired=repaired,
        held=held and not repaired,
        counts=counts,
    )


@router.post("/spam", dependencies=[Depends(require_role("work"))])
def close_all_as_spam(request: Request, number: Annotated[Sequence[int], Form()] = ()) -> Response:
    """The held leads that were ticked are spam; they are kept and closed."""
    with engine().begin() as connection:
        close_as_spam(connection, number, datetime.now(UTC))
        audit(connection, request, "called held leads spam", data={"leads": ", ".join(map(str, number))})
    return RedirectResponse("/rejected?held=true", 303)


@router.post("/{number}/lead", dependencies=[Depends(require_role("work"))])
def take_as_lead(request: Request, number: int) -> Response:
    """A held lead is one: it is taken as of when it was received."""
    with engine().begin() as connection:
        lead = _find(connection, number)
        try:
            taken = take_held_lead(connection, number, datetime.now(UTC))
        except (*LEAD_ERRORS, AlreadyRepaired) as error:
            return _form_page(request, connection, lead, _repair_form(lead), problems_of(error), status=422)
        audit(connection, request, "took a held lead", contact_id=taken.contact_id, data={"lead": number})
    return RedirectResponse(f"/contacts/{taken.contact_id}", 303)


@router.post("/{number}/close", dependencies=[Depends(require_role("work"))])
def close(request: Request, number: int) -> Response:
    """A rejected lead is none: it is kept and closed."""
    with engine().begin() as connection:
        close_lead(connection, number, datetime.now(UTC))
        audit(connection, request, "closed a rejected lead", data={"lead": number})
    return RedirectResponse("/rejected", 303)


@router.get("/{number}")
def show_rejected_lead(request: Request, number: int) -> Response:
    """One of them, with the form."""
    with engine().connect() as connection:
        lead = _find(connection, number)
        return _form_page(request, connection, lead, _repair_form(lead), lead.problems)


@router.post("/{number}", dependencies=[Depends(require_role("work"))])
def repair(
    request: Request,
    number: int,
    source: Annotated[str, Form()],
    name: Annotated[Sequence[str], Form()] = (),
    value: Annotated[Sequence[str], Form()] = (),
    document: Annotated[str, Form()] = "",
) -> Response:
    """Repair and store the lead; show the form again while something is still wrong."""
    fields = [pair for pair in zip(name, value, strict=False) if any(pair)]
    with engine().begin() as connection:
        lead = _find(connection, number)
        try:
            values = dict(fields) if fields else read_json(document.encode(errors="surrogatepass"))
            captured = repair_row(connection, number, source, values, datetime.now(UTC))
        except (*LEAD_ERRORS, AlreadyRepaired) as error:
            draft = RepairForm(source, fields, document)
            return _form_page(request, connection, lead, draft, problems_of(error), status=422)
        repaired = captured[0].contact_id
        audit(connection, request, "repaired a rejected lead", contact_id=repaired, data={"lead": number})
    return RedirectResponse(f"/contacts/{captured[0].contact_id}", 303)


def _find(connection: Connection, number: int) -> RejectedLeadDetail:
    found = connection.execute(LEAD, {"id": number}).mappings().one_or_none()
    if found is None:
        raise HTTPException(404, f"There is no rejected lead {number}. The list of rejected leads has those that are.")
    return RejectedLeadDetail(**found)


def _form_page(
    request: Request,
    connection: Connection,
    lead: RejectedLeadDetail,
    draft: RepairForm,
    problems: Sequence[Problem],
    status: int = 200,
) -> Response:
    sources = {name: source.label for name, source in current_playbook(connection).sources.items()} | {
        EVENTS_SOURCE: "Events"
    }
    playbook = current_playbook(connection)
    labels = {one["field"]: _label(one["field"], playbook) for one in problems}
    raw = lead.raw[:SHOWN_BYTES].decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
    about: dict[str, Any] = {"lead": lead, "raw": raw, "draft": draft, "problems": problems, "sources": sources}
    about["labels"] = labels
    return page(request, "leads/rejected_lead.html", status=status, **about)


def _repair_form(lead: RejectedLeadDetail) -> RepairForm:
    """What to start from: the values as they were sent, or the raw text where no values can be found in it."""
    try:
        is_event = lead.source == EVENTS_SOURCE
        values = read_json(lead.raw) if is_event else read_values(lead.content_type, lead.raw, lead.query)
    except UnreadablePayload:
        return RepairForm(lead.source, [], lead.raw.decode(errors="replace").replace("\0", ""))
    if isinstance(values, dict) and all(isinstance(value, str | int | float | type(None)) for value in values.values()):
        return RepairForm(lead.source, [(name, _typed(value)) for name, value in values.items()], "")
    return RepairForm(lead.source, [], json.dumps(values, indent=2))


def _label(field: str, playbook: Playbook) -> str:
    """The field of a problem as people call it: the last part of its path, `data.amount` as Amount."""
    return field_label(field.rpartition(".")[2], playbook)


def _typed(value: str | int | float | None) -> str:
    """A value as a person would type it, without what no page can hold."""
    text = "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return text.encode(errors="replace").decode().replace("\0", "")
