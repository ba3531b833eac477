"""What a task's page takes from mails: the instructions of the task's own mail, and the mail that an outcome sends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from models import MessageKind
from models.mail.rendering.email import EmailDraft, RenderContext, RenderedEmail, render_email, template_variables
from models.mail.rendering.links import links_to
from models.mail.rendering.mail_parts import MARK
from models.mail.rendering.merge_fields import environment
from models.mail.rendering.plain_text import plain_text
from models.mail.rendering.sample import Recipient
from models.playbook import Playbook

NO_ID = 0
"""Is signed into all links of a mail that is only looked at. No row has it, so following one does nothing."""


@dataclass(frozen=True)
class Instructions:
    """What a task's mail says of the task, as text."""

    ask: str
    """What to do, and why."""
    done: str
    """What counts as done."""


def task_instructions(
    template: str, task: Mapping[str, Any], recipient: Recipient, playbook: Playbook, now: datetime
) -> Instructions | None:
    """The instructions of a task's mail; None where the mail cannot be written for this contact, or is no task mail.

    `task` has `id`, `name`, `assignee`, `due_at` and `data`.
    """
    context = RenderContext(playbook=playbook, links=links_to(playbook.company.website), at=now, own_tracking=False)
    draft = _draft(MessageKind.TASK, template, recipient, task=task, data=task["data"])
    try:
        page = _blocks(template, context.folder).render(template_variables(draft, context))
    except Exception:
        # Ops write the templates. The mail itself is what fails loudly; a task can be done without it.
        return None
    # A template that does not go by the shipped frame shows none of its blocks.
    match page.split(MARK):
        case [_, ask, done, _]:
            return Instructions(_text(ask), _text(done))
    return None


def mail_after(
    template: str,
    recipient: Recipient,
    answers: Mapping[str, Any],
    playbook: Playbook,
    now: datetime,
) -> RenderedEmail:
    """The mail that a contact gets after a report with these answers; its links act on nobody.

    Raises what its template raises.
    """
    context = RenderContext(playbook=playbook, links=links_to(playbook.company.website), at=now, own_tracking=False)
    draft = _draft(MessageKind.TRANSACTIONAL, template, replace(recipient, answers=answers))
    return render_email(draft, context)


def _draft(
    kind: MessageKind,
    template: str,
    recipient: Recipient,
    task: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> EmailDraft:
    return EmailDraft(
        message_id=NO_ID,
        key="preview",
        kind=kind,
        template=template,
        to_address=recipient.contact.get("email") or "",
        data=data or {},
        contact={**recipient.contact, "id": NO_ID},
        owner=recipient.owner,
        form=recipient.form,
        task=task or {},
        answers=recipient.answers,
        reply=recipient.reply,
    )


@lru_cache(maxsize=256)
def _blocks(template: str, folder: Path) -> Template:
    """The mail with nothing in its body but the two blocks, between marks."""
    body = f"{MARK}{{{{ self.ask() }}}}{MARK}{{{{ self.done() }}}}{MARK}"
    parts = f"{{% block body %}}{body}{{% endblock %}}{{% block signature %}}{{% endblock %}}"
    return environment(folder).from_string(f'{{% extends "{template}.html" %}}{parts}')


def _text(html: str) -> str:
    return plain_text(f"<div>{html}</div>").strip() if html.strip() else ""
