"""The pages about contacts: found by what is known of them, and their story in order with a reason for each step."""

import html
import re
from datetime import timedelta

import pytest

from models import Placement, RejectedLead, ScoreEntry
from models.contacts.interactions import LoggedCall, log_call
from models.database import engine
from models.identity.identifiers import record_current
from tests.support.database import rows, write
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
    # Steps in a row stand in a line that unfolds.
    single = (entry for entry in entries if not entry.startswith(' class="steps"'))
    texts = (re.sub(r"<time[^>]*>.*?</time>|<[^>]*>", " ", "<li" + entry) for entry in single)
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
        "Lead qualification: began because of this event",
        "Mail: Thank you, Ana sent Lead qualification Read it Details "
        "Template Lead nurture, Which of your problems is the real one?",
        "Assigned to a salesperson: Inbound Sarah Miller Lead qualification router: inbound",
        "Task for Sarah Miller: First call done Lead qualification due",
        "Sarah Miller reported: First call Had Call: Qualified Lead Lead qualification Three seats.",
        "Checked: Score &gt;= 30 no Lead qualification score: 20",
        "Waited until they answer by mail did not happen in time Lead qualification",
        "Lead qualification: ended bought",
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
    ana = a_contact(phone="+12075550140")
    tom = a_contact(email="tom@example.com", first_name="Tom", last_name="Okafor", company=None)
    with engine().begin() as connection:
        record_current(connection, [ana, tom], "website", NOW)

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


def test_a_contact_says_who_looks_for_an_owner() -> None:
    ana = a_contact()
    assert "nobody yet" in browser().get(f"/contacts/{ana}").text

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
        page = browser().get(f"/contacts/{ana}?story={story}").text.partition('id="story"')[2]
        return ["Filled in a form" in page, "Score reached" in page, "Hello Ana" in page]

    page = browser().get(f"/contacts/{ana}").text.partition('id="story"')[2]
    assert page.index("Score reached") < page.index("Filled in a form")
    assert [shown(one) for one in ("all", "people", "mails", "tasks")] == [
        [True, True, True],
        [True, False, False],
        [False, False, True],
        [False, False, False],
    ]


def pages_of(contact: int, story: str = "all") -> list[str]:
    """Every page of the timeline, by its own links."""
    path, found = f"/contacts/{contact}?story={story}", []
    while path:
        answer = browser().get(path)
        assert answer.status_code == 200
        found.append(answer.text.partition('id="story"')[2].partition('id="score"')[0])
        older = re.search(r'href="([^"]*)" rel="next"', found[-1])
        path = html.unescape(older[1]) if older else ""
    return found


def titles_on(pages: list[str]) -> list[str]:
    return [title for page in pages for title in re.findall(r"<h3>(.*?)</h3>", page)]


def test_every_event_of_a_long_story_stands_on_one_page_however_many_came_at_one_moment() -> None:
    ana = a_contact()
    write(
        "INSERT INTO event (contact_id, name, topic, at, reacted_at, data) "
        "SELECT :ana, 'page_visited', 'page ' || n, CAST(:now AS timestamptz) - (n / 150) * interval '1 minute', "
        "now(), '{}' FROM generate_series(1, 1234) n",
        ana=ana,
        now=NOW,
    )
    a_run(ana, started_at=NOW - 3 * timedelta(minutes=1), key="once")

    pages = pages_of(ana)

    assert len(pages) == 13
    told = titles_on(pages)
    assert sorted(told) == sorted([f"Visited a page: page {n}" for n in range(1, 1235)] + ["Lead qualification: began"])
    assert len(titles_on(pages_of(ana, "people"))) == 1234


def test_calls_with_notes_are_one_line_each_and_none_is_lost_between_pages() -> None:
    ana = a_contact()
    for number in range(120):
        call = LoggedCall(outcome="Talked", notes=f"Talk {number}.", by="Sarah Miller")
        with engine().begin() as connection:
            log_call(connection, ana, call, str(number), NOW - number * timedelta(minutes=1))
    pages = pages_of(ana)
    assert titles_on(pages) == ["Talked on the phone"] * 120
    assert re.findall(r'<p class="said">(.*?)</p>', pages[0] + pages[1]) == [f"Talk {n}." for n in range(120)]


