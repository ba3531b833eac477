"""Rendering: merge fields, subject, text, links, and what is said when a field is missing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2.exceptions import SecurityError

from models import MessageKind
from models.mail.rendering.email import (
    EmailDraft,
    NoPostalAddress,
    NoSubject,
    RenderContext,
    RenderedEmail,
    render_email,
)
from models.mail.rendering.links import Links
from models.mail.rendering.merge_fields import MissingMergeField
from tests.support.playbook import the_shipped_playbook

PLAYBOOK = the_shipped_playbook()
LINKS = Links("https://tend.example.com", "/site", lambda purpose, value: f"{purpose}-{value}".replace(" ", "-"))
ANA = {"id": 5, "email": "ana@example.com", "first_name": "Ana", "last_name": None, "challenge": "Customer loyalty"}

Write = Callable[..., RenderedEmail]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Renders an email from a template given as text."""

    def written(template: str, *, txt: str | None = None, track: bool = False, **parts: Any) -> RenderedEmail:
        (tmp_path / "test").mkdir(exist_ok=True)
        (tmp_path / "test" / "mail.html").write_text(template)
        if txt is not None:
            (tmp_path / "test" / "mail.txt").write_text(txt)
        head = RenderContext(
            playbook=PLAYBOOK, links=LINKS, at=datetime(2026, 3, 2, 17, tzinfo=UTC), own_tracking=track, folder=tmp_path
        )
        return render_email(replace(A_DRAFT, **parts), head)

    return written


A_DRAFT = EmailDraft(
    message_id=9,
    key="1:1",
    kind=MessageKind.TRANSACTIONAL,
    template="test/mail",
    to_address="ana@acme.example.com",
    data={},
    contact=ANA,
    owner={},
    form={},
    task={},
)


def page(body: str, subject: str = "Hello") -> str:
    return f"<html><head><title>{subject}</title></head><body>{body}</body></html>"


def test_columns_and_custom_fields_are_named_alike(write: Write) -> None:
    email = write(page("{{ contact.first_name }}: {{ contact.challenge }}"))

    assert email.text == "Ana: Customer loyalty\n"


@pytest.mark.parametrize("field", ["contact.last_name", "contact.shoe_size", "owner.name", "data.price", "task.url"])
def test_a_missing_field_is_named(write: Write, field: str) -> None:
    with pytest.raises(MissingMergeField, match=f"^{field} is empty here") as missing:
        write(page(f"Dear {{{{ {field} }}}}"))

    assert missing.value.field == field


def test_a_blank_field_is_a_missing_field(write: Write) -> None:
    email = write(page("Hi {{ contact.first_name | default('there') }}"), contact=ANA | {"first_name": " "})

    assert email.text == "Hi there\n"


def test_a_comparison_with_a_missing_field_is_an_error_too(write: Write) -> None:
    with pytest.raises(MissingMergeField, match=r"contact\.last_name"):
        write(page("{% if contact.last_name == 'x' %}y{% endif %}"))


def test_what_a_lead_typed_is_never_markup(write: Write) -> None:
    email = write(page("<p>{{ contact.company }}</p>"), contact=ANA | {"company": "<script>x</script>"})

    assert "<p>&lt;script&gt;x&lt;/script&gt;</p>" in email.html
    assert email.text == "<script>x</script>\n"


@pytest.mark.parametrize(
    ("name", "hello"), [("ANN", "Hi Ann"), ("Dr.", "Hi there"), ("J.", "Hi there"), ("Jo", "Hi Jo")]
)
def test_a_mail_greets_by_a_name_that_its_owner_accepts(write: Write, name: str, hello: str) -> None:
    email = write(page("Hi {{ contact.first_name | default('there') }}"), contact=ANA | {"first_name": name})

    assert email.text == f"{hello}\n"


def test_the_subject_is_plain_and_one_line(write: Write) -> None:
    subject = "\n  For {{ contact.company | default('you') }}\n"
    email = write(page("x", subject), contact=ANA | {"company": "Ana &\r\n Söhne"})
    header = write(page("x", subject), contact=ANA | {"company": "Ana\r\nBcc: all@example.com"})

    assert (email.subject, header.subject) == ("For Ana & Söhne", "For you")


def test_a_template_without_a_subject_says_so(write: Write) -> None:
    with pytest.raises(NoSubject, match="makes no subject"):
        write("<p>Hello</p>")


def test_a_template_cannot_leave_the_sandbox(write: Write) -> None:
    with pytest.raises(SecurityError):
        write(page("{{ contact.__class__.__mro__ }}"))


def test_a_text_written_by_hand_is_taken(write: Write) -> None:
    assert write(page("<p>HTML</p>"), txt="Dear {{ contact.first_name }} & all").text == "Dear Ana & all"


