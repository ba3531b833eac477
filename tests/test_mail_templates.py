"""Every mail that is shipped: it can be written for a contact of whom we know all, and for one with an address only."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.letter import MAILS, Draft, Letter, Letterhead, write_letter
from blocks.links import Links
from models import MessageKind
from tests.playbooks import the_shipped_playbook

# Mails to the team hold what their sender gives them; the tests of whoever sends one write it.
TEMPLATES = sorted(
    file.relative_to(MAILS).with_suffix("").as_posix() for file in MAILS.glob("*/*.html") if file.parent.name != "team"
)
TASKS = {t for t in TEMPLATES if '"task.html"' in (MAILS / f"{t}.html").read_text()}
LINKS = Links("https://tend.example.com", "/site", lambda purpose, _value: f"{purpose.replace(' ', '-')}-token")
HEAD = Letterhead(
    playbook=the_shipped_playbook(),
    links=LINKS,
    at=datetime(2026, 3, 2, 17, tzinfo=UTC),
    track_links=False,
)
CHALLENGES = HEAD.playbook.fields["challenge"].options
KNOWN = {
    "id": 1,
    "email": "ana@acme.example.com",
    "first_name": "Ana",
    "last_name": "O'Neill & Söhne",
    "company": "Acme <Joinery>",
    "job_title": "Owner",
    "employees": 14,
    "phone": "+12075550199",
    "preferred_time": "mornings",
    "request": 'We lose "one" in five',
    "goal": "lose fewer",
    "score": 35.0,
}
UNKNOWN = {"id": 2, "email": "x@example.com", "score": 0.0}
OWNER = {"name": "Sarah Miller", "email": "sarah@example.com", "phone": "+1 207 555 0141", "job_title": "Advisor"}
TASK = {"id": 7, "name": "second call", "assignee": "sarah@example.com", "due_at": datetime(2026, 3, 2, 17, tzinfo=UTC)}


def letter(template: str, contact: dict[str, Any], owner: dict[str, Any], **data: Any) -> Letter:
    kind = MessageKind.TASK if template in TASKS else MessageKind.MARKETING
    draft = Draft(
        message_id=1,
        key="1:1",
        kind=kind,
        template=template,
        to_address="to@example.com",
        data=data,
        contact=contact,
        owner=owner,
        form={"name": "request-info"} if owner else {},
        task=TASK if kind == MessageKind.TASK else {},
    )
    return write_letter(draft, HEAD)


CONTACTS = [
    *(pytest.param(KNOWN | {"challenge": one}, OWNER, id=one) for one in CHALLENGES),
    pytest.param(KNOWN | {"challenge": None}, OWNER, id="no challenge"),
    pytest.param(UNKNOWN, {}, id="an address only"),
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(("contact", "owner"), CONTACTS)
def test_a_mail_is_complete_whatever_we_know(template: str, contact: dict[str, Any], owner: dict[str, Any]) -> None:
    mail = letter(template, contact, owner)

    assert 8 < len(mail.subject) < 90
    assert "&amp;" not in mail.subject
    assert preheader(mail)
    assert HEAD.company.postal_address in mail.text
    assert not re.search(r"\{\{|\{%|%\}|</|&\w+;|None|Undefined", mail.text.replace("Acme <Joinery>", ""))
    assert not re.search(r"  ,| \.|,,|\(\)", mail.text.replace(" ...", ""))


@pytest.mark.parametrize("template", [template for template in TEMPLATES if template not in TASKS])
def test_a_mail_to_a_contact_has_a_way_off_the_list_and_one_button(template: str) -> None:
    mail = letter(template, KNOWN, OWNER)

    assert "https://tend.example.com/unsubscribe/unsubscribe-token" in mail.html
    assert mail.html.count('class="button"') == 1


@pytest.mark.parametrize("template", sorted(TASKS))
def test_a_task_mail_says_all_that_is_needed_for_the_call(template: str) -> None:
    mail = letter(template, KNOWN | {"challenge": "Customer loyalty"}, OWNER)

    assert 'href="tel:+12075550199"' in mail.html
    assert 'href="https://tend.example.com/tasks/task-token"' in mail.html
    assert 'href="https://tend.example.com/worklist/work-list-token"' in mail.html
    for said in ("Hi Sarah", "O'Neill", "Acme", "Customer loyalty", "Monday 2 March, 12:00 EST", "voicemail"):
        assert said in mail.text


@pytest.mark.parametrize("template", sorted(TASKS))
def test_a_reminder_says_that_it_is_one(template: str) -> None:
    mail = letter(template, KNOWN, OWNER, reminder=2)

    assert mail.subject.startswith("Overdue: ")
    assert "reminder 2" in mail.text


def test_a_lead_without_a_number_is_not_to_be_called_blindly() -> None:
    assert "no phone number known" in letter("lead_qualification/call_lead", UNKNOWN, {}).text


def preheader(mail: Letter) -> str:
    """The hidden line that mail programs show beside the subject."""
    found = re.search(r'<div style="display:none[^>]*>(.*?)</div>', mail.html, re.DOTALL)
    return found[1].strip() if found else ""
