"""A person says what a mail really was: what should have followed is done, once, and it is recorded."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.access.ops_names import AT_THIS_MACHINE
from models.database import engine
from models.mail.tracking import process_mail_events
from models.playbook.mail import Bounces
from tests.support.database import rows, write
from tests.support.mail.inbound_mail import a_parsed_mail, receive, reply_to
from tests.support.mail.outbox import FakeMailer
from tests.support.playbook import apply_playbook
from tests.support.story import Story
from tests.support.web_pages import a_contact, a_message, browser, events

AWAY = {"Auto-Submitted": "auto-replied", "Subject": "Automatic reply: Hello"}


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    """As it is delivered."""
    apply_playbook()


def received(text: str, contact: int, **more: object) -> int:
    """A mail of this contact, in answer to one of ours; gives its number."""
    message = a_message(contact, template="offer_sequence/offer", state="sent", key=f"{contact}:{text}")
    assert receive(a_parsed_mail(text, to=reply_to(message), **more)).status_code == 200
    [(number,)] = rows("SELECT max(id) FROM inbound_mail")
    return int(number)


def correct(number: int, kind: str) -> int:
    """A click on the page of the mail; gives the status."""
    return browser().post(f"/replies/{number}/kind", data={"kind": kind}).status_code


def test_a_reply_that_was_taken_for_a_note_of_absence_is_heard_once_however_often_it_is_clicked() -> None:
    number = received("I am away. Yes, send two of them.", a_contact(), headers=AWAY)
    assert [correct(number, "reply") for _ in range(3)] == [303, 303, 303]
    assert events() == [("auto_replied", "out-of-office"), ("replied", "offer_sequence/offer")]
    assert rows("SELECT taken_for, kind, by FROM inbound_correction") == [("out of office", "reply", AT_THIS_MACHINE)]
    page = browser().get(f"/replies/{number}").text
    assert "ops at this machine said that it is <b>reply</b>, not out of office" in page


def test_a_false_opt_out_is_undone_and_its_proof_stays() -> None:
    ana = a_contact()
    number = received("Unsubscribe.", ana)
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]

    correct(number, "reply")

    assert rows("SELECT suppressed, suppressed_at FROM contact") == [(None, None)]
    assert rows("SELECT is_given, mistaken_at IS NOT NULL FROM consent") == [(False, True)]
    assert [name for name, _ in events()] == ["unsubscribed", "resubscribed", "replied"]
    assert "Misread as a no; it does not count" in browser().get(f"/contacts/{ana}").text
    correct(number, "unsubscribe")
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]


@pytest.mark.parametrize("before", ["unconfirmed", "removed", "unsubscribed", "manual"])
def test_undoing_an_opt_out_never_brings_mail_to_who_got_none_before(before: str) -> None:
    a_contact_number = a_contact()
    write("UPDATE contact SET suppressed = :before, suppressed_at = now()", before=before)
    number = received("Unsubscribe.", a_contact_number)
    correct(number, "reply")
    assert rows("SELECT suppressed FROM contact") == [(before,)]


def test_another_no_stands_when_one_was_misread() -> None:
    ana = a_contact()
    first = received("Unsubscribe.", ana)
    received("Please take me off your list.", ana)
    correct(first, "reply")
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]


@pytest.mark.parametrize("clicks", [(0, 1), (1, 0)])
def test_two_false_opt_outs_leave_nothing_behind_in_whichever_order_they_are_corrected(clicks: tuple[int, int]) -> None:
    ana = a_contact()
    numbers = [received("Unsubscribe.", ana), received("Unsubscribe me.", ana)]
    first, last = (numbers[one] for one in clicks)
    correct(first, "reply")
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]
    correct(last, "reply")
    assert rows("SELECT suppressed FROM contact") == [(None,)]


def test_an_opt_out_that_was_taken_for_a_reply_unsubscribes() -> None:
    number = received("I have had enough of this.", a_contact())
    correct(number, "unsubscribe")
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]


def test_an_address_that_one_of_us_calls_dead_gets_no_mail_until_that_is_taken_back() -> None:
    number = received("The mailbox of Ana is closed.", a_contact())
    correct(number, "bounce")
    assert rows("SELECT suppressed FROM contact") == [("bounced",)]
    correct(number, "auto-reply")
    assert rows("SELECT suppressed FROM contact") == [(None,)]


@pytest.mark.parametrize("processed_first", [True, False])
def test_what_was_no_bounce_suppresses_nobody_when_it_would_be_decided_on(processed_first: bool) -> None:
    message = a_message(a_contact(), template="offer_sequence/offer", state="sent", key="x")
    about = {"sender": "mailer-daemon@example.com", "headers": {"Subject": "Undelivered mail"}}
    receive(a_parsed_mail("ana@example.com: 550 5.1.1 User unknown", to=reply_to(message), **about))
    [(number, kind)] = rows("SELECT id, kind FROM inbound_mail")
    later = datetime.now(UTC) + timedelta(minutes=5)
    if processed_first:
        process(later)
    assert (kind, correct(number, "reply")) == ("bounce", 303)
    process(later)
    process(later + Bounces().decide_after + timedelta(minutes=1))
    assert rows("SELECT suppressed FROM contact") == [(None,)]
    assert rows("SELECT decision, decide_at FROM mail_event") == [("kept", None)]


def process(at: datetime) -> None:
    with engine().begin() as connection:
        process_mail_events(connection, at)


def test_a_mail_of_nobody_we_know_waits_again_when_a_person_wrote_it() -> None:
    receive(a_parsed_mail("I am away.", to="x@y.example", headers=AWAY))
    [(number, reviewed)] = rows("SELECT id, reviewed_at IS NOT NULL FROM inbound_mail")
    assert reviewed
    correct(number, "reply")
    assert f"/replies/{number}" in browser().get("/replies").text
    assert events() == []


def test_there_is_no_mail_of_that_number_or_no_such_kind() -> None:
    assert correct(99, "reply") == 404
    assert browser().post("/replies/1/kind", data={"kind": "x"}).status_code == 422


def test_every_mail_is_on_the_page_with_what_it_was_taken_for_whatever_that_was() -> None:
    ana = a_contact()
    numbers = {
        "reply": received("Call me.", ana),
        "out of office": received("I am away.", ana, headers=AWAY),
        "auto-reply": received("Your ticket.", ana, headers={"Auto-Submitted": "auto-generated"}),
        "unsubscribe": received("Unsubscribe", ana),
        "unsubscribe and reply": received("Please unsubscribe me. But send me the invoice.", ana),
        "privacy request": received("Delete my data.", ana),
        "empty": received("-- \nAna", ana),
        "bounce": received("It failed.", ana, sender="mailer-daemon@example.com"),
    }
    every = browser().get("/replies?all=true").text
    for kind, number in numbers.items():
        of_kind = browser().get("/replies", params={"kind": kind}).text
        assert f'/replies/{number}"' in every
        assert [one for one in numbers.values() if f'/replies/{one}"' in of_kind] == [number], kind
        assert f"Taken for <b>{kind}</b>" in browser().get(f"/replies/{number}").text


def test_what_was_no_reply_asks_nobody_to_answer_and_earns_nothing_any_more() -> None:
    story = Story({name: discover()[name] for name in ("unclaimed_reply",)})
    ann = story.contact(first_name="Ann")
    number = received("Gone fishing, the office reopens in May.", ann)
    story.write("UPDATE event SET at = :now, received_at = :now", now=story.now)
    run_due(story.definitions, story.now)
    asyncio.run(deliver_due(FakeMailer(), story.now))
    assert story.rows("SELECT score > 0 FROM contact") == [(True,)]
    assert [name for _, name, _ in story.tasks(ann)] == ["first reading"]

    correct(number, "out of office")

    assert story.rows("SELECT score FROM contact")[0][0] == 0
    assert story.runs(ann) == [("unclaimed_reply", "was no reply")]
    assert rows("SELECT closed_at IS NOT NULL FROM task") == [(True,)]
    story.pass_time(timedelta(days=3))
    assert [name for _, name, _ in story.tasks(ann)] == ["first reading"]