def test_marketing_mail_can_be_left_with_one_click(write: Write) -> None:
    email = write(page("{{ company.postal_address }} {{ unsubscribe_url }}"), kind=MessageKind.MARKETING)

    assert email.text.endswith("USA https://tend.example.com/unsubscribe/unsubscribe-5\n")
    assert email.headers == {
        "List-Unsubscribe": "<https://tend.example.com/unsubscribe/unsubscribe-5>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert write(page("x")).headers == {}


def test_marketing_without_a_postal_address_is_not_written(write: Write) -> None:
    with pytest.raises(NoPostalAddress, match="as the law asks"):
        write(page("{{ unsubscribe_url }}"), kind=MessageKind.MARKETING)


LINKED = page("""<a href="{{ site('/order?a=1&b=2') }}">Order</a> <a href="mailto:x@example.com">Write</a>
<a href="{{ unsubscribe_url }}" clicktracking="off">Leave</a> {{ company.postal_address }}""")


def test_web_links_go_by_way_of_us_and_the_way_off_the_list_does_not(write: Write) -> None:
    email = write(LINKED, track=True, kind=MessageKind.MARKETING)

    by_way = "https://tend.example.com/c/click-[9,-&#x27;https://tend.example.com/site/order?a=1&amp;b=2&#x27;,-1]"
    assert f'href="{by_way}"' in email.html
    assert 'href="mailto:x@example.com"' in email.html
    assert 'href="https://tend.example.com/unsubscribe/unsubscribe-5"' in email.html
    assert "https://tend.example.com/site/order?a=1&b=2" in email.text


def test_links_of_a_task_mail_stay_as_they_are(write: Write) -> None:
    task = {"id": 7, "assignee": "sarah@example.com", "due_at": datetime(2026, 3, 2, 17, tzinfo=UTC)}
    email = write(page('<a href="{{ task.url }}">{{ task.due_at }}</a>'), track=True, kind=MessageKind.TASK, task=task)

    assert 'href="https://tend.example.com/tasks/task-7"' in email.html
    assert email.text.startswith("Monday 2 March, 12:00 EST <https://tend.example.com/tasks/task-7>")


STYLED = """<html><head><title>Hello</title>
<style>.big { font-size: 20px; } .gone { display: none; }</style>
<style data-css-inline="keep">@media (max-width: 480px) { .big { font-size: 18px !important; } }</style>
</head><body><p class="big">Hi</p><div style="display:none">hidden</div></body></html>"""


def test_looks_go_into_the_tags_and_what_a_tag_cannot_say_stays(write: Write) -> None:
    email = write(STYLED)

    assert '<p class="big" style="font-size: 20px;">Hi</p>' in email.html
    assert "@media (max-width: 480px) { .big { font-size: 18px !important; } }" in email.html
    assert ".gone" not in email.html
    assert email.text == "Hi\n"


def test_tables_that_only_lay_out_are_not_drawn_in_the_text(write: Write) -> None:
    facts = "<table><tr><th>Who</th><td>Ana</td></tr><tr><th>Company</th><td>Acme</td></tr></table>"
    cells = "<tr><td>Two <b>b</b></td><td>Three</td></tr><tr><td><a>Four</a> <a>five</a></td></tr>"
    email = write(page(f'<table role="presentation"><tr><td><p>One</p>{facts}</td></tr>{cells}</table>'))

    assert email.text == "One\n\nWho      Ana\nCompany  Acme\n\nTwo b\n\nThree\n\nFour five\n"


@pytest.mark.parametrize(
    ("choice", "reads"),
    [
        ("Hiring enough qualified people", "hiring enough qualified people"),
        ("CRM and mail", "CRM and mail"),
        ("iPhone apps", "iPhone apps"),
        ("I do not know", "I do not know"),
        ("New CRM", "new CRM"),
        ("", ""),
    ],
)
def test_a_choice_fits_into_a_sentence(write: Write, choice: str, reads: str) -> None:
    assert write(page("{{ data.choice | in_sentence }}."), data={"choice": choice or "."}).text == f"{reads or '.'}.\n"


def test_what_was_typed_in_lines_stays_in_lines_and_is_no_markup(write: Write) -> None:
    email = write(page("<p>{{ answers.next_steps | lines }}</p>"), answers={"next_steps": "One <b>\nTwo & three"})

    assert "<p>One &lt;b&gt;<br>\nTwo &amp; three</p>" in email.html
    assert email.text == "One <b>\nTwo & three\n"


def test_another_subject_takes_the_place_of_the_templates_own(write: Write) -> None:
    email = write(
        page("x", "Ours"),
        subject_template="{{ contact.company }}, about\n {{ contact.challenge | in_sentence }}",
        contact=ANA | {"company": "Ana & <Co>"},
    )

    assert email.subject == "Ana & <Co>, about customer loyalty"


def test_a_field_that_another_subject_misses_is_named(write: Write) -> None:
    with pytest.raises(MissingMergeField, match=r"^contact\.last_name is empty here"):
        write(page("x"), subject_template="Dear {{ contact.last_name }}")


@pytest.mark.parametrize("subject", ["{{ contact.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ site.__globals__ }}"])
def test_another_subject_cannot_leave_the_sandbox(write: Write, subject: str) -> None:
    with pytest.raises((SecurityError, MissingMergeField)):
        write(page("x"), subject_template=subject)
