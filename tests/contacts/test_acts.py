"""What people of ops do on a contact's page: each act says who did it, and is done once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models import Role
from models.access.token import sign_token
from tests.support.database import rows, write
from tests.support.logins import logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, OUTCOMES, Browser, a_contact, a_rep, a_run, a_task, browser

QUALIFIED, _ = OUTCOMES
ONCE = {"once": "one showing of the page"}


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_WEB_URL", "PREFECT_API_URL", "PREFECT_UI_URL"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()


@pytest.fixture
def nora() -> Browser:
    return logged_in_as(Role.WORK)


def events_of(contact: int) -> list[tuple[str, str]]:
    return rows("SELECT name, data ->> 'by' FROM event WHERE contact_id = :id ORDER BY id", id=contact)


def test_a_note_that_is_sent_twice_is_one_and_says_who_wrote_it(nora: Browser) -> None:
    ana = a_contact()
    for _ in range(2):
        assert nora.post(f"/contacts/{ana}/note", data={"text": "Likes <b>tea</b>.", **ONCE}).status_code == 303
    assert events_of(ana) == [("note_added", "Nora Lindqvist")]
    page = nora.get(f"/contacts/{ana}").text
    assert ("Likes &lt;b&gt;tea&lt;/b&gt;." in page, "Nora Lindqvist" in page) == (True, True)


def test_a_talk_and_a_try_count_as_contacts_with_what_was_said_as_a_note(nora: Browser) -> None:
    ana = a_contact()
    nora.post(f"/contacts/{ana}/call", data={"reached": "yes", "text": "Wants two seats", "once": "1"})
    nora.post(f"/contacts/{ana}/call", data={"reached": "no", "once": "2"})
    assert [name for name, _ in events_of(ana)] == ["call_connected", "note_added", "call_tried"]


def test_a_task_is_asked_for_once_and_an_unknown_kind_is_a_sentence_that_keeps_what_was_typed(nora: Browser) -> None:
    ana = a_contact()
    for _ in range(2):
        sent = {"kind": "follow_up", "note": "Before noon", **ONCE}
        assert nora.post(f"/contacts/{ana}/task", data=sent).status_code == 303
    assert rows("SELECT journey, start_data ->> 'by' FROM journey_run") == [("follow_up_task", "Nora Lindqvist")]
    refused = nora.post(f"/contacts/{ana}/task", data={"kind": "juggle", "note": "Before noon"})
    assert (refused.status_code, "There is no kind of task" in refused.text, "Before noon" in refused.text) == (
        422,
        True,
        True,
    )


def test_fields_change_and_the_timeline_says_from_what_to_what(nora: Browser) -> None:
    ana = a_contact(city="Austin")
    sent = {"city": "Dallas", "was_city": "Austin", "company": "Northlight Dental", "was_company": "Northlight Dental"}
    assert nora.post(f"/contacts/{ana}/fields", data=sent | ONCE).status_code == 303
    assert rows("SELECT city, company FROM contact") == [("Dallas", "Northlight Dental")]
    assert "City: Austin → Dallas" in nora.get(f"/contacts/{ana}").text


def test_the_second_of_two_who_change_the_same_is_shown_what_changed_and_decides(nora: Browser) -> None:
    ana = a_contact(city="Dallas", company="Acme")
    late = {"city": "Houston", "was_city": "Austin", "company": "Acme Dental", "was_company": "Acme"} | ONCE
    shown = nora.post(f"/contacts/{ana}/fields", data=late)
    assert (shown.status_code, "A colleague made it “Dallas” meanwhile" in shown.text) == (409, True)
    assert ('value="Houston"' in shown.text, 'value="Acme Dental"' in shown.text) == (True, True)
    assert rows("SELECT city, company FROM contact") == [("Dallas", "Acme")]
    assert nora.post(f"/contacts/{ana}/fields", data=late | {"was_city": "Dallas"}).status_code == 303
    assert rows("SELECT city, company FROM contact") == [("Houston", "Acme Dental")]


@pytest.mark.parametrize(
    ("typed", "says"),
    [({"email": "tom@example.com", "was_email": "ana@example.com"}, "merge them"), ({"email": "no mail"}, "Email")],
)
def test_an_address_that_cannot_be_is_refused_and_nothing_is_lost(
    nora: Browser, typed: dict[str, str], says: str
) -> None:
    ana = a_contact()
    a_contact(email="tom@example.com")
    refused = nora.post(f"/contacts/{ana}/fields", data=typed | {"was_email": "ana@example.com"} | ONCE)
    assert (refused.status_code, says in refused.text, typed["email"] in refused.text) == (422, True, True)
    assert rows("SELECT email FROM contact WHERE id = :id", id=ana) == [("ana@example.com",)]


def test_the_owner_is_changed_with_the_reason(nora: Browser) -> None:
    ana, sarah = a_contact(), a_rep(email="new@example.com", name="Sarah New")
    assert nora.post(f"/contacts/{ana}/owner", data={"rep": str(sarah), "reason": "asked"}).status_code == 303
    assert rows("SELECT owner_id FROM contact") == [(sarah,)]
    assert rows("SELECT reason FROM assignment") == [("Nora Lindqvist: asked",)]


def test_a_stage_rises_and_never_falls(nora: Browser) -> None:
    ana = a_contact(stage="mql")
    assert nora.post(f"/contacts/{ana}/stage", data={"stage": "sal", "once": "1"}).status_code == 303
    assert nora.post(f"/contacts/{ana}/stage", data={"stage": "mgl", "once": "2"}).status_code == 422
    assert rows("SELECT stage FROM contact") == [("sal",)]


def test_a_journey_is_started_once_and_ended_with_words(nora: Browser) -> None:
    ana = a_contact()
    for once in ("1", "1", "2"):
        answer = nora.post(f"/contacts/{ana}/journey", data={"journey": "lead_nurture", "once": once})
        assert answer.status_code == (422 if once == "2" else 303)
    [(run,)] = rows("SELECT id FROM journey_run")
    for _ in range(2):
        nora.post(f"/contacts/{ana}/end-journey", data={"run": str(run), "ending": "moved away"})
    assert rows("SELECT status, ending FROM journey_run") == [("ended", "moved away")]
    assert [name for name, _ in events_of(ana)] == ["journey_started", "journey_ended"]


def test_somebody_elses_run_is_not_ended(nora: Browser) -> None:
    ana, run = a_contact(), a_run(a_contact(email="tom@example.com"))
    nora.post(f"/contacts/{ana}/end-journey", data={"run": str(run)})
    assert rows("SELECT ended_at FROM journey_run") == [(None,)]


def test_an_order_and_its_refund_are_events_and_an_amount_that_is_none_is_a_sentence(nora: Browser) -> None:
    ana = a_contact()
    for _ in range(2):
        sent = {"product": "strategy-session", "amount": "190.50", "reference": "A-1", **ONCE}
        assert nora.post(f"/contacts/{ana}/order", data=sent).status_code == 303
    assert events_of(ana) == [("order_placed", "Nora Lindqvist")]
    assert nora.post(f"/contacts/{ana}/order", data={"amount": "a lot"}).status_code == 422
    assert nora.post(f"/contacts/{ana}/refund", data={"order": "1"}).status_code == 422


def test_who_may_only_look_does_nothing_and_sees_no_form() -> None:
    ana, visitor = a_contact(), logged_in_as(Role.LOOK, "Lena Look")
    assert visitor.post(f"/contacts/{ana}/note", data={"text": "x"}).status_code == 403
    assert "/note" not in visitor.get(f"/contacts/{ana}").text
    assert events_of(ana) == []


def test_an_erased_contact_is_a_kind_page_and_a_merged_one_is_the_kept_one(nora: Browser) -> None:
    ana = a_contact()
    assert "may have been erased" in nora.post("/contacts/4711/note", data={"text": "x"}).text
    assert browser().post(f"/contacts/{ana}/juggle", data={}).status_code == 404


def test_a_call_without_a_word_on_how_it_went_is_a_question_and_keeps_the_notes(nora: Browser) -> None:
    ana = a_contact()
    for slip in ({}, {"reached": ""}, {"reached": "maybe"}):
        refused = nora.post(f"/contacts/{ana}/call", data={"text": "Wants <two> seats", **slip})
        assert (refused.status_code, "Choose how the call went" in refused.text) == (422, True)
        assert "Wants &lt;two&gt; seats</textarea>" in refused.text
    assert events_of(ana) == []


def test_a_call_that_a_task_asks_for_is_its_report_and_counts_for_whoever_called(nora: Browser) -> None:
    sarah, john = a_rep(), a_rep(name="John Okafor", email="john@example.com")
    ana = a_contact(owner_id=sarah)
    task = a_task(ana, rep_id=sarah)
    assert "It is the report of “First call”, Sarah" in nora.get(f"/contacts/{ana}").text
    said = {"outcome": f"{task}:{QUALIFIED}", "text": "Wants two seats", "whose": str(john), **ONCE}
    for _ in range(2):
        assert nora.post(f"/contacts/{ana}/call", data=said).headers["location"].endswith("?done=report")
    assert rows("SELECT outcome, notes FROM task") == [(QUALIFIED, "Wants two seats")]
    told = rows("SELECT name, data ->> 'by', data ->> 'rep_id' FROM event ORDER BY id")
    assert told == [(name, "Nora Lindqvist", str(john)) for name in ("task_done", "call_connected")]
    assert "Nora Lindqvist reported: First call" in nora.get(f"/contacts/{ana}").text
    assert "by Nora Lindqvist." in nora.get(f"/tasks/{sign_token('task', task)}").text


def test_a_try_is_the_report_where_one_outcome_alone_means_it_and_a_talk_is_asked_about(nora: Browser) -> None:
    ana = a_contact()
    a_task(ana, outcomes=["Talked: Settled", "Talked: Wants an Offer", "Could Not Reach: Try Again"])
    asked = nora.post(f"/contacts/{ana}/call", data={"reached": "yes", "text": "Long talk", "once": "1"})
    assert (asked.status_code, "say how it went in its words" in asked.text, "Long talk" in asked.text) == (
        422,
        True,
        True,
    )
    nora.post(f"/contacts/{ana}/call", data={"reached": "no", "once": "2"})
    assert rows("SELECT outcome FROM task") == [("Could Not Reach: Try Again",)]


def test_a_report_on_a_task_that_is_over_logs_nothing_and_keeps_the_words(nora: Browser) -> None:
    ana = a_contact()
    task = a_task(ana, closed_at=NOW)
    late = nora.post(f"/contacts/{ana}/call", data={"outcome": f"{task}:{QUALIFIED}", "text": "Wants two seats"})
    assert (late.status_code, "closed meanwhile" in late.text, "Wants two seats" in late.text) == (422, True, True)
    other = a_task(a_contact(email="tom@example.com"))
    assert nora.post(f"/contacts/{ana}/call", data={"outcome": f"{other}:{QUALIFIED}"}).status_code == 422
    assert rows("SELECT count(*) FROM task WHERE done_at IS NOT NULL") == [(0,)]


def test_a_task_that_asks_for_no_call_is_left_alone_by_one(nora: Browser) -> None:
    ana = a_contact()
    a_task(ana, outcomes=["Sent", "Not Wanted"])
    nora.post(f"/contacts/{ana}/call", data={"reached": "yes", **ONCE})
    assert (events_of(ana)[0][0], rows("SELECT done_at FROM task")) == ("call_connected", [(None,)])


def test_a_task_is_due_when_whoever_gave_it_said_and_no_day_is_over(nora: Browser) -> None:
    ana = a_contact()
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    nora.post(f"/contacts/{ana}/task", data={"kind": "follow_up", "due_day": day, "due_at": "15:30", "once": "1"})
    [(due,)] = rows("SELECT start_data ->> 'due_at' FROM journey_run")
    assert datetime.fromisoformat(due).astimezone(ZoneInfo("America/New_York")).isoformat()[:16] == f"{day}T15:30"
    for wrong in ({"due_day": "2020-01-01"}, {"due_day": "soon"}, {"due_at": "15:30"}, {"due_day": "2199-01-01"}):
        refused = nora.post(f"/contacts/{ana}/task", data={"kind": "follow_up", "note": "Before noon", **wrong})
        assert (refused.status_code, "Before noon" in refused.text) == (422, True)
    assert rows("SELECT count(*) FROM journey_run") == [(1,)]


@pytest.fixture
def bought(nora: Browser) -> int:
    """A contact who paid $190.50 for something."""
    ana = a_contact()
    write(
        'INSERT INTO "order" (contact_id, event_id, reference, amount, currency, placed_at) '
        "VALUES (:ana, 99, 'A-1', 190.50, 'USD', now())",
        ana=ana,
    )
    return ana


def refund(nora: Browser, ana: int, amount: str, once: str) -> Any:
    [(order,)] = rows('SELECT id FROM "order"')
    return nora.post(f"/contacts/{ana}/refund", data={"order": str(order), "amount": amount, "once": once})


@pytest.mark.parametrize("amount", ["9999999", "190.51", "$190.51", "-191"])
def test_no_more_is_paid_back_than_was_paid(nora: Browser, bought: int, amount: str) -> None:
    refused = refund(nora, bought, amount, "1")
    assert (refused.status_code, "At most $190.50 can be paid back" in refused.text) == (422, True)
    assert events_of(bought) == []


def test_of_two_refunds_the_second_is_measured_by_what_the_first_left(nora: Browser, bought: int) -> None:
    assert [refund(nora, bought, "100", "1").status_code for _ in range(2)] == [303, 303]
    over = refund(nora, bought, "100", "2")
    assert (over.status_code, "At most $90.50" in over.text) == (422, True)
    assert refund(nora, bought, "90.50", "3").status_code == 303
    assert "has been paid back already" in refund(nora, bought, "", "4").text
    assert [name for name, _ in events_of(bought)] == ["order_refunded", "order_refunded"]


def test_after_each_form_the_page_says_what_was_saved_and_nothing_that_stands_in_an_address(nora: Browser) -> None:
    ana = a_contact()
    saved = nora.post(f"/contacts/{ana}/note", data={"text": "x", **ONCE}).headers["location"]
    assert 'role="status">The note is saved.' in nora.get(saved).text
    forged = nora.get(f"/contacts/{ana}?done=Your password has expired").text
    assert ("expired" in forged, 'role="status"' in forged) == (False, False)


def test_only_higher_stages_are_offered_and_a_journey_says_what_starting_it_would_do(nora: Browser) -> None:
    ana = a_contact(stage="sql")
    page = nora.get(f"/contacts/{ana}").text
    offered = page.partition('id="stage-stage"')[2].partition("</select>")[0]
    assert ("sales accepted" in offered, "marketing qualified" in offered) == (True, False)
    nora.post(f"/contacts/{ana}/journey", data={"journey": "lead_nurture", "once": "1"})
    page = nora.get(f"/contacts/{ana}").text
    assert 'value="lead_nurture" required disabled' in page
    assert ("They are on it since" in page, "Would start now." in page) == (True, True)
    write("UPDATE journey_run SET status = 'ended', ended_at = now(), ending = 'moved away'")
    assert "Would start now, again: the last time it ended on" in nora.get(f"/contacts/{ana}").text


def test_fields_that_are_empty_are_folded_away(nora: Browser) -> None:
    page = nora.get(f"/contacts/{a_contact(city='Austin')}").text
    filled, _, empty = page.partition("Fields that are empty")
    assert ('name="city"' in filled, 'name="street"' in empty) == (True, True)


def test_whom_routing_chooses_is_chosen_once_and_a_second_sending_shows_whose_it_is_now(nora: Browser) -> None:
    ana = a_contact(state="CA")
    sent = {"rep": "", "was_owner": "", **ONCE}
    assert nora.post(f"/contacts/{ana}/owner", data=sent).status_code == 303
    [(owner,)] = rows("SELECT owner_id FROM contact")
    again = nora.post(f"/contacts/{ana}/owner", data=sent)
    assert (owner is None, again.status_code, "by now" in again.text) == (False, 409, True)
    assert rows("SELECT owner_id FROM contact") == [(owner,)]
    assert rows("SELECT count(*) FROM assignment") == [(1,)]
    assert f'name="was_owner" value="{owner}"' in again.text


def test_the_second_of_two_who_give_a_lead_away_is_shown_whose_it_is(nora: Browser) -> None:
    one, two = (a_rep(email=f"{name.lower()}@example.com", name=name) for name in ("Olga", "Tom"))
    ana = a_contact()
    first, second = {"rep": str(one), "was_owner": ""}, {"rep": str(two), "was_owner": ""}
    assert [nora.post(f"/contacts/{ana}/owner", data=first).status_code for _ in "12"] == [303, 303]
    late = nora.post(f"/contacts/{ana}/owner", data=second)
    assert (late.status_code, "Their owner is Olga by now" in late.text) == (409, True)
    assert rows("SELECT owner_id FROM contact") == [(one,)]
    assert nora.post(f"/contacts/{ana}/owner", data=second | {"was_owner": str(one)}).status_code == 303
    assert rows("SELECT owner_id FROM contact") == [(two,)]


def test_the_second_of_two_who_raise_the_stage_is_shown_where_it_is(nora: Browser) -> None:
    ana = a_contact(stage="mql")
    late = nora.post(f"/contacts/{ana}/stage", data={"stage": "sal", "was_stage": "mgl"})
    assert (late.status_code, "marketing qualified" in late.text) == (409, True)
    assert rows("SELECT stage FROM contact") == [("mql",)]


@pytest.mark.parametrize(
    ("act", "sent"),
    [
        ("note", {"text": "Likes tea"}),
        ("call", {"reached": "yes"}),
        ("task", {"kind": "follow_up"}),
        ("fields", {"city": "Dallas", "was_city": "Austin"}),
        ("stage", {"stage": "sal"}),
        ("journey", {"journey": "lead_nurture"}),
        ("order", {"product": "strategy-session", "amount": "190.50", "reference": "A-1"}),
        ("qualify", {"job_title": "Clerk", "was_job_title": ""}),
    ],
)
def test_what_is_sent_twice_is_one_row_of_the_audit(nora: Browser, act: str, sent: dict[str, str]) -> None:
    ana = a_contact(stage="mql", city="Austin")
    answers = [nora.post(f"/contacts/{ana}/{act}", data=sent | ONCE).status_code for _ in "12"]
    assert (answers, rows("SELECT count(*) FROM audit")) == ([303, 303], [(1,)])


def test_the_address_decides_what_a_form_does_whatever_the_header_host_says(nora: Browser) -> None:
    ana = a_contact()
    host = {"host": f"tend.example.com/contacts/{ana}/refund?"}
    nora.post(f"/contacts/{ana}/note", data={"text": "Likes tea"}, headers=host)
    assert rows("SELECT action FROM audit") == [("wrote a note",)]
