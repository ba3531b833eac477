"""Renders a message of the outbox as an email: merge fields filled in, as HTML and plain text."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Template

import templates
from models import TO_CONTACTS, MessageKind
from models.access.work_link import TaskLink, usable_zone
from models.mail.rendering.links import Links, add_tracking
from models.mail.rendering.merge_fields import MergeFields, environment
from models.mail.rendering.skeleton import EmailBodies
from models.mail.rendering.strangers_text import (
    REMOVED,
    WEB_ADDRESS,
    form_in_subject,
    in_body,
    in_subject,
    in_subject_for_staff,
    without_links,
)
from models.playbook import Company, Playbook
from models.playbook.document import ProductEntry
from models.wording import moment

TEMPLATE_FOLDER = Path(templates.__path__[0]) / "mail"
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
MAIL_BEGINS = '<table class="ground"'
"""Where base.html begins what is seen of a mail."""


class NoSubject(ValueError):
    """The template makes no subject: let it extend base.html and fill the block `subject`."""


class NoPostalAddress(ValueError):
    """The mail does not show the company's postal address, as the law asks of marketing: let it keep base's footer."""


@dataclass(frozen=True, kw_only=True)
class RenderedEmail:
    """A rendered email, complete, as the mailer gets it.

    Rendering is deterministic: the same draft and context give the same email.
    """

    key: str
    message_id: int
    """0 for what is no message of the outbox, such as a test."""
    kind: MessageKind
    at: datetime
    from_name: str
    from_address: str
    to_address: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    return_path: str = ""
    """Where reports of failures go: the address for replies to this message, where inbound mail is set up. Empty: the
    from address."""
    categories: tuple[str, ...] = ()
    """Journey and step, by which the provider's statistics can be read. Nothing personal."""
    tracked: bool = False
    """Opens and clicks are tracked, by the mailer or by our own links and pixel."""
    is_redirected: bool = False
    """It goes to a test address instead of its receiver."""

    @property
    def redirected_to(self) -> str | None:
        """The test address, if it goes there."""
        return self.to_address if self.is_redirected else None


@dataclass(frozen=True, kw_only=True)
class EmailDraft:
    """An email before rendering: the message, with all values that its template may use."""

    message_id: int
    key: str
    kind: MessageKind
    template: str
    to_address: str
    data: Mapping[str, Any]
    contact: Mapping[str, Any]
    """The columns of the contact, with its custom fields in among them."""
    owner: Mapping[str, Any]
    """The salesperson whose task it is, else whose contact; empty when there is none."""
    form: Mapping[str, Any]
    """What the contact filled in last; `form.name` says which form."""
    task: Mapping[str, Any]
    answers: Mapping[str, Any] = field(default_factory=dict)
    """What the salesperson filled in when they last reported on this contact."""
    reply: Mapping[str, Any] = field(default_factory=dict)
    """The last mail that the contact wrote to us: `address`, `subject`, `text`."""
    subject_template: str | None = None
    """A subject in place of the template's own."""


