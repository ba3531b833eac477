"""The pages about contacts: found by what is known of them, and their story in order with a reason for each step."""

import re
from datetime import timedelta

import pytest

from models import Placement, RejectedLead, ScoreEntry
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import (
    NOW,
    a_contact,
    a_letter,
    a_message,
    a_rep,
    a_run,
    a_step,
    a_task,
    add,
    an_event,
    browser,
)

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def story_of(contact: int) -> list[str]:
    """The timeline as text, an entry a line, from the first thing that happened; the page begins with the last."""
    page = browser().get(f"/contacts/{contact}").text
    entries = page[page.index('<ol class="story">') :].split("</ol>")[0].split("<li")[1:]
    texts = (re.sub(r"<time[^>]*>.*?</time>|<[^>]*>", " ", "<li" + entry) for entry in entries)
    return [" ".join(text.split()) for text in texts][::-1]


def test_the_story_is_told_in_order_with_the_fact_that_decided_each_step() -> None:
    ana, sarah = a_contact(), a_rep()
    form = an_event(
        ana,
        "form_submitted",
        "request-info",
        at=NOW - 4 * DAY,
        data={"budget": "9,000"},
        source="website",
        reacted_at=NOW,
    )
    run = a_run(ana, key=f"event:{form}", started_at=NOW - 4 * DAY, status="ended", ending="bought", ended_at=NOW)
    a_step(run, 1, "send", "thanks", "queued", at=NOW - 4 * DAY)
    a_message(ana, key=f"{run}:1", run_id=run, state="sent", subject="Thank you, Ana", queued_at=NOW - 4 * DAY)
    letter = a_letter(message_key=f"{run}:1")
    a_step(run, 2, "route", "inbound", "Sarah Miller", {"owner": "Sarah Miller", "router": "inbound"}, at=NOW - 4 * DAY)
    asked = {"created_at": NOW - 4 * DAY, "rep_id": sarah, "number": 3}
    a_task(ana, run, done_at=NOW - 3 * DAY, outcome="Had Call: Qualified Lead", notes="Three seats.", **asked)
    a_step(run, 3, "task", "first call", "Had Call: Qualified Lead", {"task": 1}, at=NOW - 3 * DAY)
    a_step(run, 4, "check", "score >= 30", False, {"score": "20.00"}, at=NOW - 3 * DAY)
    a_step(run, 5, "wait_for", "replied", None, {"silence": True}, at=NOW - DAY)

    assert story_of(ana) == [
        "Filled in a form: request info source: website Details Budget 9,000",
        "Journey began Lead qualification because of this event",
        "Mail: Thank you, Ana sent Lead qualification Read it Details "
        "Template Lead nurture, Which of your problems is the real one?",
        "Assigned to a salesperson: Inbound Sarah Miller Lead qualification router: inbound",
        "Task for Sarah Miller: First call done Lead qualification due",
        "Sarah Miller reported: First call Had Call: Qualified Lead Lead qualification Three seats.",
        "Checked: Score &gt;= 30 no Lead qualification score: 20",
        "Waited until they answer by mail did not happen in time Lead qualification",
        "Journey ended bought Lead qualification",
    ]
    assert f'href="/mailbox/{letter}"' in browser().get(f"/contacts/{ana}").text


def test_a_call_from_the_page_dials_the_extension_too() -> None:
    ana = a_contact(phone="+12075550140", phone_extension="12")
    assert 'href="tel:+12075550140;ext=12"' in browser().get(f"/contacts/{ana}").text


def test_mails_that_did_not_go_out_say_why() -> None:
    ana = a_contact()
    run = a_run(ana)
    a_step(run, 1, "send", "article_1", "suppressed", {"reason": "unsubscribed"})
    a_message(ana, key=f"{run}:2", state="failed", reason="contact.first_name is empty")

    told = " | ".join(story_of(ana))
    assert "Mail: Article 1 suppressed Lead qualification reason: unsubscribed" in told
    assert "failed Lead nurture contact.first_name is empty" in told


def test_the_page_says_what_a_run_waits_for_and_until_when() -> None:
    ana = a_contact()
    waits = {"waiting_for": "answer to offer", "waiting_events": ["replied", "page_visited:order"]}
    a_run(ana, asked_at=NOW, resume_at=NOW + 4 * DAY, **waits)

    page = browser().get(f"/contacts/{ana}").text
    assert "waiting for “answer to offer”" in page
    assert "they answer by mail, or they visit a page: order" in page
    assert "(in 3 days)" in page


