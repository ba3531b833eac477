"""Delivery: each message once, whatever dies; one bad email stops no other; what changed since queueing counts."""

import asyncio
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from blocks.email_feed import EmailFeed
from blocks.local_mailbox import LocalMailbox
from blocks.mailer import Mailer
from blocks.outbox import open_sender
from blocks.send_result import SendResult, refused, unavailable, unknown
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.delivery_report import DeliveryReport
from flows.operations.mail.send_rate import BATCH_SIZE
from flows.operations.mail.settle_unknown_messages import (
    MessageFilterState,
    MessageSelection,
    Resolution,
    resolve_messages,
)
from models import MessageState
from models.database import engine
from models.mail.rendering.email import RenderedEmail
from models.mail.rules import MailRules
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, a_message, a_task, message
from tests.support.mail.stalling_delivery import TAKEN
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook, the_shipped_playbook

SECONDS = 60.0


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def deliver(mailer: Mailer) -> DeliveryReport:
    return asyncio.run(deliver_due(mailer, NOON))


def test_a_queued_message_is_sent_once() -> None:
    sent = a_message(a_contact(first_name="Ana"))
    mailer = FakeMailer()

    assert str(deliver(mailer)) == "1 sent, 0 failed, 0 unknown"
    assert str(deliver(mailer)) == "0 sent, 0 failed, 0 unknown"

    assert [email.to_address for email in mailer.sent] == ["ana@acme.example.com"]
    row = message(sent)
    assert (row.state, row.sent_at, row.subject) == ("sent", NOON, "Which of your problems is the real one?")
    assert row.provider_id == f"fake-{sent}"


def test_links_in_a_mail_lead_by_way_of_us() -> None:
    a_message(a_contact())
    mailer = FakeMailer()
    deliver(mailer)

    assert 'href="http://127.0.0.1:8000/c/' in mailer.sent[0].html
    assert 'href="http://127.0.0.1:8000/site' not in mailer.sent[0].html


def test_a_mail_that_cannot_be_written_fails_alone() -> None:
    bad = a_message(a_contact("bob@example.com"), "lead_nurture/no_such_mail")
    good = a_message(a_contact())

    assert str(deliver(FakeMailer())) == "1 sent, 1 failed, 0 unknown"
    assert message(good).state == "sent"
    assert "no template templates/mail/lead_nurture/no_such_mail.html" in message(bad).reason


def test_a_missing_merge_field_is_named_in_the_reason() -> None:
    contact = a_contact()
    # A task mail without its task: the template asks for a due time that nobody knows.
    bad = a_message(contact, "lead_qualification/call_lead", kind="task", to_address="sarah@example.com")

    deliver(FakeMailer())

    assert message(bad).state == "failed"
    assert message(bad).reason.startswith("task.due_time is empty here")


@pytest.mark.parametrize(
    ("kind", "suppressed", "state", "reason"),
    [
        ("marketing", "unsubscribed", "withdrawn", "unsubscribed after this was queued"),
        ("marketing", "removed", "withdrawn", "removed after this was queued"),
        ("transactional", "unsubscribed", "sent", None),
        ("transactional", "bounced", "withdrawn", "bounced after this was queued"),
    ],
)
def test_who_left_since_gets_no_more(kind: str, suppressed: str, state: str, reason: str | None) -> None:
    sent = a_message(a_contact(suppressed=suppressed), "lead_qualification/thanks", kind=kind)

    deliver(FakeMailer())

    assert (message(sent).state, message(sent).reason) == (state, reason)


def test_a_contact_without_an_address_gets_none() -> None:
    sent = a_message(a_contact(email=None, phone="+12075550199"))

    deliver(FakeMailer())

    assert message(sent).reason == "no address: the contact has no email"


def test_a_task_mail_goes_to_the_salesperson_even_when_the_contact_bounced() -> None:
    contact = a_contact(first_name="Ana", phone="+12075550199", suppressed="bounced")
    task = a_task(contact)
    to = "sarah.miller@brightwater.example.com"
    a_message(contact, "lead_qualification/call_lead", kind="task", task_id=task, to_address=to)
    mailer = FakeMailer()

    deliver(mailer)

    assert mailer.sent[0].to_address == to
    assert mailer.sent[0].subject == "Call Ana by 12:30"
    assert "Hi Sarah," in mailer.sent[0].text


def test_a_task_that_went_to_somebody_else_is_not_mailed_to_whoever_had_it() -> None:
    # The mail would carry links to the pages of whoever has it now.
    contact = a_contact()
    task = a_task(contact, assignee="john.okafor@brightwater.example.com")
    sent = a_message(contact, "lead_qualification/call_lead", kind="task", task_id=task, to_address="s@example.com")
    mailer = FakeMailer()

    deliver(mailer)

    assert mailer.sent == []
    assert "went to somebody else" in message(sent).reason


def test_a_task_that_is_done_is_not_mailed() -> None:
    contact = a_contact()
    task = a_task(contact, done_at=NOON)
    sent = a_message(contact, "lead_qualification/call_lead", kind="task", task_id=task, to_address="s@example.com")

    deliver(FakeMailer())

    assert message(sent).reason == "the task was done or closed, or went to somebody else, before this went out"