@dataclass(frozen=True, kw_only=True)
class RenderContext:
    """The render context: what all emails of one delivery run share."""

    playbook: Playbook
    links: Links
    at: datetime
    own_tracking: bool
    """Clicks and opens are tracked by our own links and pixel, because the mailer does not report them."""
    folder: Path = TEMPLATE_FOLDER

    @property
    def company(self) -> Company:
        return self.playbook.company

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Template variables that do not depend on the recipient."""
        products = {product.code: _product(product) for product in self.playbook.products}
        return {
            "company": MergeFields("company", self.company.model_dump()),
            "products": MergeFields("products", products),
            "site": self.links.site,
            "page": self.links.page,
        }


def render_email(draft: EmailDraft, context: RenderContext) -> RenderedEmail:
    """Fill the template in. Raises MissingMergeField, and whatever else is wrong with that template."""
    fields = template_variables(draft, context)
    subject, page = _subject_and_page(draft, context, fields)
    bodies = EmailBodies(page)
    text = _render_text_template(draft.template, context.folder, fields) or bodies.text
    html = bodies.html
    if context.own_tracking and draft.kind in TO_CONTACTS:
        html = add_tracking(html, context.links, draft.message_id)
    return RenderedEmail(
        key=draft.key,
        message_id=draft.message_id,
        kind=draft.kind,
        at=context.at,
        from_name=_one_line(context.company.from_name),
        from_address=context.company.from_email,
        to_address=draft.to_address,
        reply_to=_reply_address(draft, context) or context.company.inbox,
        return_path=_reply_address(draft, context),
        subject=subject,
        html=html,
        text=text,
        headers=_unsubscribe_headers(fields.get("unsubscribe_url")),
        categories=(draft.template.partition("/")[0], draft.template),
        tracked=draft.kind in TO_CONTACTS,
    )


def render_heading(draft: EmailDraft, context: RenderContext) -> tuple[str, str]:
    """The subject of an email, and its page before styles are put in, which takes most of the time of rendering it.

    Raises what `render_email` raises.
    """
    return _subject_and_page(draft, context, template_variables(draft, context))


def _subject_and_page(draft: EmailDraft, context: RenderContext, fields: Mapping[str, Any]) -> tuple[str, str]:
    fields_ahead = {**fields, **_fields_ahead(draft, context)}
    ahead, visible = _render_ahead(render_page(draft, context, fields), draft, context, fields_ahead)
    page = f"{ahead}{visible}"
    if draft.kind == MessageKind.MARKETING and not _contains_text(page, context.company.postal_address):
        raise NoPostalAddress(NoPostalAddress.__doc__)
    if draft.subject_template is None:
        return _subject(ahead), page
    return _render_subject_variant(draft.subject_template, context, fields_ahead), page


def render_page(draft: EmailDraft, context: RenderContext, fields: Mapping[str, Any] | None = None) -> str:
    """The template filled in, its style sheets still apart. `fields` are its variables, if they are known already."""
    template = environment(context.folder).get_template(f"{draft.template}.html")
    return template.render(template_variables(draft, context) if fields is None else fields)


def _render_ahead(page: str, draft: EmailDraft, context: RenderContext, fields: Mapping[str, Any]) -> tuple[str, str]:
    """What stands ahead of the visible mail, its title and the line beside it in a list of mails, rendered anew with
    these fields; and the rest of the page as it is.
    """
    end = next((mark for mark in (MAIL_BEGINS, "</title>") if mark in page), None)
    if end is None:
        raise NoSubject(NoSubject.__doc__)
    ahead = []
    for piece in environment(context.folder).get_template(f"{draft.template}.html").generate(fields):
        ahead.append(piece)
        if end in piece:
            break
    before, begin, _ = "".join(ahead).partition(end)
    return f"{before}{begin}", page.partition(end)[2]


def _fields_ahead(draft: EmailDraft, context: RenderContext) -> dict[str, Any]:
    """The template variables for what stands ahead of the mail, where nobody's free text belongs."""
    if draft.kind not in TO_CONTACTS:
        return {"contact": MergeFields("contact", in_subject_for_staff(draft.contact))}
    return {
        "contact": MergeFields("contact", in_subject(draft.contact, context.playbook.fields)),
        "form": MergeFields("form", form_in_subject(draft.form)),
        "reply": MergeFields("reply", {}),
    }


def _reply_address(draft: EmailDraft, context: RenderContext) -> str:
    """An address of ours that identifies the message, where inbound mail is set up; else empty.

    Not for mail to colleagues: its message is about a contact, whom a failure does not concern.
    """
    domain = context.playbook.mail.reply_domain
    return context.links.reply(draft.message_id, domain) if domain and draft.kind in TO_CONTACTS else ""


def template_variables(draft: EmailDraft, context: RenderContext) -> dict[str, Any]:
    """All that the template of an email may use, by name."""
    links, to_contact = context.links, draft.kind in TO_CONTACTS
    fields: dict[str, Any] = {
        **context.fields,
        "this_year": context.at.year,
        "contact": MergeFields("contact", in_body(draft.contact) if to_contact else draft.contact),
        "owner": MergeFields("owner", {**draft.owner, **_first_name(draft.owner)}),
        "form": MergeFields("form", without_links(draft.form) if to_contact else draft.form),
        "task": MergeFields("task", _task_fields(draft, context)),
        "data": MergeFields("data", draft.data),
        "answers": MergeFields("answers", draft.answers),
        "reply": MergeFields("reply", without_links(draft.reply) if to_contact else draft.reply),
    }
    if to_contact:
        fields["preferences_url"] = links.unsubscribe(draft.contact["id"])
    if draft.kind == MessageKind.MARKETING:
        fields["unsubscribe_url"] = fields["preferences_url"]
    return fields


