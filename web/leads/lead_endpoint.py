"""Where leads and events come in: stored before the answer; what cannot be read is stored as rejected with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from models.database import engine
from models.leads.capture import CaptureResult, capture
from models.leads.incoming_event import read_incoming_events
from models.leads.intake.outage import retry_while_away
from models.leads.intake.receive import Post, Receipt, receive, reject_post
from models.leads.intake.spool import keep_post
from models.leads.public_form import SHOWN_AT, Hold, Poster, shown_at
from models.leads.public_form import THANKS as HELD
from models.leads.rejected_lead import LEAD_ERRORS, problems_of, reject
from models.playbook import current_playbook
from models.playbook.source import EVENTS_SOURCE
from models.values.payload import FORMS, UnreadablePayload, read_json
from web.frame.api_key import has_api_key, has_last_api_key
from web.frame.errors import error_response
from web.frame.limits.body import KEPT_OF_LARGER, Body, BodyLimit, GivenBody
from web.frame.limits.unreadable_request import NO_ENCODING, content_encoding
from web.frame.login import OWN_PATH
from web.frame.network import network_address, network_of
from web.frame.pages import page

router = APIRouter()

THANKS = "Thank you, we have it."
KEPT = "Thank you, we have it. An error of ours holds it up; it is kept as it was sent, and need not be sent again."


@router.get("/leads/shown-at")
def sign_form() -> Response:
    """The signed field for a form of another site that is shown now: its name and its value. Any site may ask."""
    found = {"name": SHOWN_AT, "value": shown_at(datetime.now(UTC))}
    return JSONResponse(found, headers={"access-control-allow-origin": "*"})


@router.api_route("/leads", methods=["POST", "PUT", "PATCH"])
@router.api_route("/leads/{source:path}", methods=["POST", "PUT", "PATCH"])
def receive_lead(request: Request, body: GivenBody, source: str = "") -> Response:
    """A lead as JSON or from a form: 201 with its ids, 200 when it was seen before, 4xx when ops have to look.

    202 when an error of ours holds it up; then it is kept and taken in later.
    """
    now = datetime.now(UTC)
    post = Post(
        source=source.strip("/"),
        content_type=body.content_type,
        raw=body.raw,
        query=request.url.query,
        received_at=now,
        poster=_poster(request, has_last_api_key(request)),
    )
    try:
        receipt = retry_while_away(lambda: _store(request, body, post))
    except Exception as error:
        try:
            keep_post(post, error)
        except (OSError, SQLAlchemyError):
            # Then the sender has to keep it, as with any other page.
            raise error from None
        return _own_redirect(body, _values(post)) or _thank(request, 202, KEPT, {"kept": KEPT})
    return _lead_response(request, body, receipt)


def _store(request: Request, body: Body, post: Post) -> Receipt:
    with engine().begin() as connection:
        post = replace(post, poster=_poster(request, has_api_key(request, connection)))
        if refused := _unreadable(request, body):
            return reject_post(connection, post, refused, post.received_at)
        return receive(connection, post, post.received_at)


@router.post("/events")
def receive_events(request: Request, body: GivenBody) -> Response:
    """One event as JSON, or a list: all are stored, or none. Needs the API key of this installation."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        _require_api_key(request, connection)
        try:
            if unreadable := _unreadable(request, body):
                raise unreadable
            events = read_incoming_events(read_json(body.raw), current_playbook(connection), now)
            captured = capture(connection, events, now)
        except LEAD_ERRORS as error:
            kept = reject(connection, EVENTS_SOURCE, body.content_type, body.raw, problems_of(error), now)
            return _rejected_response(request, body, error, kept)
    return JSONResponse([_ids(one) for one in captured], 201 if any(one.is_new_event for one in captured) else 200)


