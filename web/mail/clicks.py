"""Links in mails: noted as followed, then on to where the signed token says and nowhere else."""

import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from models.access.token import verify_token
from models.database import engine
from models.mail.tracking.bots import is_bot_user_agent
from models.mail.tracking.own_pixel import store_own_event
from models.tables.mail_event import MailEventKind
from web.frame.visitor import remember_visitor

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/c/{token}")
def follow(request: Request, token: str) -> Response:
    """Note the click and go on. A HEAD request only asks whether the link works, so it is not noted."""
    message_id, url, *links = verify_token("click", token)
    answer = RedirectResponse(url, 302)
    if request.method == "GET":
        user_agent = request.headers.get("user-agent", "")
        contact_id = _store(message_id, url, links[0] if links else None, user_agent)
        if contact_id is not None and not is_bot_user_agent(user_agent):
            remember_visitor(answer, contact_id)
    return answer


def _store(message_id: int, url: str, links: int | None, user_agent: str) -> int | None:
    """Put the click down; whoever clicks gets to the page even when that fails. Gives whose mail it is."""
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            return store_own_event(
                connection, MailEventKind.CLICKED, message_id, now, user_agent=user_agent, url=url, links=links
            )
    except SQLAlchemyError:
        log.exception("A click on %s in message %s at %s was not noted.", url, message_id, now.isoformat())
        return None
