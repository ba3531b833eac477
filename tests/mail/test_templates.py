"""Every mail that is shipped: it can be written for a contact of whom we know all, and for one with an address only."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parsing

from flows import journeys
from models import MessageKind
from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.links import Links
from models.mail.rendering.pictures import attach_pictures
from models.mail.rendering.preview import MailTemplate, mail_templates, preheader, preview
from models.mail.rendering.sample import Recipient, bare_recipient, full_recipient
from models.playbook import load
from models.playbook.reading.file import BadPlaybook
from tests.support.mail.contrast import in_dark_mode, low_contrast_texts
from tests.support.playbook import SHIPPED, the_shipped_playbook

MAILS = {mail.name: mail for mail in mail_templates()}
TO_CONTACTS = [name for name, mail in MAILS.items() if mail.kind is MessageKind.MARKETING]
TASKS = [name for name, mail in MAILS.items() if mail.kind is MessageKind.TASK]
CALLS = [name for name in TASKS if "voicemail" in (MAILS[name].folder / f"{name}.html").read_text()]

ANSWERS = {
    f"{file.stem}/{template}"
    for file in Path(journeys.__path__[0]).glob("*.py")
    for template in re.findall(r'j\.send\("(\w+)"[^)]*transactional=True', file.read_text())
}

PLAYBOOK = the_shipped_playbook()
CHALLENGES = PLAYBOOK.fields["challenge"].options
LINKS = Links("https://tend.example.com", "/site", lambda purpose, _value: f"{purpose.replace(' ', '-')}-token")
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
TRICKY = {"last_name": "O'Neill & Söhne", "company": "Acme <Joinery>", "request": 'We lose "one" in five'}
GMAIL_CUTS_OFF_AT = 102_000
LARGEST_PICTURE = 100_000


def somebody(**known: Any) -> Recipient:
    """Of whom everything is known, with names as people have them."""
    full = full_recipient(PLAYBOOK)
    return replace(full, contact={**full.contact, **TRICKY, **known})


def rendered(name: str, recipient: Recipient, kind: MessageKind | None = None) -> RenderedEmail:
    return preview(MAILS[name], recipient, PLAYBOOK, LINKS, NOON, kind=kind)


def recipients() -> Iterator[Recipient]:
    yield from (somebody(challenge=challenge) for challenge in (*CHALLENGES, None))
    yield replace(somebody(), answers={})
    yield bare_recipient()


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_complete_whatever_we_know(name: str) -> None:
    for recipient in recipients():
        mail = rendered(name, recipient)
        text = mail.text.replace("<Joinery>", "Joinery")

        assert 8 < len(mail.subject) < 90
        assert "&amp;" not in mail.subject
        assert preheader(mail.html)
        assert PLAYBOOK.company.postal_address in text
        assert not re.search(r"\{\{|\{%|%\}|</|&\w+;|None(?! [a-z])|Undefined", text)
        assert not re.search(r"  ,| \.|,,|\(\)", text.replace(" ...", ""))


@pytest.mark.parametrize("name", MAILS)
def test_every_mail_program_can_show_it(name: str) -> None:
    for recipient in (somebody(), bare_recipient()):
        mail = rendered(name, recipient)
        page = parsing.document_fromstring(mail.html)

        assert len(attach_pictures(mail.html)[0].encode()) < GMAIL_CUTS_OFF_AT
        assert all(len(one.content) < LARGEST_PICTURE for one in attach_pictures(mail.html)[1])
        assert page.get("lang") == "en"
        # What a browser makes of tags that are wrongly nested.
        assert not re.search(r"<p\b[^>]*>\s*</p>", mail.html)
        assert len(page.find_class("sheet")) == len(page.find_class("footer")) == 1
        assert all(image.get("alt") is not None for image in page.iter("img"))
        assert all(table.get("role") or table.find(".//th") is not None for table in page.iter("table"))
        assert all(re.match(r"https?://\w|tel:\+?\d|mailto:\w", link.get("href")) for link in page.iter("a"))
        assert all(link.text_content().strip() for link in page.iter("a"))
        assert mail.html.count("color: ") > 5, "the style sheet is in the tags"


@pytest.mark.parametrize("name", MAILS)
def test_it_is_easy_to_read_by_day_and_by_night(name: str) -> None:
    mail = rendered(name, somebody())

    assert low_contrast_texts(mail.html) == []
    assert low_contrast_texts(in_dark_mode(mail.html)) == []


@pytest.mark.parametrize("name", TO_CONTACTS)
def test_a_mail_to_a_contact_has_a_way_off_the_list_and_one_button(name: str) -> None:
    mail = rendered(name, somebody())
    answer = rendered(name, somebody(), MessageKind.TRANSACTIONAL)

    assert "https://tend.example.com/unsubscribe/unsubscribe-token" in mail.html
    assert ("/unsubscribe/" in answer.html) == (name != "consent/confirm")
    assert mail.html.count('class="button"') == 1


@pytest.mark.parametrize("name", TASKS)
def test_a_task_mail_leads_to_its_page_and_to_the_work_list(name: str) -> None:
    mail = rendered(name, somebody())

    assert 'href="https://tend.example.com/tasks/task-token"' in mail.html
    assert 'href="https://tend.example.com/worklist/work-list-token"' in mail.html
    for said in ("O'Neill", "Acme", "Monday 2 March, 12:30 EST"):
        assert said in mail.text


@pytest.mark.parametrize("name", CALLS)
def test_a_call_has_all_that_it_needs(name: str) -> None:
    mail = rendered(name, somebody(challenge="Customer loyalty"))

    assert 'href="tel:+12075550199"' in mail.html
    assert "Hi Sarah" in mail.text
    assert "Customer loyalty" in mail.text


@pytest.mark.parametrize("name", CALLS)
def test_a_call_says_what_to_dial_after_the_number(name: str) -> None:
    mail = rendered(name, somebody(phone="+12075550199;ext=12"))

    assert 'href="tel:+12075550199;ext=12"' in mail.html
    assert "+1 207-555-0199 ext. 12" in mail.text


@pytest.mark.parametrize("name", TASKS)
def test_a_reminder_says_that_it_is_one(name: str) -> None:
    mail = preview(Reminding(name), somebody(), PLAYBOOK, LINKS, NOON)

    assert mail.subject.startswith("Overdue: ")
    assert "reminder 2" in mail.text
    assert low_contrast_texts(mail.html) == low_contrast_texts(in_dark_mode(mail.html)) == []


@pytest.mark.parametrize("name", TASKS)
def test_who_asks_again_is_told_with_all_that_they_said_and_nothing_of_it_in_the_subject(name: str) -> None:
    mail = preview(AskingAgain(name), somebody(), PLAYBOOK, LINKS, NOON)

    assert mail.subject.startswith("Asked again: ")
    assert "Win" not in mail.subject
    assert "they sent the form “request call”: “Win <b>$1000</b>”" in mail.text
    assert "Mon, Mar 2: they called us" in mail.text
    assert "&lt;b&gt;$1000" in mail.html
    assert low_contrast_texts(mail.html) == low_contrast_texts(in_dark_mode(mail.html)) == []


class AskingAgain(MailTemplate):
    """A task mail that comes again because the contact did."""

    sample_data = {  # noqa: RUF012 - stands in for a property
        "asked_again": [
            {"at": "Mon, Mar 2", "title": "sent the form “request call”", "words": "Win <b>$1000</b>"},
            {"at": "Mon, Mar 2", "title": "called us", "words": None},
        ]
    }


class Reminding(MailTemplate):
    """A task mail that comes for the second time."""

    sample_data = {"reminder": 2}  # noqa: RUF012 - stands in for a property


def test_a_lead_without_a_number_is_not_to_be_called_blindly() -> None:
    assert "no phone number known" in rendered("lead_qualification/call_lead", bare_recipient()).text


def test_a_signature_is_text_and_keeps_its_lines() -> None:
    owner = {"name": "Sarah Miller", "signature": "Sarah <Miller>\nI read every answer."}
    mail = rendered("lead_nurture/article_1", replace(somebody(), owner=owner))

    assert "Sarah &lt;Miller&gt;<br>\nI read every answer." in mail.html
    assert "Sarah <Miller>\nI read every answer.\n" in mail.text


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("https://video.example.com/sarah-miller", "javascript:alert(1)"),
        ("https://calendar.example.com/sarah-miller", "calendar.example.com/sarah-miller"),
        ("website: /site", "website: example.com"),
    ],
)
def test_what_no_browser_would_open_is_reported_with_its_line(tmp_path: Path, good: str, bad: str) -> None:
    shipped = SHIPPED.read_text().splitlines()
    number = next(at for at, line in enumerate(shipped) if good in line)
    (tmp_path / "playbook.yaml").write_text(SHIPPED.read_text().replace(good, bad, 1))

    with pytest.raises(BadPlaybook, match=rf"line {number + 1}: .*an address that begins with https:// was expected"):
        load(tmp_path / "playbook.yaml")


STANDINGS: dict[str, dict[str, Any]] = {
    "subscribed": {"suppressed": None, "opted_out_topics": []},
    "left the list": {"suppressed": "unsubscribed", "opted_out_topics": []},
    "taken off the list": {"suppressed": "removed", "opted_out_topics": []},
    "not confirmed": {"suppressed": "unconfirmed", "opted_out_topics": []},
    "wants no articles": {"suppressed": None, "opted_out_topics": ["articles", "offers"]},
}
ON_THE_LIST = re.compile(r"you are on (?:the|our) list|keeps you on|keep me on the list|off our list", re.I)


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("name", TO_CONTACTS)
def test_every_mail_has_a_way_out_and_tells_nobody_that_they_are_on_a_list_who_is_not(name: str, standing: str) -> None:
    """Whoever has left gets answers only, and those of every journey that sends them."""
    gets_marketing = standing == "subscribed"
    for form in ("newsletter", "ebook", "checklist", "discount", "request-info"):
        recipient = replace(somebody(**STANDINGS[standing]), form={"name": form})
        if gets_marketing:
            assert "unsubscribe-token" in rendered(name, recipient, MessageKind.MARKETING).html
        if name in ANSWERS or name == "consent/confirm":
            answer = rendered(name, recipient, MessageKind.TRANSACTIONAL)
            assert ("unsubscribe-token" in answer.html) == (name != "consent/confirm")
            if not gets_marketing:
                assert not ON_THE_LIST.search(f"{answer.subject} {answer.text} {preheader(answer.html)}")


def test_the_way_out_of_an_answer_is_not_offered_to_mail_programs_as_one_of_a_list() -> None:
    answer = rendered("lead_qualification/thanks", somebody(), MessageKind.TRANSACTIONAL)
    assert "List-Unsubscribe" not in answer.headers