def test_each_answer_of_the_mailer_has_its_state() -> None:
    addresses = {name: a_contact(f"{name}@example.com") for name in ("taken", "refused", "silent")}
    ids = {name: a_message(contact) for name, contact in addresses.items()}
    mailer = FakeMailer()
    mailer.answer("refused@example.com", refused("550 no such mailbox"))
    mailer.answer("silent@example.com", unknown("no answer"))

    assert str(deliver(mailer)) == "1 sent, 1 failed, 1 unknown"
    assert {name: message(row).state for name, row in ids.items()} == {
        "taken": "sent",
        "refused": "failed",
        "silent": "unknown",
    }
    assert message(ids["refused"]).reason == "550 no such mailbox"


def test_a_mailer_that_is_down_keeps_everything_queued_and_is_asked_once() -> None:
    ids = [a_message(a_contact(f"c{n}@example.com")) for n in range(101)]
    mailer = FakeMailer()
    for n in range(101):
        mailer.answer(f"c{n}@example.com", unavailable("the server is down"))

    report = deliver(mailer)

    assert report.unavailable_reason == "the server is down"
    assert report.counts.keys() - {"unknown"} == {"queued"}
    assert len(mailer.sent) == 1
    assert {message(row).state for row in ids} == {"queued"}


def test_when_a_sender_dies_its_messages_become_unknown_and_are_not_sent_again() -> None:
    lost = a_message(a_contact())
    mailer = FakeMailer()
    mailer.answer("ana@acme.example.com", ConnectionError("cut"))
    with pytest.raises(ConnectionError):
        deliver(mailer)
    assert message(lost).state == "sending"

    assert str(deliver(FakeMailer())) == "0 sent, 0 failed, 1 unknown"

    assert message(lost).state == "unknown"
    assert "may have gone out" in message(lost).reason


def test_what_a_living_sender_has_taken_is_left_alone() -> None:
    taken = a_message(a_contact())
    with open_sender(engine()) as sender:
        sender.claim(MailRules.from_playbook(the_shipped_playbook()), NOON, size=10, max_sends=10)

        assert str(deliver(FakeMailer())) == "0 sent, 0 failed, 0 unknown"
        assert message(taken).state == "sending"


@pytest.mark.parametrize(("arrived", "emails_stored"), [(True, 1), (False, 1)])
def test_the_local_mailbox_looks_whether_a_lost_email_arrived(arrived: bool, emails_stored: int) -> None:
    lost = a_message(a_contact())
    with pytest.raises(ConnectionError):
        deliver(DyingMailbox(after=arrived))

    deliver(LocalMailbox())

    assert message(lost).state == "sent"
    with engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM letter")) == emails_stored


class DyingMailbox(LocalMailbox):
    """Dies before or after the emails are stored."""

    _block_type_name = "Dying mailbox"
    _block_type_slug = "dying-mailbox"
    after: bool

    def hand_over(self, emails: EmailFeed) -> None:
        if self.after:
            super().hand_over(emails)
        raise ConnectionError("cut")


def test_two_deliveries_at_once_share_the_work() -> None:
    for n in range(150):
        a_message(a_contact(f"c{n}@example.com"))
    both_are_in = threading.Barrier(2, timeout=20)

    mailers = [FakeMailer(), FakeMailer()]
    for mailer in mailers:
        mailer.before_delivery(both_are_in.wait)

    async def both() -> None:
        await asyncio.gather(*(deliver_due(mailer, NOON) for mailer in mailers))

    asyncio.run(both())

    assert all(mailer.sent for mailer in mailers)
    assert sum(len(mailer.sent) for mailer in mailers) == 150
    assert set(Counter(email.key for mailer in mailers for email in mailer.sent).values()) == {1}


def test_a_delivery_killed_while_it_sends_leaves_unknown_only_the_one_that_it_was_handing_over(tmp_path: Path) -> None:
    keys = {message(a_message(a_contact(f"c{n}@example.com"))).key for n in range(4 * BATCH_SIZE)}
    file = tmp_path / "taken.txt"
    with subprocess.Popen([sys.executable, "-m", "tests.support.mail.stalling_delivery", file], cwd=ROOT) as process:
        until(lambda: states().get("sent") == TAKEN - 1 and states()["sending"] > 1)
        process.kill()
    taken, mailer = file.read_text().split(), FakeMailer()

    # Postgres notices a moment later that the process is gone.
    until(lambda: nothing_is_in_flight_after_delivering(mailer))

    assert len(taken) == TAKEN
    assert states() == {"sent": 4 * BATCH_SIZE - 1, "unknown": 1}
    assert Counter([*taken, *(email.key for email in mailer.sent)]) == dict.fromkeys(keys, 1)


def nothing_is_in_flight_after_delivering(mailer: FakeMailer) -> bool:
    deliver(mailer)
    return "sending" not in states()


