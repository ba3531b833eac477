"""Previews of all email templates, by journey: for a sample recipient with all fields or none, or for a contact."""

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
from models.mail.rendering.links import Links, links_to
from models.mail.rendering.preview import MailTemplate, RenderError, heading, mail_templates, preheader, preview
from models.mail.rendering.sample import Recipient, bare_recipient, contact_recipient, full_recipient
from models.playbook import Playbook, current_playbook
from web.frame.login import require_ops
from web.frame.pages import page
from web.mail.mailbox import EMAIL_CSP, open_links_in_new_tab

router = APIRouter(prefix="/mails", dependencies=[Depends(require_ops)])

UNKNOWN_MAIL = "There is no such mail. It may have been renamed; the page Mails lists all there are."
DARK = "(prefers-color-scheme: dark)"


class PreviewOptions(BaseModel):
    """For whom and how a template is previewed."""

    model_config = ConfigDict(extra="forbid")

    receiver: Annotated[str, Query(max_length=320)] = "full"
    """`full`, `bare`, or a contact's address."""
    kind: Literal["marketing", "transactional"] = "marketing"
    """For emails to contacts: the journey says which of the two it is, and they have different footers."""
    view: Literal["desktop", "phone", "text"] = "desktop"
    scheme: Literal["light", "dark"] = "light"

    @property
    def contact(self) -> str:
        """The address that was asked for, if any."""
        return "" if self.receiver in ("full", "bare") else self.receiver

    def with_changes(self, **changed: str) -> dict[str, str]:
        """The query of a link that changes these options and keeps the others."""
        return self.model_dump() | changed


@dataclass(frozen=True)
class MailHeading:
    """A template with what a list of mails shows of it, or the reason for which it could not be rendered."""

    template: MailTemplate
    subject: str = ""
    preheader: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class MailLine:
    """A template with its rendered email, or the reason for which it could not be rendered."""

    template: MailTemplate
    email: RenderedEmail | None
    reason: str | None = None

    @property
    def preheader(self) -> str:
        return preheader(self.email.html) if self.email else ""


PreviewQuery = Annotated[PreviewOptions, Query()]


@router.get("")
def show_mails(request: Request) -> Response:
    """Every template with its subject, for the sample recipient with every field filled."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    recipient = full_recipient(playbook)
    links, now = links_to(playbook.company.website), datetime.now(UTC)
    lines = [_heading(template, recipient, playbook, links, now) for template in mail_templates()]
    return page(request, "mail/mails.html", journeys=list(_by_journey(lines)), count=len(lines))


@router.get("/{journey}/{step}")
def show_mail(request: Request, journey: str, step: str, options: PreviewQuery) -> Response:
    """One template, rendered, with the choice of recipient and view."""
    return page(request, "mail/mail.html", options=options, line=_find_and_render(journey, step, options))


@router.get("/{journey}/{step}/html")
def show_mail_html(journey: str, step: str, options: PreviewQuery) -> Response:
    """The HTML of a rendered template, for the frame on its page."""
    line = _find_and_render(journey, step, options)
    html = force_color_scheme(open_links_in_new_tab(line.email.html), options.scheme) if line.email else ""
    return HTMLResponse(html, headers={"content-security-policy": EMAIL_CSP})


def force_color_scheme(html: str, scheme: str) -> str:
    """The HTML as it looks in this colour scheme, whatever the browser prefers."""
    fixed = html.replace('content="light dark"', f'content="{scheme}"')
    return fixed.replace(DARK, "all" if scheme == "dark" else "not all")


def _heading(
    template: MailTemplate, recipient: Recipient, playbook: Playbook, links: Links, now: datetime
) -> MailHeading:
    try:
        return MailHeading(template, *heading(template, recipient, playbook, links, now))
    except RenderError as error:
        return MailHeading(template, reason=str(error))


def _by_journey(lines: Sequence[MailHeading]) -> Iterator[tuple[str, list[MailHeading]]]:
    for journey, group in groupby(lines, key=lambda line: line.template.journey):
        yield journey, list(group)


def _find_and_render(journey: str, step: str, options: PreviewOptions) -> MailLine:
    template = next((one for one in mail_templates() if one.name == f"{journey}/{step}"), None)
    if template is None:
        raise HTTPException(404, UNKNOWN_MAIL)
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        recipient = _recipient(connection, options, playbook)
    if recipient is None:
        return MailLine(template, None, f"There is no contact with the address {options.receiver}.")
    return _line(template, recipient, playbook, MessageKind(options.kind))


def _recipient(connection: Connection, options: PreviewOptions, playbook: Playbook) -> Recipient | None:
    if options.contact:
        return contact_recipient(connection, options.contact.strip().lower())
    return bare_recipient() if options.receiver == "bare" else full_recipient(playbook)


def _line(template: MailTemplate, recipient: Recipient, playbook: Playbook, to_contact: MessageKind) -> MailLine:
    kind = to_contact if template.kind is MessageKind.MARKETING else template.kind
    links = links_to(playbook.company.website)
    try:
        return MailLine(template, preview(template, recipient, playbook, links, datetime.now(UTC), kind=kind))
    except RenderError as error:
        return MailLine(template, None, str(error))
