"""Replies on their way to a person: the way in, the page for those of nobody we know, the tasks of owners."""

import asyncio
from base64 import b64encode
from datetime import timedelta

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.database import engine
from models.playbook import apply
from tests.support.database import rows
from tests.support.mail.inbound_mail import DOMAIN, a_parsed_mail, receive, reply_to, stored_mails
from tests.support.mail.outbox import FakeMailer
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.story import Story
from tests.support.web_pages import a_contact, browser, events


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    """As it is delivered, with a domain for replies."""
    apply_playbook()
    shipped = the_shipped_playbook()
    mail = shipped.mail.model_copy(update={"reply_domain": DOMAIN})
    with engine().begin() as connection:
        apply(connection, shipped.model_copy(update={"mail": mail}))


def test_from_elsewhere_it_takes_the_key() -> None:
    elsewhere = browser("https://tend.example.com")
    post = a_parsed_mail("Hello", to="x@y.example")
    key = browser().get("/replies").text.partition("?key=")[2].partition("<")[0].strip()
    basic = {"authorization": "Basic " + b64encode(f"sendgrid:{key}".encode()).decode()}
    wrong = {"authorization": "Basic nonsense"}

    assert elsewhere.post("/sendgrid/inbound", **post).status_code == 401
    assert elsewhere.post("/sendgrid/inbound", headers=wrong, **post).status_code == 401
    assert elsewhere.post("/sendgrid/inbound?key=guess", **post).status_code == 401
    assert stored_mails() == []
    assert elsewhere.post("/sendgrid/inbound", headers=basic, **post).status_code == 200
    assert elsewhere.post(f"/sendgrid/inbound?key={key}", **post).status_code == 200


def test_a_page_of_another_site_open_at_this_machine_tells_nothing() -> None:
    post = a_parsed_mail("stop", to="x@y.example")
    elsewhere = {"origin": "https://evil.example"}
    assert browser().post("/sendgrid/inbound", headers=elsewhere, **post).status_code == 403
    assert browser().post("/sendgrid/events", headers=elsewhere, content=b"[]").status_code == 403
    assert stored_mails() == []


def test_a_person_says_whose_a_mail_is_and_it_counts_from_then_on() -> None:
    ana = a_contact()
    receive(a_parsed_mail("It is me, from home.", to="hello@x.example", sender="ana@home.example"))
    receive(a_parsed_mail("Buy pills.", to="hello@x.example", sender="spam@x.example"))
    [(first,), (second,)] = rows("SELECT id FROM inbound_mail ORDER BY id")

    unknown = browser().post(f"/replies/{first}/assign", data={"contact": "nobody@example.com"})
    assert (unknown.status_code, "No contact has" in unknown.text) == (422, True)
    answer = browser().post(f"/replies/{first}/assign", data={"contact": " Ana@Example.com "})
    again = browser().post(f"/replies/{first}/assign", data={"contact": str(ana)})
    browser().post(f"/replies/{second}/dismiss")

    assert answer.headers["location"] == f"/contacts/{ana}"
    assert again.status_code == 422
    assert events() == [("replied", None)]
    assert "Whoever wrote to us is known." in browser().get("/replies").text
    assert [by for _, _, by, _ in stored_mails()] == ["a person", None]
    assert "It is me, from home." in browser().get(f"/contacts/{ana}").text


def test_the_contact_page_ends_mail_and_begins_it_again() -> None:
    ana = a_contact()
    page = browser().get(f"/contacts/{ana}").text
    assert "No mail at all from here" in page
    browser().post(f"/contacts/{ana}/mail", data={"decision": "no mail at all from here", "reason": "a dispute"})
    assert "No mail at all: manual" in browser().get(f"/contacts/{ana}").text
    browser().post(f"/contacts/{ana}/mail", data={"decision": "mail again, the reason is gone"})
    assert events() == [("suppressed", "manual"), ("suppression_lifted", "manual")]
    assert browser().post(f"/contacts/{ana}/mail", data={"decision": "x"}).status_code == 422


def answered(story: Story, contact: int) -> str:
    """The contact answers the newest mail that they got; gives the HTML of the email that notifies the owner."""
    [(message,)] = story.rows("SELECT max(id) FROM message WHERE contact_id = :ann", ann=contact)
    receive(
        a_parsed_mail("Does it work for a firm of four?\n\n> Hello", to=reply_to(message), sender="ann@example.com")
    )
    story.write("UPDATE event SET at = :now, received_at = :now WHERE name = 'replied'", now=story.now)
    run_due(story.definitions, story.now)
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, story.now))
    [email] = [email for email in mailer.sent if email.kind == "task"]
    return email.html


def test_a_reply_that_no_journey_waits_for_goes_to_the_owner_as_a_task() -> None:
    story = Story({"unclaimed_reply": discover()["unclaimed_reply"]})
    ann = story.contact(first_name="Ann")
    story.write(
        "INSERT INTO message (key, contact_id, kind, template, state, queued_at) VALUES "
        "('1', :ann, 'marketing', 'lead_nurture/article_1', 'sent', :now)",
        ann=ann,
        now=story.now,
    )

    html = answered(story, ann)

    assert "Does it work for a firm of four?" in html
    assert "mailto:ann@example.com?subject=Re%3A%20Hello" in html
    assert [(day, name) for day, name, _ in story.tasks(ann)] == [(0, "first reading")]
    story.pass_time(timedelta(days=2))
    assert [name for _, name, _ in story.tasks(ann)] == ["first reading", "second reading"]
    story.reports("second reading", "Answered by Mail", contact=ann)
    assert story.runs(ann) == [("unclaimed_reply", "answered")]


def test_a_reply_to_an_offer_steers_its_journey_and_the_task_says_what_was_written() -> None:
    story = Story({name: discover()[name] for name in ("offer_sequence", "unclaimed_reply")})
    ann = story.contact()
    story.start("offer_sequence", ann)

    html = answered(story, ann)

    assert "Does it work for a firm of four?" in html
    assert [name for _, name, _ in story.tasks(ann)] == ["answer_reply"]
    assert story.runs(ann) == [("offer_sequence", "waiting for answer_reply")]
