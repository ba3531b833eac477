"""All mails as their receivers see them: by journey, for somebody of whom we know all or nothing, or for a contact."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from models import MessageKind
from models.database import engine
from models.mail.rendering.email import Letter
from models.mail.rendering.links import links_to
from models.mail.rendering.preview import CannotBeWritten, MailTemplate, mail_templates, preheader, preview
from models.mail.rendering.sample import Receiver, bare_receiver, full_receiver, real_receiver
from models.playbook import Playbook, current
from web.frame.login import require_ops
from web.frame.pages import page
from web.mail.mailbox import LETTER_POLICY, with_links_opening_outside

router = APIRouter(prefix="/mails", dependencies=[Depends(require_ops)])

NO_MAIL = "There is no such mail. It may have been renamed; the page Mails lists all there are."
DARK = "(prefers-color-scheme: dark)"


class Look(BaseModel):
    """How somebody wants to see a mail."""

    model_config = ConfigDict(extra="forbid")

    receiver: Annotated[str, Query(max_length=320)] = "full"
    """`full`, `bare`, or a contact's address."""
    kind: Literal["marketing", "transactional"] = "marketing"
    """For mails to contacts: their journeys say which they are, and the two have different footers."""
    view: Literal["desktop", "phone", "text"] = "desktop"
    scheme: Literal["light", "dark"] = "light"

    @property
    def contact(self) -> str:
        """The address that was asked for, if any."""
        return "" if self.receiver in ("full", "bare") else self.receiver

    def but(self, **changed: str) -> dict[str, str]:
        """The same in all but this, for a link."""
        return self.model_dump() | changed


@dataclass(frozen=True)
class MailLine:
    """A mail in the list; without a letter there is the reason."""

    mail: MailTemplate
    letter: Letter | None
    because: str | None = None

    @property
    def preheader(self) -> str:
        return preheader(self.letter.html) if self.letter else ""


Asked = Annotated[Look, Query()]


@router.get("")
def show_mails(request: Request) -> Response:
    """Every mail with its subject, for somebody of whom everything is known."""
    with engine().connect() as connection:
        playbook = current(connection)
    lines = [_line(mail, full_receiver(playbook), playbook, MessageKind.MARKETING) for mail in mail_templates()]
    return page(request, "mail/mails.html", journeys=list(_by_journey(lines)), count=len(lines))


@router.get("/{journey}/{step}")
def show_mail(request: Request, journey: str, step: str, look: Asked) -> Response:
    """One mail, and the ways to look at it."""
    return page(request, "mail/mail.html", look=look, line=_written(journey, step, look))


@router.get("/{journey}/{step}/html")
def show_mail_alone(journey: str, step: str, look: Asked) -> Response:
    """The mail's own HTML, for the frame on its page."""
    line = _written(journey, step, look)
    html = in_scheme(with_links_opening_outside(line.letter.html), look.scheme) if line.letter else ""
    return HTMLResponse(html, headers={"content-security-policy": LETTER_POLICY})


def in_scheme(html: str, scheme: str) -> str:
    """The mail as it is in this colour scheme, whatever the browser prefers."""
    fixed = html.replace('content="light dark"', f'content="{scheme}"')
    return fixed.replace(DARK, "all" if scheme == "dark" else "not all")


def _by_journey(lines: Sequence[MailLine]) -> Iterator[tuple[str, list[MailLine]]]:
    for journey, group in groupby(lines, key=lambda line: line.mail.journey):
        yield journey, list(group)


def _written(journey: str, step: str, look: Look) -> MailLine:
    mail = next((one for one in mail_templates() if one.name == f"{journey}/{step}"), None)
    if mail is None:
        raise HTTPException(404, NO_MAIL)
    with engine().connect() as connection:
        playbook = current(connection)
        receiver = _receiver(connection, look, playbook)
    if receiver is None:
        return MailLine(mail, None, f"There is no contact with the address {look.receiver}.")
    return _line(mail, receiver, playbook, MessageKind(look.kind))


def _receiver(connection: Connection, look: Look, playbook: Playbook) -> Receiver | None:
    if look.contact:
        return real_receiver(connection, look.contact.strip().lower())
    return bare_receiver() if look.receiver == "bare" else full_receiver(playbook)


def _line(mail: MailTemplate, receiver: Receiver, playbook: Playbook, to_contact: MessageKind) -> MailLine:
    kind = to_contact if mail.kind is MessageKind.MARKETING else mail.kind
    links = links_to(playbook.company.website)
    try:
        return MailLine(mail, preview(mail, receiver, playbook, links, datetime.now(UTC), kind=kind))
    except CannotBeWritten as error:
        return MailLine(mail, None, str(error))