def test_a_run_that_waits_for_a_person_says_so_in_words() -> None:
    ana = a_contact()
    a_run(ana, asked_at=NOW, resume_at=NOW + DAY, waiting_for="first call", waiting_events=["task_done:7"])
    assert "<dd>the task is reported on</dd>" in browser().get(f"/contacts/{ana}").text


def test_a_task_that_a_purchase_ended_was_not_missed_by_anybody() -> None:
    ana = a_contact()
    bought, missed = a_run(ana, journey="lead_nurture", ending="bought", ended_at=NOW), a_run(ana)
    for run in (bought, missed):
        a_task(ana, run, number=2, name="first call", rep_id=a_rep(email=f"{run}@example.com"), closed_at=NOW)
    a_step(missed, 2, "task", "first call", None)

    told = " | ".join(story_of(ana))
    assert ("No longer needed: First call" in told, "Nobody reported: First call" in told) == (True, True)
    assert ("First call no longer needed" in told, "First call nobody reported" in told) == (True, True)


def test_a_stuck_run_says_why_and_leads_to_where_it_is_moved_on() -> None:
    ana = a_contact()
    a_run(ana, status="stuck", stuck_reason="ChangedJourney: step 3 was 'first call'")

    page = browser().get(f"/contacts/{ana}").text
    assert "Lead qualification is stuck" in page
    assert "ChangedJourney: step 3 was &#39;first call&#39;" in page
    assert 'href="/runs"' in page


def test_the_head_shows_stage_score_owner_suppression_and_all_fields() -> None:
    ana = a_contact(
        owner_id=a_rep(),
        stage="sql",
        mgl_at=NOW,
        score=10,
        mql_level=2,
        has_budget=True,
        has_need=False,
        suppressed="unsubscribed",
        custom={"challenge": "Customer loyalty", "of_old": "kept"},
    )
    add(ScoreEntry, contact_id=ana, points=10, reason="read article_1", at=NOW, day=NOW.date())

    page = browser().get(f"/contacts/{ana}").text
    for shown in (
        "Score 10",
        "+10",
        "read article_1",
        "Level 2",
        "<dt>Budget</dt><dd>yes</dd>",
        "Sarah Miller",
        "No marketing mail: unsubscribed",
    ):
        assert shown in page
    # Custom fields under the playbook's labels; those it no longer declares under their own names.
    assert "<dt>Biggest challenge</dt><dd>Customer loyalty</dd>" in page
    assert "<dt>Of old</dt><dd>kept</dd>" in page
    assert re.search(r'<li class="now"[^>]*>\s*<b>sql</b>', page)


def test_what_leads_write_is_never_markup() -> None:
    script = "<script>alert(1)</script>"
    eve = a_contact(first_name=script, company=script, custom={"challenge": script})
    an_event(eve, "form_submitted", script, data={script: script})
    task = a_task(eve, notes=script, outcome=script, done_at=NOW)
    a_message(eve, subject=script, template=script, state="failed", reason=script)
    a_letter(subject=script, text=script, to_address=script)
    assert task

    for path in ("/", "/contacts", f"/contacts/{eve}", f"/contacts?q={script}", "/messages", "/mailbox", "/mailbox/1"):
        page = browser().get(path).text
        assert "<script" not in page, path
        assert "&lt;script&gt;" in page, path


@pytest.mark.parametrize(
    "sought", ["ribeiro", "Ana Rib", "ANA@EXAMPLE", "northlight", "207555", "(207) 555-0140", "+1 207-555-0140"]
)
def test_contacts_are_found_by_name_email_company_and_phone(sought: str) -> None:
    a_contact(phone="+12075550140")
    a_contact(email="tom@example.com", first_name="Tom", last_name="Okafor", company=None)

    page = browser().get("/contacts", params={"q": sought}).text
    assert ("Ana Ribeiro" in page, "Tom Okafor" in page) == (True, False)


@pytest.mark.parametrize("sought", ["%", "_", "\\", "x" * 5000, "' OR 1=1 --"])
def test_what_is_searched_for_is_text_and_nothing_more(sought: str) -> None:
    a_contact()
    answer = browser().get("/contacts", params={"q": sought})
    assert answer.status_code == 200
    assert "Nobody was found" in answer.text


def test_the_list_goes_on_on_the_next_page() -> None:
    for number in range(53):
        a_contact(email=f"lead{number}@example.com", first_name=f"Lead{number}x")

    first = browser().get("/contacts").text
    older = re.search(r'href="(/contacts\?[^"]*)" rel="next"', first)
    assert older
    second = browser().get(older[1].replace("&amp;", "&")).text

    assert [name in first for name in ("Lead52x", "Lead3x", "Lead2x")] == [True, True, False]
    assert [name in second for name in ("Lead3x", "Lead2x", "Lead0x")] == [False, True, True]