def _lead_response(request: Request, body: Body, receipt: Receipt) -> Response:
    if receipt.hold:
        return _held_response(request, receipt.hold, receipt.number)
    if receipt.error:
        return _rejected_response(request, body, receipt.error, receipt.number)
    assert receipt.captured is not None
    status = 201 if receipt.captured.is_new_event else 200
    return _own_redirect(body, receipt.values) or _thank(request, status, THANKS, _ids(receipt.captured))


def _thank(request: Request, status: int, sentence: str, ids: dict[str, Any]) -> Response:
    """A page for whoever posted a form that says nothing of where to go next, ids for a program."""
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "leads/held.html", status=status, sentence=sentence)
    return JSONResponse(ids, status)


def _values(post: Post) -> dict[str, Any]:
    try:
        return post.values()
    except UnreadablePayload:
        return {}


def _unreadable(request: Request, body: Body) -> UnreadablePayload | None:
    """Why a body is kept without being read."""
    if body.is_cut:
        return _too_large(body)
    if found := content_encoding(request):
        return UnreadablePayload(NO_ENCODING.format(found=found[:40]), 415)
    return None


def _too_large(body: Body) -> UnreadablePayload:
    sentence = f"{body.size:,} bytes were sent, at most {body.largest:,} are taken. Send texts only."
    return UnreadablePayload(sentence, 413)


def _poster(request: Request, has_api_key: bool) -> Poster:
    return Poster(
        network_address=network_address(request),
        network=network_of(request),
        has_api_key=has_api_key,
    )


def _held_response(request: Request, hold: Hold, number: int) -> Response:
    headers = {"retry-after": str(hold.retry_after)} if hold.retry_after else {}
    if hold.status == 401:
        headers["www-authenticate"] = "Bearer"
    if "text/html" in request.headers.get("accept", ""):
        # A visitor of a site can do nothing about a key.
        sentence = HELD if hold.status == 401 else hold.sentence
        return page(request, "leads/held.html", status=hold.status, headers=headers, sentence=sentence)
    return JSONResponse({"detail": hold.sentence, "held_lead": number}, hold.status, headers)


def _require_api_key(request: Request, connection: Connection) -> None:
    if not has_api_key(request, connection):
        sentence = "Events need the API key of this installation: send the header `Authorization: Bearer KEY`."
        raise HTTPException(401, sentence, {"www-authenticate": "Bearer"})


def _has_api_key(request: Request) -> bool:
    """Raises 401 without it."""
    with engine().connect() as connection:
        _require_api_key(request, connection)
    return True


# Some people send the photograph that they were asked for, and are to read that it was too large.
LEAD_LIMIT = BodyLimit(is_form=False, keeps_any=True, discards=16 * 1024 * 1024)
EVENT_LIMIT = BodyLimit(may_send=_has_api_key, is_form=False, keeps_any=True)


def _ids(captured: CaptureResult) -> dict[str, Any]:
    ids = {"contact_id": captured.contact_id, "event_id": captured.event_id, "created": captured.is_new_event}
    return ids | ({"history": True} if captured.is_history else {})


def _own_redirect(body: Body, values: Mapping[str, Any]) -> Response | None:
    """Where a form of ours wants its visitor to go next; other sites are no place to go."""
    next_page = values.get("redirect")
    if body.content_type.startswith(FORMS) and isinstance(next_page, str) and OWN_PATH.fullmatch(next_page):
        return RedirectResponse(next_page, 303)
    return None


def _rejected_response(request: Request, body: Body, error: Exception, number: int) -> Response:
    """What is wrong with a lead or an event that is kept as rejected, and where it is."""
    what = f"Its first {KEPT_OF_LARGER // 1024} KiB are" if body.is_cut else "It is"
    sentence = f"{error} {what} kept as rejected lead {number}, which ops can repair; or send it again corrected."
    status = getattr(error, "status", 422)
    if "text/html" in request.headers.get("accept", ""):
        return error_response(request, status, sentence)
    return JSONResponse({"error": sentence, "problems": problems_of(error), "rejected_lead": number}, status)
