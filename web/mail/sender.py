"""The sender's domain: whether receivers will take mail from it, and what to publish if not."""

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from models.database import engine
from models.mail.sender_check.sender import check_sender, domain_of
from models.playbook import current_playbook
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/sender", dependencies=[Depends(require_ops)])


@router.get("")
def show(request: Request) -> HTMLResponse:
    """Looks it up anew each time; some seconds at most."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        findings = check_sender(connection, playbook, datetime.now(UTC))
    company = playbook.company
    return page(request, "mail/sender.html", findings=findings, domain=domain_of(playbook), sender=company.from_email)
