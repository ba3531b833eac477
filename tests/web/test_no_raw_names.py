"""No page and no mail to the team shows a name of the code: what people read are titles."""

import html
import re
from datetime import timedelta

import pytest

from flows.runtime.prefect_flow import discover
from models.database import engine
from models.mail.rendering.links import links_to
from models.mail.rendering.preview import mail_templates, preview
from models.mail.rendering.sample import full_recipient
from models.playbook import current_playbook
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.story import MONDAY, Story
from tests.support.web_pages import a_letter, a_message, a_run, browser, task_path

UNREAD = re.compile(
    r"<(script|style|code|svg|textarea|pre)\b.*?</\1>|<span class=.code..*?</span>|<!--.*?-->", re.DOTALL
)
SHOWN_ATTRIBUTE = re.compile(r'\b(?:title|placeholder|aria-label|alt)="([^"]*)"')
TAG = re.compile(r"<[^>]*>")
ADDRESS = re.compile(r"\S*(?:@|://|/)\S*")
RAW_NAME = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b(?::\S+)?|\b[a-z]+:[a-z]+-[a-z-]+\b")
PAGES = (
    *("/", "/contacts", "/tasks", "/runs", "/splits", "/messages", "/mails", "/mailbox", "/replies", "/duplicates"),
    *("/lists/hot", "/lists/cold", "/routers", "/routers/1", "/fulfilment", "/rejected", "/unread", "/bounces"),
)


def raw_names(page: str) -> list[str]:
    """Every name of the code among what a page shows."""
    page = UNREAD.sub(" ", page)
    shown = [*SHOWN_ATTRIBUTE.findall(page), TAG.sub(" ", page)]
    return [found[0] for text in shown for found in RAW_NAME.finditer(ADDRESS.sub(" ", html.unescape(text)))]


@pytest.fixture
def played(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Weeks of a lead who asks, reads, is called and orders, and of others who stay silent or get stuck."""
    for name in ("TEND_WEB_URL", "PREFECT_API_URL", "PREFECT_UI_URL"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()
    story = Story(discover())
    ann = story.contact(first_name="Ann", phone="+12075550188")
    silent, buyer = story.contact("silent@example.com"), story.contact("bea@example.com", first_name="Bea")
    story.happens("form_submitted", "request-info", contact=ann, data={"challenge": "Generating new leads"})
    story.happens("form_submitted", "ebook", contact=silent)
    story.happens("form_submitted", "request-quote", contact=buyer)
    for name, topic in (("page_visited", "order"), ("link_clicked", "offer_sequence/offer"), ("replied", None)):
        story.happens(name, topic, contact=buyer)
    story.pass_time(timedelta(days=4))
    story.happens("order_placed", "strategy-session", contact=buyer, data={"amount": "190.50", "currency": "USD"})
    story.start("reading_list", silent)
    story.start("follow_up_task", ann)
    story.pass_time(timedelta(days=10))
    a_run(
        silent,
        journey="lead_nurture",
        status="stuck",
        waiting_for="article_2",
        stuck_reason="ChangedJourney",
        key="x",
        exclusive=False,
    )
    a_message(silent, template="lead_nurture/article_1", key="no subject", state="failed", reason="no name")
    a_letter()
    return story


def test_no_page_shows_a_name_of_the_code(played: Story) -> None:
    contacts = [f"/contacts/{row.id}" for row in rows("SELECT id FROM contact")]
    tasks = [task_path(row.id) for row in rows("SELECT DISTINCT ON (name) id FROM task")]
    assert tasks, played.now - MONDAY
    found = {}
    for path in (*PAGES, *contacts, *tasks):
        answer = browser().get(path)
        assert answer.status_code in (200, 404), (path, answer.status_code)
        if names := raw_names(answer.text):
            found[path.partition(".")[0]] = names
    assert found == {}


@pytest.mark.usefixtures("played")
def test_no_mail_shows_a_name_of_the_code() -> None:
    with engine().connect() as connection:
        playbook, links = current_playbook(connection), links_to("https://tend.example.com")
    recipient = full_recipient(playbook)
    found = {}
    for mail in mail_templates():
        email = preview(mail, recipient, playbook, links, MONDAY)
        if names := [*raw_names(email.html), *raw_names(email.subject)]:
            found[mail.name] = names
    assert found == {}


def test_a_name_of_the_code_would_be_found() -> None:
    shown = "<p title='x'>task_done:613 <a href='/a_b' title=\"reading_list\">form_submitted</a> form:request-info</p>"
    assert raw_names(shown) == ["reading_list", "task_done:613", "form_submitted", "form:request-info"]
    assert raw_names("<code>reading_list</code> a_b@example.com https://x.example/a_b") == []
