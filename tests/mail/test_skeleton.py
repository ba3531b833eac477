"""The bodies of an email are the same by the skeleton as by inlining and reading each page by itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from models import MessageKind
from models.mail.rendering.email import EmailDraft, RenderContext, render_page
from models.mail.rendering.inline_css import inline_css
from models.mail.rendering.links import Links
from models.mail.rendering.plain_text import plain_text
from models.mail.rendering.preview import MailTemplate, mail_templates
from models.mail.rendering.sample import Recipient, bare_recipient, full_recipient
from models.mail.rendering.skeleton import EmailBodies
from tests.support.playbook import the_shipped_playbook

PLAYBOOK = the_shipped_playbook()
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
LINKS = Links("https://tend.example.com", "/site", lambda purpose, value: f"{purpose[:2]}-{value}".replace(" ", "_"))
CONTEXT = RenderContext(playbook=PLAYBOOK, links=LINKS, at=NOON, own_tracking=False)
MAILS = mail_templates()

HOSTILE = (
    "<b>bold</b> & <script>x</script>",
    "&lt;",
    "&amp;copy",
    "lt;",
    "a  b\n\nc",
    " edges ",
    "\xa0",
    "x\u2028y\x85z",
    "\u05d0\u05d1\u05d2 \u0627\u0628",
    "\u200f\u202e",
    "\U0001f600 \xe9 \u0301",
    "%s %d {0} {{ x }}",
    "\ue000",
    "qzvq0qzvq",
    "</title></style>-->]]>",
    "w" * 2000,
    "'\"`",
    "\x01\x0c\r",
    "1. * - #",
    "https://x.example.com/?a=1&copy=2",
)
TYPED = (
    "first_name",
    "last_name",
    "company",
    "name",
    "signature",
    "goal",
    "request",
    "call_summary",
    "text",
    "subject",
)
# Postgres stores neither null bytes nor halves of surrogate pairs.
any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
values = st.sampled_from([*HOSTILE, "Ana", "Ana Ribeiro"]) | st.lists(st.sampled_from(HOSTILE)).map("".join) | any_text

STYLE_SHEETS = (
    ".c { color: blue } p { margin: 0 } .d b { font-size: 2px }",
    ":empty { color: green } td > p { margin: 1px } p:first-child { color: red } span + b { color: blue }",
    ".c { color: red } [data-ogsc] .c { color: blue }",
    'a[href^="https"] { color: red }',
)
ATTRIBUTES = (
    "",
    "",
    ' class="c"',
    " class='d c'",
    ' role="presentation"',
    ' style="display:none"',
    ' style="white-space: pre"',
    " width=5",
)
TARGETS = ("https://x.example.com/a?b=c", "https://x.example.com/?a=1&amp;copy=2", "tel:+12", "/p", "https://\xe9/ x")
BLOCKS = ("p", "div", "b", "span", "ul", "ol", "li", "table", "tr", "td", "th", "h2", "blockquote", "pre", "P", "em")


def _element(name: str, attributes: str, content: str, end: str) -> str:
    return f"<{name}{attributes}>{content}{end.format(name)}"


texts = values.map(escape) | st.sampled_from(["\n   ", " ", "Hello ", "&nbsp;", "&ldquo;Hi&rdquo;", "two\n lines"])
links = st.builds(
    '<a href="{}" aria-label="{}">{}</a>'.format, st.sampled_from(TARGETS) | values.map(escape), texts, texts
)
markup = st.recursive(
    texts
    | links
    | st.sampled_from(["<br>", '<img alt="x" src="y">', "<!-- c -->", "</b>", "<!--[if mso]><td><![endif]-->"]),
    lambda inner: st.builds(
        _element,
        st.sampled_from(BLOCKS),
        st.sampled_from(ATTRIBUTES),
        st.lists(inner, max_size=4).map("".join),
        st.sampled_from(["</{}>"] * 9 + [""]),
    ),
)
pages = st.builds(
    "{}<html><head><title>{}</title><style>{}</style></head><body>{}</body></html>".format,
    st.sampled_from(["", "<!doctype html>\n"]),
    texts,
    st.sampled_from(STYLE_SHEETS),
    st.lists(markup, min_size=1, max_size=6).map("".join),
)


def assert_same(page: str) -> EmailBodies:
    bodies = EmailBodies(page)
    assert bodies.html == inline_css(page)
    assert bodies.text == plain_text(page)
    return bodies


def draft(mail: MailTemplate, recipient: Recipient) -> EmailDraft:
    is_task = mail.kind is MessageKind.TASK
    task = {"id": 7, "name": "call", "kind": "call_them", "assignee": "sarah@example.com", "due_at": NOON}
    return EmailDraft(
        message_id=9,
        key="1:1",
        kind=mail.kind,
        template=mail.name,
        to_address="ana@acme.example.com",
        data=mail.sample_data,
        contact=recipient.contact,
        owner=recipient.owner,
        form=recipient.form,
        task=task if is_task else {},
        answers=recipient.answers,
        reply=recipient.reply,
    )


def typed(recipient: Recipient, fields: dict[str, str]) -> Recipient:
    """This recipient, with these values wherever somebody types something."""
    known = (recipient.contact, recipient.owner, recipient.form, recipient.answers, recipient.reply)
    contact, owner, form, answers, reply = ({**one, **fields} for one in known)
    return Recipient(contact=contact, owner=owner, form=form, answers=answers, reply=reply)


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.name)
def test_a_shipped_mail_is_made_by_its_skeleton(mail: MailTemplate) -> None:
    for recipient in (full_recipient(PLAYBOOK), bare_recipient()):
        bodies = assert_same(render_page(draft(mail, recipient), CONTEXT))

        assert bodies.are_by_skeleton


@settings(max_examples=50, deadline=None)
@given(mail=st.sampled_from(MAILS), fields=st.dictionaries(st.sampled_from(TYPED), values, min_size=1, max_size=5))
def test_whatever_people_type_shipped_mails_are_the_same_both_ways(mail: MailTemplate, fields: dict[str, str]) -> None:
    filled = {name: value for name, value in fields.items() if value.strip()}

    assert_same(render_page(draft(mail, typed(full_recipient(PLAYBOOK), filled)), CONTEXT))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(page=pages)
def test_whatever_ops_write_mails_are_the_same_both_ways(page: str) -> None:
    assert_same(page)


@pytest.mark.parametrize(
    "page",
    [
        "<p>{}</p>",
        "<p>Hi\n  {},\n how are you</p>",
        "<ul><li>{}</li><li><b>{}</b> and</li></ul>",
        "<table><tr><th>{}</th><td>x</td></tr><tr><th>Longer name</th><td>{}</td></tr></table>",
        "<pre>\n{}\n  x</pre>",
        '<p style="white-space: pre">{}</p>',
        '<p><a href="https://x.example.com/{}">{}</a></p>',
        '<p aria-label="{}" title="{}">x</p>',
    ],
)
@pytest.mark.parametrize("value", HOSTILE)
def test_each_value_in_each_place_is_the_same_both_ways(page: str, value: str) -> None:
    for filled in (value, "Ana", value):
        assert_same(f"<html><head><title>x</title></head><body>{page.replace('{}', escape(filled))}</body></html>")


def test_a_style_sheet_that_asks_for_link_targets_is_applied_to_each_page_by_itself() -> None:
    sheet = '<style>a[href^="https://a"] { color: red }</style>'
    one, other = (assert_same(f'{sheet}<a href="https://{host}.example.com">x</a>') for host in "ab")

    assert not one.are_by_skeleton
    assert ("red" in one.html, "red" in other.html) == (True, False)