def states() -> dict[str, int]:
    """How many messages are in which state."""
    with engine().connect() as connection:
        return dict(connection.execute(text("SELECT state, count(*) FROM message GROUP BY 1")).tuples().all())


def until(is_true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SECONDS
    while not is_true():
        assert time.monotonic() < give_up, states()
        time.sleep(0.05)


def test_the_next_batch_is_claimed_while_the_mailer_has_one() -> None:
    for n in range(2 * BATCH_SIZE):
        a_message(a_contact(f"c{n}@example.com"))
    mailer = FakeMailer()
    mailer.before_delivery(lambda: until(lambda: states() == {"sending": 2 * BATCH_SIZE}))

    assert deliver(mailer).counts["sent"] == 2 * BATCH_SIZE


def test_when_the_mailer_fails_what_it_had_not_begun_is_queued_again() -> None:
    for n in range(3 * BATCH_SIZE):
        a_message(a_contact(f"c{n}@example.com"))
    mailer = FakeMailer()

    def fail_when_two_are_claimed() -> None:
        until(lambda: states() == {"sending": 2 * BATCH_SIZE, "queued": BATCH_SIZE})
        raise ConnectionError("cut")

    mailer.before_delivery(fail_when_two_are_claimed)
    with pytest.raises(ConnectionError):
        deliver(mailer)

    assert states() == {"queued": 3 * BATCH_SIZE}
    assert not mailer.sent


def test_a_person_decides_about_unknown_messages() -> None:
    contact = a_contact()
    ids = {name: a_message(contact, f"lead_nurture/{name}", state="unknown") for name in ("article_1", "article_2")}

    def decide(**form: object) -> int:
        with engine().begin() as connection:
            return resolve_messages(connection, MessageSelection(**form), NOON)  # type: ignore[arg-type]

    assert decide(decision=Resolution.AGAIN, template="lead_nurture/article_1") == 1
    assert decide(decision=Resolution.SENT, until=NOON) == 0
    assert decide(decision=Resolution.SENT, since=NOON, until=NOON + timedelta(seconds=1)) == 1
    assert decide(which=MessageFilterState.FAILED, decision=Resolution.AGAIN) == 0
    assert {name: message(row).state for name, row in ids.items()} == {
        "article_1": MessageState.QUEUED,
        "article_2": MessageState.SENT,
    }


class Slow(FakeMailer):
    """Takes a moment for each mail."""

    _block_type_name = "Slow"

    def _deliver_one(self, letter: RenderedEmail) -> SendResult:
        time.sleep(0.02)
        return super()._deliver_one(letter)


def test_each_message_has_the_moments_of_its_own_hand_over() -> None:
    about = {"kind": "transactional", "queued_at": datetime.now(UTC)}
    ids = [a_message(a_contact(f"c{n}@example.com"), "lead_qualification/thanks", **about) for n in range(5)]

    asyncio.run(deliver_due(Slow()))

    handed, sent = [[getattr(message(one), name) for one in ids] for name in ("handed_at", "sent_at")]
    assert len(set(handed)) == len(set(sent)) == 5
    moments = [moment for pair in zip(handed, sent, strict=True) for moment in pair]
    assert moments == sorted(moments)


class CutOff(FakeMailer):
    """Loses the sender's connection to Postgres while it hands over the second mail."""

    _block_type_name = "Cut off"

    def _deliver_one(self, letter: RenderedEmail) -> SendResult:
        result = super()._deliver_one(letter)
        if len(self.sent) == 2:
            with engine().begin() as connection:
                connection.execute(
                    text("""
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
                """)
                )
        return result


def test_when_postgres_is_lost_in_the_middle_what_was_sent_is_known_and_the_others_are_queued() -> None:
    for n in range(5):
        a_message(a_contact(f"c{n}@example.com"))
    first, second = CutOff(), FakeMailer()

    with pytest.raises(DBAPIError):
        deliver(first)
    assert states() == {"sent": 2, "queued": 3}

    deliver(second)
    assert Counter(email.key for mailer in (first, second) for email in mailer.sent).most_common(1)[0][1] == 1
    assert states() == {"sent": 5}


def test_a_message_that_was_only_taken_when_its_sender_died_is_queued_again() -> None:
    ids = [a_message(a_contact(f"c{n}@example.com")) for n in range(3)]
    with open_sender(engine()) as sender:
        sender.claim(MailRules.from_playbook(the_shipped_playbook()), NOON, size=10, max_sends=10)
        assert sender.record([], ids[0], NOON)

    assert str(deliver(FakeMailer())) == "2 sent, 0 failed, 1 unknown"
    assert message(ids[0]).state == "unknown"


def test_a_sender_that_was_taken_for_dead_hands_nothing_over() -> None:
    one = a_message(a_contact())
    with open_sender(engine()) as sender:
        sender.claim(MailRules.from_playbook(the_shipped_playbook()), NOON, size=10, max_sends=10)
        with engine().begin() as connection:
            connection.execute(text("UPDATE message SET state = 'queued'"))

        assert not sender.record([], one, NOON)
