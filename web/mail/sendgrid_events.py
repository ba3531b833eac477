"""SendGrid's event webhook. Events are stored as they came, then answered; the clock processes them."""

import os
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from models.database import engine
from models.mail.tracking.raw_events import store_events
from models.mail.tracking.sendgrid import parse_events
from models.mail.tracking.signature import BadSignature, UnusableKey, require_recent_signature, verify_signature
from models.values.payload import UnreadablePayload
from web.frame.limits.body import Body, BodyLimit, GivenBody
from web.frame.local import is_local
from web.frame.security import require_same_origin

router = APIRouter()

# SendGrid sends less than 1 MB at a time; a proxy that collects events may send more.
LARGEST = 16 * 1024 * 1024
PUBLIC_KEY = "TEND_SENDGRID_PUBLIC_KEY"
NO_KEY = (
    f"This cannot be verified as coming from SendGrid: {PUBLIC_KEY} is not set here. Set it to the verification key "
    "of the event webhook (SendGrid: Settings, Mail Settings, Event Webhooks, Signature Verification) and start again."
)


@router.post("/sendgrid/events")
def receive_webhook(request: Request, body: GivenBody) -> Response:
    """A batch of events: 200 when all are stored, those seen before included; else SendGrid sends it again."""
    now = datetime.now(UTC)
    _require_sendgrid(request, body, now)
    try:
        events = parse_events(body.raw, now)
    except UnreadablePayload as error:
        raise HTTPException(error.status, str(error)) from None
    with engine().begin() as connection:
        new = store_events(connection, events, now)
    return JSONResponse({"stored": new, "seen_before": len(events) - new})


def _require_sendgrid(request: Request, body: Body, now: datetime) -> None:
    """Raises 403 unless SendGrid signed the request. Without a key only this machine may post, for trying things out.

    Pages of other sites that are open in a browser here may not, though the browser would let them post.
    """
    _may_be_sendgrid(request)
    try:
        if keys := _public_keys():
            verify_signature(keys, request.headers, body.raw, now)
    except BadSignature as error:
        raise HTTPException(403, str(error)) from None
    except UnusableKey as error:
        raise HTTPException(503, f"{PUBLIC_KEY}: {error}") from None


def _may_be_sendgrid(request: Request) -> bool:
    """What can be said before the body is there. Raises 403 for what SendGrid cannot have sent."""
    if _public_keys():
        try:
            require_recent_signature(request.headers, datetime.now(UTC))
        except BadSignature as error:
            raise HTTPException(403, str(error)) from None
        return True
    if not is_local(request):
        raise HTTPException(403, NO_KEY)
    require_same_origin(request)
    return True


def _public_keys() -> list[str]:
    """Several, while one replaces another."""
    return os.environ.get(PUBLIC_KEY, "").replace(",", " ").split()


BODY_LIMIT = BodyLimit(largest=LARGEST, may_send=_may_be_sendgrid, is_form=False)
