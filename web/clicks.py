"""Links in mails: noted as clicked, then followed to where the signed token says and nowhere else."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.database import engine
from models.event_log import add_event
from models.token import read
from web.visitor import remember

log = logging.getLogger(__name__)
router = APIRouter()

# Colleagues get mails about a contact too; what they click says nothing about the contact.
CLICKED = text("SELECT contact_id, template FROM message WHERE id = :id AND kind IN ('marketing', 'transactional')")


@router.get("/c/{token}")
def follow(request: Request, token: str) -> Response:
    """Note the click and go on. A HEAD request only asks whether the link works, so it is not noted."""
    message_id, url = read("click", token)
    answer = RedirectResponse(url, 302)
    if request.method == "GET":
        contact_id = _note(message_id, url, datetime.now(UTC))
        if contact_id is not None:
            remember(answer, contact_id)
    return answer


def _note(message_id: int, url: str, now: datetime) -> int | None:
    """Add the click to the contact's events; whoever clicks gets to the page even when that fails."""
    try:
        with engine().begin() as connection:
            clicked = connection.execute(CLICKED, {"id": message_id}).one_or_none()
            if clicked is None:
                return None
            add_event(
                connection,
                "link_clicked",
                topic=clicked.template,
                contact_id=clicked.contact_id,
                source="click",
                data={"url": url, "message": message_id},
                at=now,
            )
            return int(clicked.contact_id)
    except SQLAlchemyError:
        log.exception("A click on %s in message %s at %s was not noted.", url, message_id, now.isoformat())
        return None
