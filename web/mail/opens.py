"""The tracking pixel in emails: loading it is an open, as far as mail programs load pictures."""

import base64
import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from models.access.token import verify_token
from models.database import engine
from models.mail.tracking.own_pixel import store_own_event
from models.tables.mail_event import MailEventKind

log = logging.getLogger(__name__)
router = APIRouter()

# One pixel, of no colour.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@router.get("/o/{token}.gif")
def show_pixel(request: Request, token: str) -> Response:
    """Store an open. The pixel is not cached, so that each look counts; a HEAD request shows nothing to anybody."""
    message_id = verify_token("open", token)
    if request.method == "GET":
        _store(message_id, request.headers.get("user-agent", ""))
    return Response(PIXEL, media_type="image/gif", headers={"cache-control": "no-store"})


def _store(message_id: int, user_agent: str) -> None:
    """Store an open; a failure is logged, so that the pixel is served all the same."""
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            store_own_event(connection, MailEventKind.OPENED, message_id, now, user_agent=user_agent)
    except SQLAlchemyError:
        log.exception("An open of message %s at %s was not stored.", message_id, now.isoformat())
