"""Where leads and events come in: stored before the answer; what cannot be read is stored as rejected with a reason."""

import hmac
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection

from models.access.token import read_secret
from models.database import engine
from models.leads.capture import CaptureResult, capture
from models.leads.held_lead import hold_lead
from models.leads.incoming_event import read_incoming_events
from models.leads.lead import UnknownSource, read_lead
from models.leads.public_form import SHOWN_AT, Hold, Poster, find_hold, rules_of, shown_at, split_guards
from models.leads.rejected_lead import LEAD_ERRORS, problems_of, reject
from models.playbook import current_playbook
from models.playbook.source import EVENTS_SOURCE
from models.values.payload import FORMS, UnreadablePayload, read_json, read_values
from web.frame.body import KEPT_OF_LARGER, LARGEST, Body, GivenBody
from web.frame.errors import error_response
from web.frame.login import OWN_PATH
from web.frame.network import network_address, network_of
from web.frame.pages import page

router = APIRouter()


@router.post("/leads/{source}")
def receive_lead(source: str, request: Request, body: GivenBody) -> Response:
    """A lead as JSON or from a form: 201 with its ids, 200 when it was seen before, 4xx when ops have to look."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        try:
            playbook = current_playbook(connection)
            rules, poster = rules_of(source, playbook), _poster(request, connection)
            values, guards = split_guards(read_values(body.content_type, _full_body(body)), rules)
            lead = read_lead(source, playbook, values, now)
            if hold := find_hold(connection, lead, rules, guards, poster, now):
                number = hold_lead(connection, source, body.content_type, body.raw, hold, poster, now)
                return _held_response(request, hold, number)
            [captured] = capture(connection, [lead], now)
        except LEAD_ERRORS as error:
            return _reject(request, connection, source, body, error, now)
    return _own_redirect(body, values) or JSONResponse(_ids(captured), 201 if captured.is_new_event else 200)


@router.get("/leads/shown-at")
def sign_form() -> Response:
    """The signed field for a form of another site that is shown now: its name and its value. Any site may ask."""
    found = {"name": SHOWN_AT, "value": shown_at(datetime.now(UTC))}
    return JSONResponse(found, headers={"access-control-allow-origin": "*"})


@router.post("/events")
def receive_events(request: Request, body: GivenBody) -> Response:
    """One event as JSON, or a list: all are stored, or none. Needs the API key of this installation."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        _require_api_key(request, connection)
        try:
            events = read_incoming_events(read_json(_full_body(body)), current_playbook(connection), now)
            captured = capture(connection, events, now)
        except LEAD_ERRORS as error:
            return _reject(request, connection, EVENTS_SOURCE, body, error, now)
    return JSONResponse([_ids(one) for one in captured], 201 if any(one.is_new_event for one in captured) else 200)


def _full_body(body: Body) -> bytes:
    """All that was sent; UnreadablePayload when it was too much to keep."""
    if body.is_cut:
        raise UnreadablePayload(f"{body.size:,} bytes were sent, at most {LARGEST:,} are taken. Send texts only.", 413)
    return body.raw


def _poster(request: Request, connection: Connection) -> Poster:
    return Poster(
        network_address=network_address(request),
        network=network_of(request),
        has_api_key=_has_api_key(request, connection),
    )


def _held_response(request: Request, hold: Hold, number: int) -> Response:
    headers = {"retry-after": str(hold.retry_after)} if hold.retry_after else {}
    if hold.status == 401:
        headers["www-authenticate"] = "Bearer"
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "leads/held.html", status=hold.status, headers=headers, sentence=hold.sentence)
    return JSONResponse({"detail": hold.sentence, "held_lead": number}, hold.status, headers)


def _has_api_key(request: Request, connection: Connection) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(key.encode(), read_secret(connection, "api key").encode())


def _require_api_key(request: Request, connection: Connection) -> None:
    if not _has_api_key(request, connection):
        sentence = "Events need the API key of this installation: send the header `Authorization: Bearer KEY`."
        raise HTTPException(401, sentence, {"www-authenticate": "Bearer"})


def _ids(captured: CaptureResult) -> dict[str, Any]:
    return {"contact_id": captured.contact_id, "event_id": captured.event_id, "created": captured.is_new_event}


def _own_redirect(body: Body, values: dict[str, Any]) -> Response | None:
    """Where a form of ours wants its visitor to go next; other sites are no place to go."""
    next_page = values.get("redirect")
    if body.content_type.startswith(FORMS) and isinstance(next_page, str) and OWN_PATH.fullmatch(next_page):
        return RedirectResponse(next_page, 303)
    return None


def _reject(
    request: Request, connection: Connection, source: str, body: Body, error: Exception, now: datetime
) -> Response:
    """Keep what was sent, and say what is wrong with it and where it is."""
    problems = problems_of(error)
    number = reject(connection, source, body.content_type, body.raw, problems, now)
    what = f"Its first {KEPT_OF_LARGER // 1024} KiB are" if body.is_cut else "It is"
    sentence = f"{error} {what} kept as rejected lead {number}, which ops can repair; or send it again corrected."
    status = 404 if isinstance(error, UnknownSource) else getattr(error, "status", 422)
    if "text/html" in request.headers.get("accept", ""):
        return error_response(request, status, sentence)
    return JSONResponse({"error": sentence, "problems": problems, "rejected_lead": number}, status)
