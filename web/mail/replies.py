"""Inbound mail, for ops: all of it, with what it was taken for and why, and a click that corrects it.

What matches no contact waits here until a person assigns or dismisses it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.audit import Change
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.journeys.mail_correction import NoSuchMail, correct_kind
from models.mail.inbound import NotAssignable, assign_to_contact, dismiss
from models.playbook import current_playbook
from models.tables.inbound_mail import InboundKind
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.mail.inbound import own_inbound_address

router = APIRouter(prefix="/replies", dependencies=[Depends(require_ops)])

SHOWN_BYTES = 100_000

REPLIES = text(f"""
    SELECT mail.id, mail.kind, mail.reason, mail.contact_id, mail.matched_by, mail.from_address, mail.subject,
           left(mail.body, 200) AS begins, mail.received_at, mail.reviewed_at, {DISPLAY_NAME} AS who, message.template
    FROM inbound_mail mail LEFT JOIN contact ON contact.id = mail.contact_id
    LEFT JOIN message ON message.id = mail.message_id
    WHERE (:all OR mail.contact_id IS NULL AND mail.reviewed_at IS NULL)
      AND (CAST(:kind AS text) IS NULL OR mail.kind = :kind)
      AND (CAST(:before AS bigint) IS NULL OR mail.id < :before)
    ORDER BY mail.id DESC LIMIT :at_once + 1
""")

TO_REVIEW = text("SELECT count(*) FROM inbound_mail WHERE contact_id IS NULL AND reviewed_at IS NULL")

REPLY = text(f"""
    SELECT mail.*, CASE WHEN contact.id IS NOT NULL THEN {DISPLAY_NAME} END AS who, message.template,
           EXISTS (SELECT FROM contact c WHERE c.email = mail.from_address) AS is_known
    FROM inbound_mail mail LEFT JOIN contact ON contact.id = mail.contact_id
    LEFT JOIN message ON message.id = mail.message_id WHERE mail.id = :id
""")

CORRECTIONS = text("""
    SELECT taken_for, kind, by, at FROM inbound_correction WHERE inbound_id = :id ORDER BY id DESC
