"""Test mode: every mail goes to one address, says for whom it is, and counts for nobody."""

import asyncio
import re
from datetime import timedelta

import pytest

from blocks.outbox import open_sender
from blocks.send_result import bounced, unknown
from flows.operations.mail.deliver_messages import deliver_due
from models.database import engine
from models.kpi.contribution.messages import SENT
from models.mail.rendering.email import RenderedEmail
from models.mail.rules import MailRules
from models.playbook.mail import Mail
from models.tables.message import TO_CONTACTS
from tests.support.database import rows, write
from tests.support.mail.mail_events import an_event, emitted_events, process_all_events, receive_events
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, a_message, a_rep, a_task, message
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import browser

TESTER = "tester@brightwater.example.com"
CALL = "lead_qualification/call_lead"


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()
    begin_test_mode()


def begin_test_mode() -> None:
    apply_playbook(mail=the_shipped_playbook().mail.model_copy(update={"test_address": TESTER}))


def end_test_mode() -> None:
    apply_playbook(mail=the_shipped_playbook().mail)


def deliver(mailer: FakeMailer) -> FakeMailer:
    asyncio.run(deliver_due(mailer, NOON))
    return mailer


def link_to(page: str, email: RenderedEmail) -> str:
    found = re.search(rf'href="[^"]*({page}[^"]+)"', email.html)
    assert found
    return found[1]


def test_whoever_a_mail_is_for_it_goes_to_the_test_address_and_says_so() -> None:
    contact = a_contact(first_name="Ana", owner_id=a_rep())
    task = a_task(contact)
    a_message(contact)
    a_message(contact, CALL, kind="task", task_id=task, to_address="sarah.miller@brightwater.example.com")
    a_message(contact, "team/digest", kind="team", to_address="nora.field@brightwater.example.com", key="digest")

    sent = deliver(FakeMailer()).sent

    assert {email.to_address for email in sent} == {TESTER}
    for receiver in ("ana@acme", "sarah.miller@brightwater"):
        named = [email for email in sent if f"[Test, for {receiver}.example.com]" in email.subject]
        assert len(named) == 1
        first = f"Test mode: this is for {receiver}.example.com and went to {TESTER} only."
        assert named[0].text.startswith(first)
        assert first in named[0].html


def test_a_contacts_test_mail_acts_on_nobody() -> None:
    a_message(a_contact(first_name="Ana"))

    (email,) = deliver(FakeMailer()).sent

    assert email.headers == {}
    assert not email.tracked
    assert "/c/" not in email.html
    assert "/o/" not in email.html
    browser().post(link_to("/unsubscribe/", email), data={"List-Unsubscribe": "One-Click"})
    assert rows("SELECT suppressed FROM contact") == [(None,)]


def test_the_tester_can_play_the_salesperson() -> None:
    contact = a_contact(first_name="Ana", owner_id=a_rep())
    a_message(contact, CALL, kind="task", task_id=a_task(contact), to_address="sarah.miller@brightwater.example.com")

    (email,) = deliver(FakeMailer()).sent

    assert "Ana" in browser().get(link_to("/tasks/", email)).text


def test_what_the_test_address_does_with_a_mail_says_nothing_about_the_contact() -> None:
    mail = a_message(a_contact())
    deliver(FakeMailer())

    receive_events(
        an_event("delivered", mail, email=TESTER),
        an_event("open", mail, email=TESTER),
        an_event("bounce", mail, email=TESTER),
        an_event("spamreport", mail, email=TESTER),
        an_event("unsubscribe", mail, email=TESTER),
        now=NOON + timedelta(hours=1),
    )

    assert message(mail).delivered_at is not None
    assert rows("SELECT suppressed FROM contact") == [(None,)]
    assert emitted_events() == []


def test_a_refusal_of_the_test_address_while_it_is_handed_over_suppresses_nobody() -> None:
    a_message(a_contact())
    mailer = FakeMailer()
    mailer.answer(TESTER, bounced("550 5.1.1 no such user"))
    deliver(mailer)

    process_all_events(NOON + timedelta(hours=2))

    assert rows("SELECT suppressed FROM contact") == [(None,)]


def test_after_test_mode_nothing_goes_out_twice_and_what_waits_goes_to_its_receiver() -> None:
    first, second = a_message(a_contact()), a_message(a_contact("bob@example.com"), due_at=NOON + timedelta(hours=1))
    deliver(FakeMailer())
    end_test_mode()
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, NOON + timedelta(hours=1)))

    assert [email.to_address for email in mailer.sent] == ["bob@example.com"]
    assert (message(first).redirected_to, message(second).redirected_to) == (TESTER, None)


def test_what_was_being_handed_over_when_its_process_died_is_known_as_a_test() -> None:
    mail = a_message(a_contact())
    rules = MailRules.from_playbook(the_shipped_playbook())
    with open_sender(engine()) as sender:
        sender.claim(rules, NOON, size=1, max_sends=1)
        assert sender.record([], mail, NOON, TESTER)
    deliver(FakeMailer())
    receive_events(an_event("unsubscribe", mail, email=TESTER), now=NOON + timedelta(hours=1))

    assert message(mail).redirected_to == TESTER
    assert rows("SELECT suppressed FROM contact") == [(None,)]


def test_a_playbook_that_begins_test_mode_counts_for_the_next_batch_of_a_delivery() -> None:
    end_test_mode()
    first = a_message(a_contact())
    later: list[int] = []

    def begin_meanwhile() -> None:
        begin_test_mode()
        later.append(a_message(a_contact("bea@example.com")))

    mailer = FakeMailer()
    mailer.before_delivery(begin_meanwhile)
    deliver(mailer)

    assert [email.to_address for email in mailer.sent] == ["ana@acme.example.com", TESTER]
    assert (message(first).redirected_to, message(later[0]).redirected_to) == (None, TESTER)


def test_a_mail_of_unknown_fate_stays_a_test() -> None:
    mail = a_message(a_contact())
    mailer = FakeMailer()
    mailer.answer(TESTER, unknown("no answer"))
    deliver(mailer)

    assert (message(mail).state, message(mail).redirected_to) == ("unknown", TESTER)


def test_test_mail_counts_in_no_report() -> None:
    a_message(a_contact())
    deliver(FakeMailer())
    end_test_mode()
    a_message(a_contact("bob@example.com"))
    deliver(FakeMailer())

    counted = rows(f"SELECT m.to_address, m.redirected_to FROM message m WHERE {SENT}", kinds=list(TO_CONTACTS))
    assert counted == [(None, None)]


def test_an_erased_contact_leaves_no_test_mail_in_the_counts() -> None:
    contact = a_contact()
    a_message(contact)
    deliver(FakeMailer())

    write("DELETE FROM contact WHERE id = :contact", contact=contact)

    assert rows("SELECT count(*) FROM erased_message") == [(0,)]


def test_every_page_says_that_it_is_test_mode_and_ops_see_which_address() -> None:
    assert f"every mail goes to {TESTER}" in browser().get("/contacts").text


def test_the_page_of_messages_says_where_a_mail_went() -> None:
    a_message(a_contact(first_name="Ana"))
    deliver(FakeMailer())
    assert TESTER in browser().get("/messages?state=sent").text.partition("<main")[2]


def test_a_playbook_whose_test_address_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="test_address"):
        Mail.model_validate({"test_address": "me at home"})