def _product(product: ProductEntry) -> MergeFields:
    """Whole prices go without cents, as one writes them in a sentence."""
    return MergeFields(product.code, {**product.model_dump(), "price": f"{product.price:,.2f}".removesuffix(".00")})


def _first_name(owner: Mapping[str, Any]) -> dict[str, str]:
    return {"first_name": owner["name"].split()[0]} if owner.get("name", "").strip() else {}


def _task_fields(draft: EmailDraft, context: RenderContext) -> Mapping[str, Any]:
    task, rep, links = draft.task, draft.owner, context.links
    if not task:
        return task
    zone = usable_zone(rep.get("zone"), context.company.time_zone)
    due_at = task["due_at"].astimezone(ZoneInfo(zone))
    # A link is signed for whoever reads the mail, and for nobody else: an office has an address only.
    is_theirs = rep.get("id") is not None and rep["email"].lower() == draft.to_address.lower()
    link = TaskLink(task["id"], rep["id"], rep["link_number"]) if is_theirs else TaskLink(task["id"])
    return {
        **task,
        **_kind_fields(task.get("kind"), context),
        "due_at": moment(due_at, zone),
        "due_time": f"{due_at:%H:%M}",
        "url": links.task(link),
        "worklist_url": links.my_work(rep["id"], rep["link_number"])
        if is_theirs
        else links.work_list(task["assignee"]),
    }


def task_url(draft: EmailDraft, context: RenderContext) -> str:
    """The page of the task that an email is about, for whoever gets it."""
    return str(_task_fields(draft, context)["url"])


def _kind_fields(name: str | None, context: RenderContext) -> dict[str, str]:
    """What the kind of a task says of it; nothing of a task without one."""
    kind = context.playbook.tasks.all_kinds.get(name or "")
    if kind is None:
        return {}
    return {"title": kind.title, "instructions": kind.instructions, "complete_when": kind.complete_when}


def _subject(html: str) -> str:
    """What the block `subject` came to, which the base puts into the title; escaped there, and text again here."""
    title = TITLE.search(html)
    if title is None:
        raise NoSubject(NoSubject.__doc__)
    return _header(unescape(title[1]))


def _contains_text(page: str, words: str) -> bool:
    """Whether the page shows this text, on one line or broken over several."""
    return words in page or _one_line(words) in _one_line(unescape(TAG.sub(" ", page)))


def _render_subject_variant(template: str, context: RenderContext, fields: Mapping[str, Any]) -> str:
    """A subject that is tried in place of the template's own. A header is text, so nothing in it is escaped."""
    return _header(_compiled(template, context.folder).render(fields))


@lru_cache(maxsize=256)
def _compiled(subject: str, folder: Path) -> Template:
    """The same few subjects are tried on thousands."""
    return environment(folder).overlay(autoescape=False).from_string(subject)


def _render_text_template(template: str, folder: Path, fields: Mapping[str, Any]) -> str | None:
    """The text of the `.txt` file beside the template, if there is one."""
    # Asked for each email, and a Path takes longer to put together than the question.
    if not os.path.exists(f"{folder}/{template}.txt"):
        return None
    return environment(folder).get_template(f"{template}.txt").render(fields)


def _unsubscribe_headers(url: str | None) -> dict[str, str]:
    """One-click unsubscribing by RFC 8058, which large mailbox providers ask of whoever sends in bulk."""
    if url is None:
        return {}
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _header(subject: str) -> str:
    """A subject leads nowhere, whatever it was made of."""
    return WEB_ADDRESS.sub(REMOVED, _one_line(subject))


def _one_line(value: str) -> str:
    """A header is one line: a line break in a merge field must not begin another header."""
    return " ".join(value.split())
