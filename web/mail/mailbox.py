"""The local mailbox: every email that stayed on this machine, shown as its recipient would see it."""

import re
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection, text

from models.database import engine
from models.logins.password_link import LETS_IN
from web.frame.login import require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.frame.typed_text import searchable
from web.frame.who import acting

# Links in a mail act for whoever opens them, so who may only look reads none.
router = APIRouter(prefix="/mailbox", dependencies=[Depends(require_role("work"))])

LET_IN = f"message.template IN ({', '.join(map(repr, LETS_IN))})"
"""SQL: a mail whose link sets somebody's password. Whoever may manage logins reads these, nobody else."""

UNKNOWN_EMAIL = "There is no email with this number in the local mailbox."

# A mail may style itself and load pictures; it runs nothing, sends no forms, and its links open beside it.
EMAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
HEAD = re.compile(r"<head\b[^<>]*>", re.IGNORECASE)
# Ops who look at an email here are not its recipient, so this is no open.
OPEN_PIXEL = re.compile(r'<img src="[^"]*/o/[^"/]+\.gif"[^>]*>')

MAILBOX_LINES = text(f"""
    SELECT letter.id, letter.to_address, letter.subject, left(letter.text, 200) AS beginning, letter.at
    FROM letter LEFT JOIN message ON message.key = letter.message_key
    WHERE (CAST(:before AS bigint) IS NULL OR letter.id < :before) AND letter.to_address ILIKE :search
      AND (:all OR {LET_IN} IS NOT TRUE)
    ORDER BY letter.id DESC LIMIT :at_once + 1
""")

MAILBOX_EMAIL = text(f"""
    SELECT letter.id, letter.from_address, letter.to_address, letter.subject, letter.html,
           letter.text, letter.at, message.template, message.contact_id
    FROM letter LEFT JOIN message ON message.key = letter.message_key
    WHERE letter.id = :id AND (:all OR {LET_IN} IS NOT TRUE)
""")


@dataclass(frozen=True)
class MailboxLine:
    """An email in the list."""

    id: int
    to_address: str
    subject: str
    beginning: str
    at: datetime


@dataclass(frozen=True)
class MailboxEmail:
    """An email of the mailbox, with the template and contact of its message."""

    id: int
    from_address: str
    to_address: str
    subject: str
    html: str
    text: str
    at: datetime
    template: str | None
    contact_id: int | None


@router.get("")
def show_mailbox(request: Request, q: str = "", before: BeforeId = None) -> Response:
    """The newest emails, or those to an address."""
    about = {"search": searchable(q), "before": before, "at_once": AT_ONCE} | _all(request)
    with engine().connect() as connection:
        newest = [MailboxLine(**line) for line in connection.execute(MAILBOX_LINES, about).mappings()]
    lines, older = paginate(newest)
    return page(request, "mail/mailbox.html", lines=lines, older=older, q=q)


@router.get("/{letter_id}")
def show_email(request: Request, letter_id: int, view: str = "mail") -> Response:
    """One email: its HTML, or the plain text that goes with it."""
    with engine().connect() as connection:
        return page(request, "mail/email.html", email=_find_email(connection, letter_id, request), view=view)


@router.get("/{letter_id}/html")
def show_email_html(request: Request, letter_id: int) -> Response:
    """The HTML of an email, for the frame on its page."""
    with engine().connect() as connection:
        email = _find_email(connection, letter_id, request)
    html = open_links_in_new_tab(OPEN_PIXEL.sub("", email.html))
    return HTMLResponse(html, headers={"content-security-policy": EMAIL_CSP})


def open_links_in_new_tab(html: str) -> str:
    """Links open in a tab of their own: the frame that shows the mail is no place to fill in a form."""
    base = '<base target="_blank">'
    opened = HEAD.search(html)
    return html[: opened.end()] + base + html[opened.end() :] if opened else base + html


def _all(request: Request) -> dict[str, bool]:
    """Whether they may read mails that let somebody in."""
    return {"all": acting(request).may("set up")}


def _find_email(connection: Connection, letter_id: int, request: Request) -> MailboxEmail:
    found = connection.execute(MAILBOX_EMAIL, {"id": letter_id} | _all(request)).mappings().one_or_none()
    if found is None:
        raise HTTPException(404, UNKNOWN_EMAIL)
    return MailboxEmail(**found)
