"""Mail to one contact, for ops: whether they get any, what about, and the buttons that end it or begin it again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models import Suppression
from models.access.audit import Change
from models.contacts.merged_into import kept_contact
from models.database import engine
from models.mail.ops_decision import LIFTABLE_BY_OPS, MailDecision, apply_decision
from models.mail.preferences import subscribed_topics
from models.mail.rules.consent import BLOCKS_ALL_MAIL
from models.playbook import current_playbook
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.who import acting

SUPPRESSED = text("SELECT suppressed FROM contact WHERE id = :contact")

router = APIRouter(dependencies=[Depends(require_ops)])


@dataclass(frozen=True)
class ContactMail:
    """What a contact may be sent."""

    held_back: str | None
    """What they do not get."""
    opted_out: list[str]
    """Topics that they do not want, as the playbook calls them."""
    choices: tuple[MailDecision, ...]
    """What one of us can decide now."""


def contact_mail(connection: Connection, contact_id: int, suppressed: str | None) -> ContactMail:
    """Where they stand."""
    mail = current_playbook(connection).mail
    wanted = subscribed_topics(connection, contact_id, mail)
    held_back = "mail at all" if suppressed in BLOCKS_ALL_MAIL else "marketing mail"
    left = [topic.label for name, topic in mail.topics.items() if name not in wanted]
    return ContactMail(held_back if suppressed else None, left, _choices(suppressed))


def _mail_they_get(connection: Connection, contact_id: int) -> str:
    suppressed = connection.execute(SUPPRESSED, {"contact": contact_id}).scalar()
    held_back = contact_mail(connection, contact_id, suppressed).held_back
    return f"no {held_back} ({suppressed})" if held_back else "all"


def _choices(suppressed: str | None) -> tuple[MailDecision, ...]:
    if suppressed is None:
        return MailDecision.UNSUBSCRIBE, MailDecision.BLOCK_ALL
    if suppressed == Suppression.UNSUBSCRIBED:
        return MailDecision.BLOCK_ALL, MailDecision.RESUBSCRIBE
    if suppressed in LIFTABLE_BY_OPS:
        return MailDecision.LIFT_SUPPRESSION, MailDecision.RESUBSCRIBE
    return ()


@router.post("/contacts/{contact_id}/mail", dependencies=[Depends(require_role("work"))])
def decide_about_mail(
    request: Request, contact_id: int, decision: Annotated[MailDecision, Form()], reason: Annotated[str, Form()] = ""
) -> Response:
    """Do what was chosen; a second time changes nothing."""
    with engine().begin() as connection:
        contact_id = kept_contact(connection, contact_id)
        why = reason.replace("\0", "").strip()[:1_000]
        before = _mail_they_get(connection, contact_id)
        apply_decision(connection, [contact_id], decision, why, datetime.now(UTC), by=acting(request).name)
        changes = [Change("mail they get", before, _mail_they_get(connection, contact_id))]
        about = {"decision": str(decision), "reason": why}
        audit(connection, request, "decided about mail", contact_id=contact_id, data=about, changes=changes)
    return RedirectResponse(f"/contacts/{contact_id}?done=mail", 303)
