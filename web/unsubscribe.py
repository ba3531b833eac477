"""Leaving the list: a page with a button, and the one click of RFC 8058 that mail programs send by themselves."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import TextClause, text

from models.database import engine
from models.event_log import add_event
from models.token import read
from web.pages import page

router = APIRouter(prefix="/unsubscribe/{token}")

CONTACT = text("SELECT id, email, suppressed, suppressed_at FROM contact WHERE id = :id")

# Asking us to stop says more than our own tidying up; a bounce or a complaint already stops everything.
LEAVE = text("""
    UPDATE contact SET suppressed = 'unsubscribed', suppressed_at = :now, updated_at = :now
    WHERE id = :id AND (suppressed IS NULL OR suppressed = 'removed')
""")

RETURN = text("""
    UPDATE contact SET suppressed = NULL, suppressed_at = NULL, updated_at = :now
    WHERE id = :id AND suppressed = 'unsubscribed'
""")


@router.get("")
def ask(request: Request, token: str) -> Response:
    """Ask whether they mean it. Looking changes nothing: mail scanners follow every link."""
    contact_id = read("unsubscribe", token)
    with engine().connect() as connection:
        contact = connection.execute(CONTACT, {"id": contact_id}).one_or_none()
    return page(request, "unsubscribe.html", contact=contact, token=token)


@router.post("")
def unsubscribe(token: str) -> Response:
    """Take the contact off the list, by the button or by the mail program's own."""
    return _change(token, LEAVE, "unsubscribed")


@router.post("/undo")
def resubscribe(token: str) -> Response:
    """It was a mistake: put the contact back."""
    return _change(token, RETURN, "resubscribed")


def _change(token: str, change: TextClause, event: str) -> Response:
    """Change where the contact stands and add the event; a second time changes nothing."""
    contact_id, now = read("unsubscribe", token), datetime.now(UTC)
    with engine().begin() as connection:
        if connection.execute(change, {"id": contact_id, "now": now}).rowcount:
            add_event(connection, event, contact_id=contact_id, source="unsubscribe", at=now)
    return RedirectResponse(f"/unsubscribe/{token}", 303)
