"""Where the link of a confirmation mail leads (double opt-in): a page with a button, as scanners follow every link."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from models.access.token import sign_token
from models.database import engine
from models.mail.double_opt_in.confirmation import ConfirmationLink, confirm, read_link
from models.playbook import current_playbook
from web.frame.network import network_address
from web.frame.pages import page

router = APIRouter(prefix="/confirm/{token}")


@router.get("")
def show_confirmation(request: Request, token: str) -> Response:
    """The button, or how the link stands. A GET changes nothing."""
    with engine().connect() as connection:
        link = read_link(connection, token, datetime.now(UTC))
        company = current_playbook(connection).company
    return page(request, "mail/confirm.html", token=token, link=link, company=company, preferences=_preferences(link))


@router.post("")
def confirm_consent(request: Request, token: str) -> Response:
    """Confirm; a second time changes nothing."""
    with engine().begin() as connection:
        confirm(connection, token, network_address(request), datetime.now(UTC))
    return RedirectResponse(f"/confirm/{token}", 303)


def _preferences(link: ConfirmationLink) -> str | None:
    """The page on which they choose what they get. Whoever holds the link of a mail to them may see it."""
    return f"/unsubscribe/{sign_token('unsubscribe', link.contact_id)}" if link.contact_id else None