@pytest.mark.parametrize("number", ["1", "99999999999999999999999999", "-1"])
def test_a_contact_that_is_not_there_is_a_404(number: str) -> None:
    assert browser().get(f"/contacts/{number}").status_code == 404


def test_what_happened_at_one_moment_stays_in_its_order() -> None:
    ana = a_contact()
    an_event(ana, "form_submitted", "ebook", at=NOW, reacted_at=NOW)
    an_event(ana, "score_rose", "warm", at=NOW, reacted_at=NOW)

    assert [line.split(" Details")[0] for line in story_of(ana)] == [
        "Filled in a form: ebook",
        "Score reached a threshold: warm",
    ]


def test_numbers_of_rows_are_no_headings() -> None:
    ana = a_contact()
    an_event(ana, "offer_exhausted", "17", at=NOW, reacted_at=NOW)

    assert story_of(ana)[0].startswith("Nobody took the offer")
    assert "17" not in story_of(ana)[0]


def test_a_contact_says_who_looks_for_an_owner_and_how_to_give_it_to_somebody() -> None:
    ana = a_contact()
    assert f"in Prefect with the lead {ana}." in browser().get(f"/contacts/{ana}").text

    add(Placement, contact_id=ana, router="late shift", reason="rule 1", offered=False, queued_at=NOW)
    page = browser().get(f"/contacts/{ana}").text
    assert "Waits: nobody is available" in page
    assert 'href="/routers/late%20shift"' in page


def test_the_overview_counts_what_ops_look_after() -> None:
    ana = a_contact()
    run = a_run(ana, status="stuck", stuck_reason="x")
    a_task(ana, run, due_at=NOW - DAY)
    a_message(ana, state="failed")
    add(RejectedLead, source="website", content_type="application/json", raw=b"{}", problems=[])

    page = browser().get("/").text
    needs = re.findall(r"<b>(\d+)</b> ([^<]*)</p>", page)
    assert needs == [
        ("1", "journey is stuck"),
        ("1", "mail did not go out"),
        ("1", "lead to repair"),
        ("1", "task is overdue"),
    ]
    tiles = re.findall(r"<b>(\d+)</b><span>([^<]*)</span>", page)
    assert tiles == [("1", "lead today"), ("0", "orders today"), ("1", "open task"), ("1", "contact")]
    links = set(re.findall(r'href="(/[a-z]*)"', page))
    assert links >= {"/contacts", "/tasks", "/runs", "/messages", "/mailbox", "/rejected", "/site", "/health"}


def test_looking_at_pages_changes_nothing() -> None:
    ana = a_contact()
    a_run(ana, status="stuck", stuck_reason="x")
    before = rows("SELECT c.*, r.* FROM contact c, journey_run r")

    for path in ("/", "/contacts", f"/contacts/{ana}", "/tasks", "/runs", "/messages", "/mailbox", "/rejected"):
        for method in ("GET", "HEAD"):
            assert browser().request(method, path).status_code == 200, path

    assert rows("SELECT c.*, r.* FROM contact c, journey_run r") == before
    assert rows("SELECT * FROM event") == []


def test_the_newest_comes_first_and_the_timeline_shows_one_kind_of_thing() -> None:
    ana = a_contact()
    an_event(ana, "form_submitted", "ebook", at=NOW - DAY, reacted_at=NOW)
    an_event(ana, "score_rose", "warm", source="scoring", at=NOW, reacted_at=NOW)
    a_message(ana, subject="Hello Ana")

    def shown(story: str) -> list[bool]:
        page = browser().get(f"/contacts/{ana}?story={story}").text
        return ["Filled in a form" in page, "Score reached" in page, "Hello Ana" in page]

    page = browser().get(f"/contacts/{ana}").text
    assert page.index("Score reached") < page.index("Filled in a form")
    assert [shown(one) for one in ("all", "people", "mails", "tasks")] == [
        [True, True, True],
        [True, False, False],
        [False, False, True],
        [False, False, False],
    ]


def test_a_long_timeline_has_pages() -> None:
    ana = a_contact()
    for number in range(130):
        an_event(ana, "page_visited", f"page-{number:03}", at=NOW - number * timedelta(minutes=1), reacted_at=NOW)
    first, second = (browser().get(f"/contacts/{ana}?part={part}").text for part in (1, 2))
    assert ("page 000" in first, "page 120" in first, "page 120" in second) == (True, False, True)
    assert browser().get(f"/contacts/{ana}?part=0").status_code == 422
