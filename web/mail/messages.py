"""The outbox for ops: every message with its state, and the reason if it was not sent."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text

from models import MessageState
from models.access.audit import Change
from models.database import engine
from models.mail.sending_notices import resume_sending
from models.mail.sending_pause import open_pauses
from models.mail.settle import alike, count_as_sent, leave_unsent, send_again
from models.tables.message import PauseScope
from web.frame.audit import audit
from web.frame.login import own_path, require_ops, require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.frame.who import acting

router = APIRouter(prefix="/messages", dependencies=[Depends(require_ops)])

MESSAGES = text("""
    SELECT message.id, message.contact_id, message.template, message.kind, message.state, message.subject,
           message.reason, message.queued_at, message.due_at, message.notified_at, letter.id AS letter_id,
           coalesce(message.to_address, contact.email) AS to_address, message.redirected_to
    FROM message
    LEFT JOIN contact ON contact.id = message.contact_id
    LEFT JOIN letter ON letter.message_key = message.key
    WHERE (CAST(:state AS text) IS NULL OR message.state = :state)
      AND (CAST(:before AS bigint) IS NULL OR message.id < :before)
    ORDER BY message.id DESC LIMIT :at_once + 1
""")

Decision = Literal["again", "arrived", "leave"]
STATE = text("SELECT state FROM message WHERE id = :id")
DECIDED = {
    "again": "sent mails again that had not gone out",
    "arrived": "said that mails without an answer have arrived",
    "leave": "left mails unsent that had not gone out",
}
DONE = {"again": "queued again", "arrived": "counted as sent", "leave": "left unsent"}
SETTLED = "This mail waits for nobody any more: it has gone out, or somebody has decided about it. Nothing was changed."

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
    redirected_to: str | None

    @property
    def next_try_at(self) -> datetime | None:
        """When it becomes due, if it waits until then."""
        return self.due_at if self.state == MessageState.QUEUED and self.due_at > datetime.now(UTC) else None


@router.post("/pauses/{scope}/end", dependencies=[Depends(require_role("set up"))])
def end_pause(request: Request, scope: PauseScope) -> Response:
    """A person lets mail go out that was paused."""
    with engine().begin() as connection:
        changes = [Change(f"{scope} mail", "paused", "goes out")]
        who = audit(connection, request, f"let paused mail go out again: {scope}", changes=changes)
        resume_sending(connection, scope, who.name, datetime.now(UTC))
    return RedirectResponse("/", 303)


@router.post("/{message_id}/decide", dependencies=[Depends(require_role("work"))])
def decide(
    request: Request,
    message_id: int,
    decision: Annotated[Decision, Form()],
    all_alike: Annotated[bool, Form(alias="alike")] = False,
    back: Annotated[str, Form()] = "/messages",
) -> Response:
    """A failed mail, or one whose answer never came: send it again, say that it arrived, or leave it.

    With `alike` all that have the same reason. 409 when it was settled meanwhile.
    """
    now = datetime.now(UTC)
    with engine().begin() as connection:
        before = connection.execute(STATE, {"id": message_id}).scalar()
        same = alike(connection, message_id)
        ids = same if all_alike else [one for one in same if one == message_id]
        match decision:
            case "again":
                count = send_again(connection, ids, now)
            case "arrived":
                count = count_as_sent(connection, ids, now)
            case "leave":
                count = leave_unsent(connection, ids, acting(request).name, now)
        if count == 0:
            raise HTTPException(409, SETTLED)
        changes = [Change("state", before, connection.execute(STATE, {"id": message_id}).scalar())]
        about = {"message": message_id, "messages": count}
        audit(connection, request, DECIDED[decision], data=about, changes=changes)
    where = own_path(back)
    return RedirectResponse(f"{where}{'&' if '?' in where else '?'}settled={count}&done={decision}", 303)


@router.get("")
def show_messages(
    request: Request,
    state: Annotated[str, Query(max_length=20)] = "",
    before: BeforeId = None,
    settled: int | None = None,
    done: str = "",
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
        settled=settled,
        done=DONE.get(done),
        pauses=pauses,
    )
