"""The outbox for ops: every message with its state, and the reason if it was not sent."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text

from models import MessageState
from models.database import engine
from models.mail.sending_notices import resume_sending
from models.mail.sending_pause import open_pauses
from models.tables.message import PauseScope
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate

router = APIRouter(prefix="/messages", dependencies=[Depends(require_ops)])

MESSAGES = text("""
    SELECT message.id, message.contact_id, message.template, message.kind, message.state, message.subject,
           message.reason, message.queued_at, message.due_at, message.notified_at, letter.id AS letter_id,
           coalesce(message.to_address, contact.email) AS to_address
    FROM message
    LEFT JOIN contact ON contact.id = message.contact_id
    LEFT JOIN letter ON letter.message_key = message.key
    WHERE (CAST(:state AS text) IS NULL OR message.state = :state)
      AND (CAST(:before AS bigint) IS NULL OR message.id < :before)
    ORDER BY message.id DESC LIMIT :at_once + 1
""")

UNRESOLVED = text("SELECT count(*) FROM message WHERE state = 'unknown' AND notified_at IS NOT NULL")


@dataclass(frozen=True)
class MessageLine:
    """A message in the list, with its state."""

    id: int
    contact_id: int | None
    template: str
    kind: str
    state: str
    subject: str | None
    reason: str | None
    queued_at: datetime
    due_at: datetime
    notified_at: datetime | None
    letter_id: int | None
    to_address: str | None

    @property
    def next_try_at(self) -> datetime | None:
        """When it becomes due, if it waits until then."""
        return self.due_at if self.state == MessageState.QUEUED and self.due_at > datetime.now(UTC) else None


@router.post("/pauses/{scope}/end", dependencies=[Depends(require_role("set up"))])
def send_again(request: Request, scope: PauseScope) -> Response:
    """A person lets mail go out that was paused."""
    with engine().begin() as connection:
        who = audit(connection, request, f"let paused mail go out again: {scope}")
        resume_sending(connection, scope, who.name, datetime.now(UTC))
    return RedirectResponse("/", 303)


@router.get("")
def show_messages(
    request: Request, state: Annotated[str, Query(max_length=20)] = "", before: BeforeId = None
) -> Response:
    """The newest messages, or those in one state."""
    chosen = state if state in set(MessageState) else None
    about = {"state": chosen, "before": before, "at_once": AT_ONCE}
    with engine().connect() as connection:
        unresolved = connection.execute(UNRESOLVED).scalar_one()
        pauses = open_pauses(connection)
        newest = [MessageLine(**line) for line in connection.execute(MESSAGES, about).mappings()]
    lines, older = paginate(newest)
    states = list(MessageState)
    return page(
        request,
        "mail/messages.html",
        lines=lines,
        older=older,
        state=chosen,
        states=states,
        unresolved=unresolved,
        pauses=pauses,
    )
