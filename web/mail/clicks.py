"""Tracked links in emails: a click is stored, then redirected to the address in the signed token."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from models.access.token import verify_token
from models.database import engine
from models.mail.tracking.bots import is_bot_user_agent
from models.mail.tracking.own_pixel import OwnEvent, store_own_event
from models.tables.mail_event import MailEventKind
from web.frame.visitor import Visitor, remember_visitor

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/c/{token}")
def follow(request: Request, token: str) -> Response:
    """Store the click and redirect. A HEAD request only asks whether the link works, so it is not stored."""
    message_id, url, *links = verify_token("click", token)
    answer = RedirectResponse(url, 302)
    if request.method == "GET":
        user_agent = request.headers.get("user-agent", "")
        click = _store(message_id, url, links[0] if links else None, user_agent)
        if click is not None and not is_bot_user_agent(user_agent):
            remember_visitor(answer, Visitor(click.contact_id, click.key))
    return answer


def _store(message_id: int, url: str, links: int | None, user_agent: str) -> OwnEvent | None:
    """Store a click; a failure is logged, so that the redirect follows all the same."""
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            return store_own_event(
                connection, MailEventKind.CLICKED, message_id, now, user_agent=user_agent, url=url, links=links
            )
    except SQLAlchemyError:
        log.exception("A click on %s in message %s at %s was not stored.", url, message_id, now.isoformat())
        return None
