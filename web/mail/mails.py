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
from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.links import links_to
from models.mail.rendering.preview import MailTemplate, RenderError, mail_templates, preheader, preview
from models.mail.rendering.sample import Recipient, bare_recipient, contact_recipient, full_recipient
from models.playbook import Playbook, current_playbook
from web.frame.login import require_ops
from web.frame.pages import page
from web.mail.mailbox import EMAIL_CSP, open_links_in_new_tab

router = APIRouter(prefix="/mails", dependencies=[Depends(require_ops)])

UNKNOWN_MAIL = "There is no such mail. It may have been renamed; the page Mails lists all there are."
DARK = "(prefers-color-scheme: dark)"


class PreviewOptions(BaseModel):
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

    def with_changes(self, **changed: str) -> dict[str, str]:
        """The same in all but this, for a link."""
        return self.model_dump() | changed


@dataclass(frozen=True)
class MailLine:
    """A mail in the list; without a letter there is the reason."""

    mail: MailTemplate
    email: RenderedEmail | None
    reason: str | None = None

    @property
    def preheader(self) -> str:
        return preheader(self.email.html) if self.email else ""


PreviewQuery = Annotated[PreviewOptions, Query()]


@router.get("")
def show_mails(request: Request) -> Response:
    """Every mail with its subject, for somebody of whom everything is known."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    lines = [_line(mail, full_recipient(playbook), playbook, MessageKind.MARKETING) for mail in mail_templates()]
    return page(request, "mail/mails.html", journeys=list(_by_journey(lines)), count=len(lines))


@router.get("/{journey}/{step}")
def show_mail(request: Request, journey: str, step: str, look: PreviewQuery) -> Response:
    """One mail, and the ways to look at it."""
    return page(request, "mail/mail.html", look=look, line=_find_and_render(journey, step, look))


@router.get("/{journey}/{step}/html")
def show_mail_html(journey: str, step: str, look: PreviewQuery) -> Response:
    """The mail's own HTML, for the frame on its page."""
    line = _find_and_render(journey, step, look)
    html = force_color_scheme(open_links_in_new_tab(line.email.html), look.scheme) if line.email else ""
    return HTMLResponse(html, headers={"content-security-policy": EMAIL_CSP})


def force_color_scheme(html: str, scheme: str) -> str:
    """The mail as it is in this colour scheme, whatever the browser prefers."""
    fixed = html.replace('content="light dark"', f'content="{scheme}"')
    return fixed.replace(DARK, "all" if scheme == "dark" else "not all")


def _by_journey(lines: Sequence[MailLine]) -> Iterator[tuple[str, list[MailLine]]]:
    for journey, group in groupby(lines, key=lambda line: line.mail.journey):
        yield journey, list(group)


def _find_and_render(journey: str, step: str, look: PreviewOptions) -> MailLine:
    mail = next((one for one in mail_templates() if one.name == f"{journey}/{step}"), None)
    if mail is None:
        raise HTTPException(404, UNKNOWN_MAIL)
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        receiver = _recipient(connection, look, playbook)
    if receiver is None:
        return MailLine(mail, None, f"There is no contact with the address {look.receiver}.")
    return _line(mail, receiver, playbook, MessageKind(look.kind))


def _recipient(connection: Connection, look: PreviewOptions, playbook: Playbook) -> Recipient | None:
    if look.contact:
        return contact_recipient(connection, look.contact.strip().lower())
    return bare_recipient() if look.receiver == "bare" else full_recipient(playbook)


def _line(mail: MailTemplate, receiver: Recipient, playbook: Playbook, to_contact: MessageKind) -> MailLine:
    kind = to_contact if mail.kind is MessageKind.MARKETING else mail.kind
    links = links_to(playbook.company.website)
    try:
        return MailLine(mail, preview(mail, receiver, playbook, links, datetime.now(UTC), kind=kind))
    except RenderError as error:
        return MailLine(mail, None, str(error))
