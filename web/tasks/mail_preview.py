"""The mail that follows an outcome at once, as the lead will read it, before anything is reported."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.links import links_to
from models.mail.rendering.sample import Recipient, recipients
from models.mail.rendering.task_texts import NO_ID, mail_after
from models.playbook import current_playbook
from web.frame.pages import page
from web.frame.typed_text import UnreadableText
from web.tasks.answer import OpenedTask
from web.tasks.task_form import read_form

OWN_LINK = "(their own link)"
"""Stands for the link by which whoever has it decides about their mail."""
UNWRITTEN = "The mail cannot be shown: {error}"


def mail_preview(request: Request, connection: Connection, opened: OpenedTask, given: Mapping[str, str]) -> Response:
    """The page with the mails after the chosen outcome. Raises UnreadableText for what cannot be taken as it is."""
    task, now, outcome = opened.task, datetime.now(UTC), given.get("outcome", "")
    if outcome not in task.outcomes:
        raise UnreadableText("Choose an outcome first: the mail depends on it.")
    answers = read_form(connection, task.form, task.contact_id, given, opened.visitor.zone, now).given
    recipient = recipients(connection, [task.contact_id])[task.contact_id]
    return page(
        request,
        "tasks/mail.html",
        task=task,
        token=opened.token,
        outcome=outcome,
        given=given,
        zone=opened.visitor.zone,
        visitor=opened.visitor,
        mails=[_rendered(connection, template, recipient, answers, now) for template in task.mails.get(outcome, [])],
        address=recipient.contact.get("email"),
        suppressed=recipient.contact.get("suppressed"),
    )


def _rendered(
    connection: Connection, template: str, recipient: Recipient, answers: Mapping[str, object], now: datetime
) -> RenderedEmail | str:
    """The mail, or the sentence that says why it cannot be shown."""
    # What was filled in changes what is known of them, which the mail may name.
    known = Recipient(
        contact={**recipient.contact, **answers},
        owner=recipient.owner,
        form=recipient.form,
        reply=recipient.reply,
    )
    try:
        playbook = current_playbook(connection)
        mail = mail_after(template, known, answers, playbook, now)
        unsubscribe = links_to(playbook.company.website).unsubscribe(NO_ID)
        return replace(mail, text=mail.text.replace(unsubscribe, OWN_LINK))
    except Exception as error:
        # Ops write the templates: whatever is wrong with one is said here, and the report can be made all the same.
        return UNWRITTEN.format(error=error)
