"""Previews of emails: rendered as the real ones are, but their links act on nobody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import yaml

from models import MessageKind
from models.mail.rendering.email import (
    TEMPLATE_FOLDER,
    EmailDraft,
    RenderContext,
    RenderedEmail,
    render_email,
    render_heading,
)
from models.mail.rendering.links import Links
from models.mail.rendering.merge_fields import MissingMergeField
from models.mail.rendering.sample import ADDRESS, Recipient
from models.playbook import Playbook

EXTENDS_TASK = re.compile(r"""\{%-?\s*extends\s+["']task\.html["']""")
PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)
NO_WIDTH = re.compile("[\u034f\u200c\u2007]+")
TEAM = "team"
# The id that is signed into all links of a preview. No row has it, so following such a link does nothing.
NO_ID = 0


class RenderError(ValueError):
    """An email that cannot be rendered for a recipient: a field is missing, or its template is wrong."""

    def __init__(self, name: str, error: Exception) -> None:
        kind = "" if isinstance(error, MissingMergeField) else f"{type(error).__name__}: "
        super().__init__(f"{name} cannot be written for them. {kind}{error}")


@dataclass(frozen=True)
class MailTemplate:
    """A mail as it lies in templates/mail."""

    name: str
    """`journey/step`."""
    folder: Path = TEMPLATE_FOLDER

    @property
    def journey(self) -> str:
        return self.name.partition("/")[0]

    @property
    def step(self) -> str:
        return self.name.partition("/")[2]

    @cached_property
    def kind(self) -> MessageKind:
        """By the template: task, staff or marketing. Only the journey knows what is transactional."""
        if self.journey == TEAM:
            return MessageKind.TEAM
        is_task = EXTENDS_TASK.search((self.folder / f"{self.name}.html").read_text())
        return MessageKind.TASK if is_task else MessageKind.MARKETING

    @property
    def sample_data(self) -> Mapping[str, Any]:
        """What a journey might hand to it, from the YAML file beside it; nothing without one."""
        file = self.folder / f"{self.name}.yaml"
        return yaml.safe_load(file.read_text()) if file.exists() else {}


def mail_templates(folder: Path = TEMPLATE_FOLDER) -> list[MailTemplate]:
    """Every mail, by journey and step; those to the team last."""
    files = folder.glob("*/*.html")
    found = [MailTemplate(file.relative_to(folder).with_suffix("").as_posix(), folder) for file in files]
    return sorted(found, key=lambda mail: (mail.journey == TEAM, mail.name))


def preview(
    mail: MailTemplate,
    recipient: Recipient,
    playbook: Playbook,
    links: Links,
    now: datetime,
    *,
    kind: MessageKind | None = None,
) -> RenderedEmail:
    """The email as this recipient would get it, untracked, with links that act on nobody. Raises RenderError."""
    context = RenderContext(playbook=playbook, links=links, at=now, own_tracking=False, folder=mail.folder)
    try:
        email = render_email(_draft(mail, recipient, kind or mail.kind, now), context)
    except Exception as error:
        # Ops write the templates: whatever is wrong with one is shown to whoever asked for the preview.
        raise RenderError(mail.name, error) from error
    company = playbook.company
    return replace(email, tracked=False, categories=(), reply_to=company.inbox)


def heading(
    mail: MailTemplate, recipient: Recipient, playbook: Playbook, links: Links, now: datetime
) -> tuple[str, str]:
    """The subject and the line beside it, as this recipient would get them. Raises RenderError."""
    context = RenderContext(playbook=playbook, links=links, at=now, own_tracking=False, folder=mail.folder)
    try:
        subject, page = render_heading(_draft(mail, recipient, mail.kind, now), context)
    except Exception as error:
        raise RenderError(mail.name, error) from error
    return subject, unescape(preheader(page))


def preheader(html: str) -> str:
    """The line that mail programs show beside the subject."""
    found = PREHEADER.search(html)
    return " ".join(NO_WIDTH.sub("", found[1]).split()) if found else ""


def _draft(mail: MailTemplate, recipient: Recipient, kind: MessageKind, now: datetime) -> EmailDraft:
    return EmailDraft(
        message_id=NO_ID,
        key=f"preview:{mail.name}",
        kind=kind,
        template=mail.name,
        to_address=recipient.contact.get("email") or ADDRESS,
        data=mail.sample_data,
        contact={**recipient.contact, "id": NO_ID} if kind is not MessageKind.TEAM else {},
        owner=recipient.owner if kind is not MessageKind.TEAM else {},
        form=recipient.form,
        task=_task(now) if kind is MessageKind.TASK else {},
        answers=recipient.answers,
        reply=recipient.reply,
    )


def _task(now: datetime) -> dict[str, Any]:
    """A task that stands for the one that a task mail is about."""
    due_at = now + timedelta(minutes=30)
    return {"id": NO_ID, "name": "first call", "kind": "call_them", "assignee": "nobody@example.com", "due_at": due_at}
