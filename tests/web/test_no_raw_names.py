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
from models.playbook import apply, current_playbook
from models.tasks.digest import send_digests
from tests.support.database import rows, write
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
ROW_NUMBER = re.compile(
    r"\b(?:run|event|ops|task|person|history|again|merge): ?(?:[a-z]+:)*\d\S*|\bRep ID\b|\bkept: yes\b"
)
"""Keys of runs and numbers of rows, which say nothing to a person: `run: 99:2`."""
PAGES = (
    *("/", "/contacts", "/tasks", "/runs", "/splits", "/messages", "/mails", "/mailbox", "/replies", "/duplicates"),
    *("/lists/hot", "/lists/cold", "/routers", "/routers/1", "/fulfilment", "/rejected", "/unread", "/bounces"),
)


def raw_names(page: str) -> list[str]:
    """Every name of the code among what a page shows."""
    page = UNREAD.sub(" ", page)
    shown = [*SHOWN_ATTRIBUTE.findall(page), TAG.sub(" ", page)]
    texts = [ADDRESS.sub(" ", html.unescape(text)) for text in shown]
    return [found[0] for text in texts for names in (RAW_NAME, ROW_NUMBER) for found in names.finditer(text)]


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
    _act(ann, buyer)
    story.pass_time(timedelta(minutes=1))
    return story


def _act(ann: int, buyer: int) -> None:
    """What ops do on a contact's page, each once."""
    with engine().connect() as connection:
        kinds = [name for name, kind in current_playbook(connection).tasks.all_kinds.items() if kind.by_hand]
    forms: list[tuple[str, dict[str, str]]] = [
        ("note", {"text": "Likes tea."}),
        ("call", {"reached": "no", "text": "Voicemail."}),
        *(("task", {"kind": kind, "once": kind}) for kind in kinds),
        ("fields", {"city": "Dallas", "was_city": "", "challenge": "Customer loyalty", "was_challenge": ""}),
        ("stage", {"stage": "opportunity"}),
        ("owner", {"reason": "asked"}),
        ("journey", {"journey": "reading_list"}),
        ("journey", {"journey": "thank_you_note"}),
        ("order", {"product": "strategy-session", "reference": "A-1"}),
        ("qualify", {"has_budget": "yes", "was_has_budget": ""}),
        ("mail", {"decision": "unsubscribe", "reason": "said so"}),
    ]
    for contact in (ann, buyer):
        for form, given in forms:
            assert browser().post(f"/contacts/{contact}/{form}", data=given).status_code in (303, 422), form


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


def test_no_digest_shows_a_name_of_the_code(played: Story) -> None:
    monday = MONDAY + timedelta(weeks=3)
    open_again = "UPDATE task SET due_at = :monday, closed_at = NULL WHERE rep_id IS NOT NULL AND done_at IS NULL"
    write(open_again, monday=monday)
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        tasks = playbook.tasks.model_copy(update={"digest": True})
        apply(connection, playbook.model_copy(update={"tasks": tasks}))
        send_digests(connection, monday)
        assert send_digests(connection, monday + timedelta(hours=6))
    lines = rows("SELECT jsonb_path_query(data, '$.lines[*]') FROM message WHERE template = 'team/digest'")
    assert lines
    assert [raw_names(f"{line['what']} {line['who']}") for (line,) in lines] == [[] for _ in lines]


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
    assert raw_names("<p>run: 99:2</p> ops: journey:91:0d00 <dt>Rep ID</dt> due 15:30, task: First call") == [
        *("run: 99:2", "ops: journey:91:0d00", "Rep ID"),
    ]
    shown = "<p title='x'>task_done:613 <a href='/a_b' title=\"reading_list\">form_submitted</a> form:request-info</p>"
    assert raw_names(shown) == ["reading_list", "task_done:613", "form_submitted", "form:request-info"]
    assert raw_names("<code>reading_list</code> a_b@example.com https://x.example/a_b") == []
