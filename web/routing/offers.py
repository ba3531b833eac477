"""The offer page, where a rep accepts or declines a lead. Needs no login, only its link."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.work_link import read_offer_token
from models.database import engine
from models.routing.offers import accept, decline
from web.frame.pages import page
from web.frame.security import CONTENT_POLICY
from web.frame.typed_text import UnreadableText, validate_text
from web.routing.offer_page import OfferPage, offer_page

router = APIRouter()

LONGEST_REASON = 500
GONE = "This offer is no longer there: the person it was about has been erased. There is nothing left to do."

# The countdown is the only script that we serve.
COUNTDOWN_HEADERS = {"content-security-policy": f"{CONTENT_POLICY}; script-src 'self'"}


@router.get("/offers/{token}")
def show_offer(request: Request, token: str) -> Response:
    """The offer, whatever its state. Looking takes nothing: mail scanners look too."""
    with engine().connect() as connection:
        return _page(request, _find(connection, token), token)


@router.post("/offers/{token}/accept")
def accept_offer(request: Request, token: str) -> Response:
    """Take the lead. One of all who ask gets it; the others read who has it (409). Again by the winner is fine."""
    with engine().begin() as connection:
        taken = accept(connection, _find(connection, token).id, datetime.now(UTC))
    return _answer_response(request, token, taken, "yours")


@router.post("/offers/{token}/decline")
def decline_offer(request: Request, token: str, reason: Annotated[str, Form()] = "") -> Response:
    """Decline the offer; the next rep is offered the lead at once. Declining twice is fine."""
    try:
        reason = validate_text(reason, "Your words", longest=LONGEST_REASON)
    except UnreadableText as problem:
        with engine().connect() as connection:
            return _page(request, _find(connection, token), token, status=422, problem=str(problem))
    with engine().begin() as connection:
        left = decline(connection, _find(connection, token).id, reason, datetime.now(UTC))
    return _answer_response(request, token, left, "declined")


def _answer_response(request: Request, token: str, changed: bool, wanted: str) -> Response:
    with engine().connect() as connection:
        offer = _find(connection, token)
    if changed or offer.state == wanted:
        return RedirectResponse(f"/offers/{token}", 303)
    return _page(request, offer, token, status=409)


def _find(connection: Connection, token: str) -> OfferPage:
    """The offer of a link. Raises ForgedToken, EndedLink, and 404 when the lead was erased."""
    offer = offer_page(connection, read_offer_token(token), datetime.now(UTC))
    if offer is None:
        raise HTTPException(404, GONE)
    return offer


def _page(request: Request, offer: OfferPage, token: str, *, status: int = 200, problem: str | None = None) -> Response:
    headers = COUNTDOWN_HEADERS if offer.state == "open" else None
    return page(
        request, "routing/offer.html", status=status, headers=headers, offer=offer, token=token, problem=problem
    )
