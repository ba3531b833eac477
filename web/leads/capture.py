"""Where leads and events come in. Stored before it is answered; what cannot be read is kept, and told in a sentence."""

import hmac
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import Connection

from models.access.token import secret
from models.database import engine
from models.leads.capture import Captured, capture
from models.leads.incoming_event import read_events
from models.leads.lead import UnknownSource, read_lead
from models.leads.rejected_lead import REFUSED, problems_of, reject
from models.playbook import current
from models.playbook.source import EVENTS
from models.values.payload import FORMS, UnreadablePayload, read_json, read_values
from web.frame.body import KEPT_OF_LARGER, LARGEST, Body, GivenBody
from web.frame.errors import failure
from web.frame.login import OWN_PATH

router = APIRouter()


@router.post("/leads/{source}")
def take_lead(source: str, request: Request, body: GivenBody) -> Response:
    """A lead as JSON or from a form: 201 with its ids, 200 when it was seen before, 4xx when ops have to look."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        try:
            values = read_values(body.content_type, _whole(body))
            lead = read_lead(source, current(connection), values, now)
            [captured] = capture(connection, [lead], now)
        except REFUSED as error:
            return _refusal(request, connection, source, body, error, now)
    return _thanks(body, values) or JSONResponse(_told(captured), 201 if captured.created else 200)


@router.post("/events")
def take_events(request: Request, body: GivenBody) -> Response:
    """One event as JSON, or a list: all are stored, or none. Needs the API key of this installation."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        _require_api_key(request, connection)
        try:
            events = read_events(read_json(_whole(body)), current(connection), now)
            captured = capture(connection, events, now)
        except REFUSED as error:
            return _refusal(request, connection, EVENTS, body, error, now)
    return JSONResponse([_told(one) for one in captured], 201 if any(one.created for one in captured) else 200)


def _whole(body: Body) -> bytes:
    """All that was sent; UnreadablePayload when it was too much to keep."""
    if body.is_cut:
        raise UnreadablePayload(f"{body.size:,} bytes were sent, at most {LARGEST:,} are taken. Send texts only.", 413)
    return body.raw


def _require_api_key(request: Request, connection: Connection) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(key.encode(), secret(connection, "api key").encode()):
        sentence = "Events need the API key of this installation: send the header `Authorization: Bearer KEY`."
        raise HTTPException(401, sentence, {"www-authenticate": "Bearer"})


def _told(captured: Captured) -> dict[str, Any]:
    return {"contact_id": captured.contact_id, "event_id": captured.event_id, "created": captured.created}


def _thanks(body: Body, values: dict[str, Any]) -> Response | None:
    """Where a form of ours wants its visitor to go next; other sites are no place to go."""
    next_page = values.get("redirect")
    if body.content_type.startswith(FORMS) and isinstance(next_page, str) and OWN_PATH.fullmatch(next_page):
        return RedirectResponse(next_page, 303)
    return None


def _refusal(
    request: Request, connection: Connection, source: str, body: Body, error: Exception, now: datetime
) -> Response:
    """Keep what was sent, and say what is wrong with it and where it is."""
    problems = problems_of(error)
    number = reject(connection, source, body.content_type, body.raw, problems, now)
    what = f"Its first {KEPT_OF_LARGER // 1024} KiB are" if body.is_cut else "It is"
    sentence = f"{error} {what} kept as rejected lead {number}, which ops can repair; or send it again corrected."
    status = 404 if isinstance(error, UnknownSource) else getattr(error, "status", 422)
    if "text/html" in request.headers.get("accept", ""):
        return failure(request, status, sentence)
    return JSONResponse({"error": sentence, "problems": problems, "rejected_lead": number}, status)