def test_a_page_of_the_story_begins_with_an_event_that_is_asked_for(database_url: str) -> None:
    ana = a_contact()
    old = an_event(ana, "form_submitted", "ebook", at=NOW - 500 * DAY)
    for number in range(130):
        an_event(ana, "page_visited", "x", at=NOW - number * timedelta(minutes=1))
    add(ScoreEntry, contact_id=ana, points=10, reason="read", at=NOW, day=NOW.date(), event_id=old)
    page = browser().get(f"/contacts/{ana}").text
    assert f'href="/contacts/{ana}?event={old}#event-{old}"' in page
    assert f'id="event-{old}"' in browser().get(f"/contacts/{ana}?event={old}").text


@pytest.mark.parametrize(
    "before", ["0", "x~1", "2026-03-02T10:00:00~1", "2026-03-02T10:00:00Z~-1", "~", "%20", "9" * 100]
)
def test_a_place_in_the_story_that_is_none_is_the_newest(before: str) -> None:
    ana = a_contact()
    an_event(ana, "form_submitted", "ebook", at=NOW)
    assert "Filled in a form: ebook" in browser().get(f"/contacts/{ana}?before={before}").text


def test_what_people_wrote_stands_open_and_steps_of_the_product_are_folded() -> None:
    ana = a_contact()
    an_event(ana, "note_added", source="person", data={"text": "Likes <b>tea</b>", "by": "Sarah Miller"})
    put_off = {"name": "first call", "reason": "On holiday", "until": f"{NOW}"}
    an_event(ana, "task_snoozed", "7", source="task", data=put_off)
    given = {"name": "first call", "to": "John", "reason": "Speaks Danish"}
    an_event(ana, "task_delegated", "7", source="task", data=given)
    a_run(ana, started_at=NOW - DAY, status="ended", ended_at=NOW - DAY, ending="bought", key="once")
    page = browser().get(f"/contacts/{ana}").text
    open_words = re.findall(r'<p class="said">(.*?)</p>', re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL))
    assert sorted(open_words) == ["Likes &lt;b&gt;tea&lt;/b&gt;", "On holiday", "Speaks Danish"]
    assert "Lead qualification: ended and 1 more step of the journeys" in page


def test_numbers_of_rows_and_keys_of_runs_are_nowhere_on_the_page() -> None:
    ana = a_contact(stage="sal")
    reading = a_run(ana, journey="lead_nurture", key="ops:journey:91:0d00f8d9", started_at=NOW)
    a_run(ana, journey="thank_you_note", key=f"run:{reading}:2", started_at=NOW, exclusive=False)
    a_run(ana, journey="follow_up_task", key="task:ops:task:91:ee8d", started_at=NOW, exclusive=False)
    asked = {"kind": "follow_up", "rep_id": 4, "task": 987654321, "by": "Nora"}
    an_event(ana, "task_requested", "follow_up", source="task", data=asked)
    changed = {"by": "N", "before": {"stage": "mql"}, "after": {"stage": "sal"}}
    an_event(ana, "details_changed", source="ops", data=changed)
    an_event(ana, "order_placed", "strategy-session", source="ops", data={"product": "strategy-session"})
    page = browser().get(f"/contacts/{ana}").text.partition('id="story"')[2].partition('id="score"')[0]
    for raw in (
        "ops:",
        "task:ops",
        f"run: {reading}",
        "ee8d",
        "Rep ID",
        "987654321",
        "follow_up",
        "mql →",
        "strategy-session",
    ):
        assert raw not in page, raw
    for said in ("after: Lead nurture", "Stage: marketing qualified → sales accepted", "Ordered: Strategy Session"):
        assert said in page, said


def test_the_first_screen_says_what_is_to_be_done_what_comes_next_and_how_mail_and_money_stand() -> None:
    sarah = a_rep()
    ana = a_contact(owner_id=sarah, stage="sql", score=25)
    run = a_run(ana, waiting_for="first call", waiting_events=["task_done:7"], resume_at=NOW + DAY, asked_at=NOW)
    a_task(ana, run, rep_id=sarah, due_at=NOW - DAY)
    an_event(ana, "call_connected", at=NOW - DAY)
    an_event(ana, "link_clicked", at=NOW)
    page = browser().get(f"/contacts/{ana}").text
    shown = (
        *("At a glance", "Sarah Miller", "<b>25</b>", "no order, no open deal", "gets mail", "no answer yet"),
        *(
            "Clicked a link",
            "To do",
            "First call",
            "overdue since",
            "What comes next",
            "Lead qualification: waiting for",
        ),
        *("What can be done", "What happened"),
    )
    assert sorted(shown, key=page.index) == list(shown)
    for path in re.findall(r'href="(/(?:team|tasks|replies)/[^"]*)"', page.partition('id="main"')[2]):
        assert browser().get(path).status_code == 200, path
