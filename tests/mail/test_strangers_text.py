"""What a stranger types into a form reaches its owner neither in a subject nor as a link."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parsing

from models import MessageKind
from models.mail.rendering.email import EmailDraft, RenderContext, RenderedEmail, render_email
from models.mail.rendering.links import Links
from models.mail.rendering.preview import mail_templates, preheader, preview
from models.mail.rendering.sample import Recipient, full_recipient
from models.mail.rendering.strangers_text import without_links
from models.playbook.source import CONTACT_FIELDS
from models.values.custom_field import FieldType
from tests.support.playbook import the_shipped_playbook

PLAYBOOK = the_shipped_playbook()
LINKS = Links("https://tend.example.com", "/site", lambda purpose, _value: f"{purpose.replace(' ', '-')}-token")
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
MAILS = {mail.name: mail for mail in mail_templates()}
FREE = [
    name
    for name, field in (CONTACT_FIELDS | PLAYBOOK.fields).items()
    if field.type in (FieldType.TEXT, FieldType.ADDRESS, FieldType.LIST, FieldType.STATE)
]
HOSTILE = "Win $1000 today at http://evil.example/win or evil.example or www.evil.example"


def a_stranger() -> Recipient:
    """Somebody who wrote the same into every field."""
    full = full_recipient(PLAYBOOK)
    contact = {**full.contact, **dict.fromkeys(FREE, HOSTILE)}
    form = {**dict.fromkeys(full.form, HOSTILE), "name": full.form.get("name"), "anything": HOSTILE}
    reply = {**full.reply, "subject": HOSTILE, "text": HOSTILE}
    return replace(full, contact=contact, form=form, reply=reply)


def ahead(mail: RenderedEmail) -> str:
    title = parsing.document_fromstring(mail.html).findtext(".//title")
    return f"{mail.subject} {title} {preheader(mail.html)} {mail.from_name}"


@pytest.mark.parametrize("name", MAILS)
def test_no_free_text_stands_in_a_subject_or_leads_anywhere(name: str) -> None:
    mail = preview(MAILS[name], a_stranger(), PLAYBOOK, LINKS, NOON)
    assert not re.search(r"evil|Win|\$1000", ahead(mail))
    page = parsing.document_fromstring(mail.html)
    # What a colleague answers to has the subject of what was written, and goes to whoever wrote it.
    assert not [link.get("href") for link in page.iter("a") if "evil" in link.get("href").partition("?subject=")[0]]


@pytest.mark.parametrize("name", [name for name, mail in MAILS.items() if mail.kind is MessageKind.MARKETING])
def test_mail_to_contacts_holds_nothing_that_a_mail_program_makes_a_link_of(name: str) -> None:
    mail = preview(MAILS[name], a_stranger(), PLAYBOOK, LINKS, NOON, kind=MessageKind.TRANSACTIONAL)
    for body in (mail.html, mail.text):
        assert not re.search(r"\w+://evil|www\.evil|evil\.example", body)


def rendered(tmp_path: Path, subject: str, kind: MessageKind = MessageKind.TRANSACTIONAL, **contact: Any) -> str:
    """The subject of a mail of ops' own."""
    folder = tmp_path / "journey"
    folder.mkdir(exist_ok=True)
    (folder / "mail.html").write_text(f"<title>{subject}</title><p>Hello</p>")
    context = RenderContext(playbook=PLAYBOOK, links=LINKS, at=NOON, own_tracking=False, folder=tmp_path)
    known = {"id": 1, "email": "ann@example.com", **contact}
    draft = EmailDraft(
        **{"message_id": 1, "key": "1:1", "kind": kind, "template": "journey/mail", "to_address": "ann@example.com"},
        **{"data": {}, "contact": known, "owner": {}, "form": {"name": "request-info", "note": HOSTILE}, "task": {}},
    )
    variant = replace(draft, subject_template=subject)
    [title] = {render_email(one, context).subject for one in (draft, variant)}
    return title


@pytest.mark.parametrize(
    ("subject", "known", "reads"),
    [
        ("Hi {{ contact.first_name | default('there') }}", {"first_name": "Ann"}, "Hi Ann"),
        ("Hi {{ contact.first_name | default('there') }}", {"first_name": HOSTILE}, "Hi there"),
        ("Hi {{ contact.first_name | default('there') }}", {"first_name": "Click evil.com"}, "Hi there"),
        ("Dear {{ contact.last_name | default('reader') }}", {"last_name": "O'Brien"}, "Dear O'Brien"),
        ("Dear {{ contact.last_name | default('reader') }}", {"last_name": HOSTILE}, "Dear reader"),
        (
            "News for {{ contact.company | default('you') }}",
            {"company": "Söhne & Co."},
            "News for Söhne & Co.",
        ),
        ("News for {{ contact.company | default('you') }}", {"company": "Buy at evil.com"}, "News for you"),
        ("News for {{ contact.company | default('you') }}", {"company": "You have won, click now!"}, "News for you"),
        ("News for {{ contact.company | default('you') }}", {"company": "a b c d e f g"}, "News for you"),
        ("You asked: {{ contact.request | default('much') }}", {"request": "Buy now"}, "You asked: much"),
        ("On {{ contact.challenge | default('it') }}", {"challenge": "Customer loyalty"}, "On Customer loyalty"),
        ("For {{ contact.employees | default(1) }} people", {"employees": 40}, "For 40 people"),
        ("To {{ contact.goal | default('grow') }}", {"goal": "be seen at evil.com"}, "To grow"),
        ("Your {{ form.name }}: {{ form.note | default('thanks') }}", {}, "Your request-info: thanks"),
    ],
)
def test_subjects_to_contacts_name_people_and_what_can_be_chosen(
    tmp_path: Path, subject: str, known: dict[str, Any], reads: str
) -> None:
    assert rendered(tmp_path, subject, **known) == reads


def test_subjects_to_colleagues_say_whom_to_call_and_lead_nowhere(tmp_path: Path) -> None:
    subject = "Call {{ contact.first_name | default('them') }} at {{ contact.company | default('work') }}"
    assert rendered(tmp_path, subject, MessageKind.TASK, first_name="Ann", company="Acme") == "Call Ann at Acme"
    wordy = {"first_name": HOSTILE, "company": "very " * 50}
    assert rendered(tmp_path, subject, MessageKind.TASK, **wordy) == "Call them at work"


@pytest.mark.parametrize(
    ("typed", "linked"),
    [
        ("see http://evil.example/x?y=1 now", "see [link] now"),
        ("HTTPS://EVIL.EXAMPLE", "[link]"),
        ("ftp://evil", "[link]"),
        ("hxxp://evil.example", "[link]"),
        ("www.evil.example", "[link]"),
    ],
)
def test_web_addresses_are_taken_out(typed: str, linked: str) -> None:
    assert without_links(typed) == linked


@pytest.mark.parametrize("domain", ["evil.com", "a.evil.co.uk/x", "me@evil.com", "evil。com", "müller.example"])
def test_domains_stay_readable_and_are_none_any_more(domain: str) -> None:
    found = without_links(f"at {domain}")
    assert found.replace("\u200c", "") == f"at {domain}"
    assert not re.search(r"\w[.。]\w{2,}", found)


@pytest.mark.parametrize(
    "text", ["We lose one lead in five.", "12.5 people", "e.g. today", "Ann Lee, Ph.D.", "Mr. Smith", "3.000,50", ""]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_links(text) == text
