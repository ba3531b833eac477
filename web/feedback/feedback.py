"""The page on which the owner of a lead says how it goes. Needs no login, only its link."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.token import verify_token
from models.database import engine, lock_contacts
from models.feedback.owners import LINK, LIST_LINK, feedback_list_path, owners
from models.feedback.record import NotTheirs, record_feedback
from models.feedback.said import SaidFeedback
from models.playbook import Playbook, current_playbook
from models.playbook.feedback import FeedbackTerms
from web.feedback.lead_page import (
    FeedbackLink,
    count_open_requests,
    feedback_link,
    has_value,
    lead_page,
    open_requests,
    said_so_far,
)
from web.feedback.typed_feedback import FIELDS, SURE, UnlikelyFeedback, check_likely, said_with
from web.frame.pages import page
from web.frame.typed_text import UnreadableText

router = APIRouter()

GONE = "This lead is no longer there: the person has been erased. There is nothing left to say."
ENDED = "This link has ended. If leads are still yours, the next mail brings a new one; else ask your manager."
NOT_ASKED = "Nobody is asked about leads any more. Nothing was changed."


async def read_typed(request: Request) -> dict[str, str]:
    """What was typed, as text; files and other inputs are none of ours."""
    form = await request.form()
    return {name: value for name in (*FIELDS, SURE) if isinstance(value := form.get(name), str)}


@router.get("/feedback/list/{token}")
def show_list(request: Request, token: str) -> Response:
    """All leads that somebody is asked about."""
    rep, link_number = verify_token(LIST_LINK, token)
    with engine().connect() as connection:
        owner = owners(connection, current_playbook(connection), [rep]).get(rep)
        if owner is None or not owner.active or owner.link_number != link_number:
            raise HTTPException(410, ENDED)
        asked, count = open_requests(connection, rep), count_open_requests(connection, rep)
    return page(request, "feedback/list.html", owner=owner, zone=owner.zone, asked=asked, count=count)


@router.get("/feedback/{token}")
def show_lead(request: Request, token: str) -> Response:
    """The lead, whatever has become of it. Looking changes nothing: mail scanners look too."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        return _page(request, connection, playbook, _find(connection, playbook, token), token)


@router.post("/feedback/{token}")
def say(request: Request, token: str, typed: Annotated[dict[str, str], Depends(read_typed)]) -> Response:
    """Record what is said. Sending the same again is fine; what a later answer leaves out stays as it was said.

    A lead that is somebody else's by now is answered with who has it (409), and nothing is changed.
    """
    now = datetime.now(UTC)
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        link, terms = _find(connection, playbook, token), _terms(playbook)
        if link.state != "open":
            return _page(request, connection, playbook, link, token, status=409)
        # Two parts that are sent at once, from a phone and a desk, are added up one after the other.
        lock_contacts(connection, [link.contact_id])
        asked = typed.get(SURE, "").split()
        try:
            said = said_with(typed, said_so_far(connection, link), terms, playbook, link.zone, now)
            check_likely(said, terms, has_value=has_value(connection, link), asked=asked)
        except UnlikelyFeedback as problem:
            typed |= {SURE: " ".join([*asked, problem.about])}
            return _page(request, connection, playbook, link, token, status=422, typed=typed, problem=str(problem))
        except UnreadableText as problem:
            return _page(request, connection, playbook, link, token, status=422, typed=typed, problem=str(problem))
        try:
            record_feedback(connection, playbook, link.contact_id, link.rep_id, said, now)
        except NotTheirs:
            return _page(request, connection, playbook, _find(connection, playbook, token), token, status=409)
    return RedirectResponse(f"/feedback/{token}", 303)


def _terms(playbook: Playbook) -> FeedbackTerms:
    if playbook.feedback is None:
        raise HTTPException(410, NOT_ASKED)
    return playbook.feedback


def _find(connection: Connection, playbook: Playbook, token: str) -> FeedbackLink:
    link = feedback_link(connection, playbook, verify_token(LINK, token))
    if link is None:
        raise HTTPException(404, GONE)
    if link.state == "ended":
        raise HTTPException(410, ENDED)
    return link


def _page(
    request: Request,
    connection: Connection,
    playbook: Playbook,
    link: FeedbackLink,
    token: str,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    shown: dict[str, Any] = {"link": link, "token": token, "zone": link.zone, "problem": problem}
    if link.state != "open":
        return page(request, "feedback/moved.html", status=status, **shown)
    lead = lead_page(connection, playbook, link)
    terms = _terms(playbook)
    link_number = owners(connection, playbook, [link.rep_id])[link.rep_id].link_number
    shown |= {
        "lead": lead,
        "terms": terms,
        "products": playbook.products,
        "currency": playbook.orders.currency,
        "missing": lead.said.missing if lead.said_at else (),
        "list_path": feedback_list_path(link.rep_id, link_number),
        "given": typed if typed is not None else given_of(lead.said),
    }
    return page(request, "feedback/lead.html", status=status, **shown)


def given_of(said: SaidFeedback) -> dict[str, str]:
    """What was said, as the form has it."""
    amount = f"{said.amount:,.2f} {said.currency or ''}".strip() if said.amount is not None else None
    given: dict[str, Any] = {name: getattr(said, name) for name in FIELDS} | {"amount": amount}
    return {name: str(value) for name, value in given.items() if value is not None}