""")

KIND_COUNTS = text("SELECT kind, count(*) AS mails FROM inbound_mail GROUP BY kind")

WHOSE = text("SELECT contact_id, kind FROM inbound_mail WHERE id = :id")

WHAT_FOLLOWS: dict[InboundKind, str] = {
    InboundKind.REPLY: "journeys that wait for a reply go on; else a person is asked to answer",
    InboundKind.UNSUBSCRIBE: "they get no marketing any more, and nobody has to answer",
    InboundKind.UNSUBSCRIBE_AND_REPLY: "they get no marketing any more, and a person is asked to answer",
    InboundKind.PRIVACY_REQUEST: "they get no marketing any more, and a person sees to their data",
    InboundKind.OUT_OF_OFFICE: "it is on the timeline, and nothing else",
    InboundKind.AUTO_REPLY: "it is on the timeline, and nothing else",
    InboundKind.CALENDAR_ANSWER: "it is on the timeline, and nothing else",
    InboundKind.EMPTY: "it is on the timeline, and nothing else",
    InboundKind.BOUNCE: "their address takes no mail, so they get none",
}
"""Kind of a mail -> what follows when a person says that it is of that kind."""

FIND = text("SELECT id FROM contact WHERE email = lower(:typed) OR CAST(id AS text) = :typed ORDER BY id LIMIT 1")


@dataclass(frozen=True)
class ReplyLine:
    """An inbound mail in the list."""

    id: int
    kind: str
    reason: str | None
    contact_id: int | None
    matched_by: str | None
    from_address: str
    subject: str
    begins: str
    received_at: datetime
    reviewed_at: datetime | None
    who: str | None
    template: str | None


@router.get("")
def show_replies(
    request: Request, all: bool = False, kind: InboundKind | None = None, before: BeforeId = None
) -> Response:
    """The newest inbound mails that a person has to review, or the newest of all, or of one kind."""
    all = all or kind is not None
    with engine().connect() as connection:
        asked = {"all": all, "kind": kind, "before": before, "at_once": AT_ONCE}
        found = connection.execute(REPLIES, asked).mappings()
        newest = [ReplyLine(**line) for line in found]
        count = connection.execute(TO_REVIEW).scalar_one()
        counts = {str(row.kind): row.mails for row in connection.execute(KIND_COUNTS)}
        domain = current_playbook(connection).mail.reply_domain
    lines, older = paginate(newest)
    kinds = [(str(one), counts[one]) for one in InboundKind if one in counts]
    about = {"lines": lines, "older": older, "all": all, "count": count, "kind": kind, "kinds": kinds}
    return page(request, "mail/replies.html", **about, domain=domain, address=own_inbound_address())


@router.get("/{number}")
def show_reply(request: Request, number: int) -> Response:
    """One inbound mail in full; with a form to assign it while it has neither a contact nor been reviewed."""
    with engine().connect() as connection:
        return _page(request, connection, number)


@router.post("/{number}/assign", dependencies=[Depends(require_role("work"))])
def assign_reply(request: Request, number: int, contact: Annotated[str, Form()] = "") -> Response:
    """Assign a mail to a contact, by number or email; it counts as theirs from now on."""
    with engine().begin() as connection:
        found = connection.execute(FIND, {"typed": contact.strip()}).scalar()
        try:
            assign_to_contact(connection, number, found or 0, datetime.now(UTC))
        except NotAssignable as error:
            problem = str(error) if found else f"No contact has the number or email “{contact.strip()}”."
            return _page(request, connection, number, problem, typed=contact, status=422)
        changes = [Change("whose it is", None, f"contact {found}")]
        audit(connection, request, "said whose a reply is", contact_id=found, data={"reply": number}, changes=changes)
    return RedirectResponse(f"/contacts/{found}", 303)


@router.post("/{number}/dismiss", dependencies=[Depends(require_role("work"))])
def dismiss_reply(request: Request, number: int) -> Response:
    """Mark a mail as no contact's."""
    with engine().begin() as connection:
        dismiss(connection, number, datetime.now(UTC))
        audit(connection, request, "said that a reply belongs to nobody", data={"reply": number})
    return RedirectResponse("/replies", 303)


@router.post("/{number}/kind", dependencies=[Depends(require_role("work"))])
def correct_reply(request: Request, number: int, kind: Annotated[InboundKind, Form()]) -> Response:
    """Say what a mail really is; what follows from that is done at once, and a second click changes nothing."""
    with engine().begin() as connection:
        try:
            reply = connection.execute(WHOSE, {"id": number}).one_or_none()
            whose, changes = (reply.contact_id, [Change("kind", reply.kind, kind)]) if reply else (None, [])
            about = {"reply": number}
            who = audit(
                connection, request, f"said that a reply is: {kind}", contact_id=whose, data=about, changes=changes
            )
            correct_kind(connection, number, kind, who.name, datetime.now(UTC))
        except NoSuchMail as error:
            raise HTTPException(404, str(error)) from error
    return RedirectResponse(f"/replies/{number}", 303)


def _page(
    request: Request,
    connection: Connection,
    number: int,
    problem: str | None = None,
    typed: str = "",
    status: int = 200,
) -> Response:
    found = connection.execute(REPLY, {"id": number}).mappings().one_or_none()
    if found is None:
        raise HTTPException(404, f"There is no mail {number}. The list of replies has those that are.")
    mail: dict[str, Any] = dict(found)
    raw = mail.pop("raw")[:SHOWN_BYTES].decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
    # The address may be that of a contact, though the mail is not authenticated.
    typed = typed or (mail["from_address"] if mail["is_known"] else "")
    corrections = connection.execute(CORRECTIONS, {"id": number}).mappings().all()
    others = [(str(kind), what) for kind, what in WHAT_FOLLOWS.items() if kind != mail["kind"]]
    about = {"mail": mail, "raw": raw, "problem": problem, "typed": typed, "corrections": corrections}
    follows = WHAT_FOLLOWS[InboundKind(mail["kind"])]
    return page(request, "mail/reply.html", status=status, others=others, follows=follows, **about)
