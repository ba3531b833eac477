"""The picture in mails that tells when one is opened, as far as mail programs let it."""

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
    """Note that the mail was opened. Each look is to ask again, and a HEAD request looks at nothing."""
    message_id = verify_token("open", token)
    if request.method == "GET":
        _store(message_id, request.headers.get("user-agent", ""))
    return Response(PIXEL, media_type="image/gif", headers={"cache-control": "no-store"})


def _store(message_id: int, user_agent: str) -> None:
    """Put it down; the reader sees the mail whole even when that fails."""
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            store_own_event(connection, MailEventKind.OPENED, message_id, now, user_agent=user_agent)
    except SQLAlchemyError:
        log.exception("An open of message %s at %s was not noted.", message_id, now.isoformat())
