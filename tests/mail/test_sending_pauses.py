"""What is the way's or the account's fault: every mail stays queued, it is said where people look, and it ends."""

import asyncio
from datetime import datetime, timedelta

import pytest

from blocks.email_feed import EmailFeed
from blocks.send_result import SendResult, bounced, deferred, refused, unavailable, unknown
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.delivery_report import DeliveryReport
from flows.operations.mail.refusal_streak import MOST_IN_A_ROW, RefusalStreak
from models.access.ops_names import AT_THIS_MACHINE
from models.database import engine
from models.mail.claim import next_due
from models.mail.rendering.email import RenderedEmail
from models.mail.sending_pause import FIRST_RETRY, LONGEST_RETRY, begin_pause, end_pause, open_pauses
from models.mail.tracking import process_mail_events
from models.tables.message import PauseScope
from tests.support.database import rows
from tests.support.mail.emails import an_email
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, a_message, message
from tests.support.playbook import apply_playbook
from tests.support.web_pages import PROGRAM, browser

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CLOSED = unavailable("smtp.example.com answered: 535 5.7.8 authentication failed")


class Way(FakeMailer):
    """Gives all mail one answer, as long as it has one."""

    _block_type_name = "Way"
    _answer: SendResult | None = None

    def _deliver_one(self, letter: RenderedEmail) -> SendResult:
        if self._answer is not None:
            self._kept.append(letter)
            return self._answer
        return super()._deliver_one(letter)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


@pytest.fixture
def way() -> Way:
    return Way()


def deliver(way: Way, now: datetime = NOON, streak: RefusalStreak | None = None) -> DeliveryReport:
    way.sent.clear()
    return asyncio.run(deliver_due(way, now, streak=streak))


def queue(many: int, **columns: object) -> list[int]:
    return [a_message(a_contact(f"c{n}@example.com", first_name="Ana"), **columns) for n in range(many)]


def states() -> set[str]:
    return {state for (state,) in rows("SELECT DISTINCT state FROM message")}


def pauses() -> dict[PauseScope, str]:
    with engine().connect() as connection:
        return {scope: pause.reason for scope, pause in open_pauses(connection).items()}


def next_try() -> datetime | None:
    with engine().connect() as connection:
        return next_due(connection)


def test_a_closed_way_keeps_every_mail_queued_and_is_said_to_people(way: Way) -> None:
    queue(8)
    way._answer = CLOSED

    report = deliver(way)

    assert states() == {"queued"}
    assert len(way.sent) == 1
    assert report.unavailable_reason == CLOSED.reason
    assert pauses() == {PauseScope.ALL: CLOSED.reason}
    health = browser().get("/health", headers=PROGRAM).json()
    assert (health["status"], health["mail"]["status"]) == ("degraded", "down")
    assert "535 5.7.8 authentication failed" in health["mail"]["says"]
    overview = browser().get("/").text
    assert "No mail has been sent" in overview
    assert "535 5.7.8 authentication failed" in overview


def test_a_closed_way_is_tried_with_one_mail_after_growing_pauses(way: Way) -> None:
    queue(8)
    way._answer = CLOSED
    deliver(way)
    waits, now = [], NOON

    for _ in range(9):
        due = next_try()
        assert due is not None
        waits.append((due - now).total_seconds())
        deliver(way, due - SECOND)
        assert way.sent == []
        deliver(way, due)
        assert len(way.sent) == 1
        now = due

    assert waits[:4] == [FIRST_RETRY.total_seconds() * factor for factor in (1, 2, 4, 8)]
    assert waits[-1] == LONGEST_RETRY.total_seconds()
    assert states() == {"queued"}


def test_the_first_mail_that_is_taken_ends_the_pause_and_all_go_in_the_same_delivery(way: Way) -> None:
    ids = queue(8)
    way._answer = CLOSED
    deliver(way)
    way._answer = None

    report = deliver(way, NOON + MINUTE)

    assert report.unavailable_reason is None
    assert {message(one).state for one in ids} == {"sent"}
    assert pauses() == {}
    assert browser().get("/health", headers=PROGRAM).json()["mail"]["status"] == "up"


@pytest.mark.parametrize("answer", [bounced("550 5.1.1 no such user"), deferred("451 greylisted")])
def test_an_answer_about_the_receiver_shows_that_the_way_is_open(way: Way, answer: SendResult) -> None:
    queue(3)
    way._answer = CLOSED
    deliver(way)
    way._answer = answer

    deliver(way, NOON + MINUTE)

    assert pauses() == {}


def test_a_try_without_an_answer_ends_nothing(way: Way) -> None:
    queue(3)
    way._answer = CLOSED
    deliver(way)
    way._answer = unknown("no answer")

    deliver(way, NOON + MINUTE)

    assert pauses().keys() == {PauseScope.ALL}
    assert rows("SELECT count(*) FROM message WHERE state = 'unknown'") == [(1,)]


def test_a_try_that_is_refused_stays_queued_and_the_next_try_takes_another(way: Way) -> None:
    queue(3)
    way._answer = CLOSED
    deliver(way)
    way._answer = refused("554 rejected")
    deliver(way, NOON + MINUTE)
    [first] = way.sent

    deliver(way, NOON + 2 * MINUTE)
    [second] = way.sent

    assert first.message_id != second.message_id
    assert states() == {"queued"}
    assert pauses().keys() == {PauseScope.ALL}


def test_two_clocks_make_one_try(way: Way) -> None:
    queue(8)
    way._answer = CLOSED
    deliver(way)
    ways = [Way(), Way()]
    for one in ways:
        one._answer = CLOSED

    async def both() -> None:
        await asyncio.gather(*(deliver_due(one, NOON + MINUTE) for one in ways))

    asyncio.run(both())

    assert sum(len(one.sent) for one in ways) == 1


def test_a_provider_that_asks_for_a_longer_pause_gets_it(way: Way) -> None:
    queue(3)
    way._answer = unavailable("too many requests", timedelta(minutes=7))

    deliver(way)

    assert next_try() == NOON + timedelta(minutes=7)


def test_mail_refused_in_a_row_is_not_about_the_mails_and_is_queued_again(way: Way) -> None:
    ids = queue(MOST_IN_A_ROW + 5, kind="transactional", template="lead_qualification/thanks")
    way._answer = refused("550 rejected")

    report = deliver(way)

    assert {message(one).state for one in ids} == {"queued"}
    assert "10 mails in a row were refused, the last with: 550 rejected" in str(report)
    assert pauses().keys() == {PauseScope.ALL}


def test_marketing_refused_in_a_row_stops_marketing_alone_and_managers_hear_of_it(way: Way) -> None:
    campaign = queue(MOST_IN_A_ROW + 5)
    way._answer = refused("554 content refused")
    deliver(way)
    answer = a_message(a_contact("bo@example.com", first_name="Bo"), "lead_qualification/thanks", kind="transactional")
    way._answer = None

    deliver(way, NOON + MINUTE)

    assert {message(one).state for one in campaign} == {"queued"}
    assert message(answer).state == "sent"
    assert "Marketing mail is paused" in {email.subject for email in way.sent}
    assert pauses().keys() == {PauseScope.MARKETING}
    assert next_try() is None


def test_mail_that_comes_one_by_one_is_counted_over_all_deliveries(way: Way) -> None:
    streak = RefusalStreak()
    way._answer = refused("550 rejected")
    for number in range(MOST_IN_A_ROW):
        a_message(a_contact(f"c{number}@example.com"))
        deliver(way, streak=streak)

    assert states() == {"queued"}


def test_one_mail_that_is_taken_between_them_makes_the_refused_ones_fail(way: Way) -> None:
    for name in ("bad", "worse"):
        for number in range(MOST_IN_A_ROW - 1):
            address = f"{name}{number}@example.com"
            a_message(a_contact(address))
            way.answer(address, refused("554 looks like spam"))
        a_message(a_contact(f"good-{name}@example.com"))

    deliver(way)

    assert rows("SELECT state, count(*) FROM message GROUP BY 1 ORDER BY 1") == [
        ("failed", 2 * (MOST_IN_A_ROW - 1)),
        ("sent", 2),
    ]


def test_a_person_lets_mail_go_out_again(way: Way) -> None:
    queue(2)
    way._answer = CLOSED
    deliver(way)
    assert next_try() == NOON + FIRST_RETRY

    answer = browser().post("/messages/pauses/all/end", follow_redirects=False)

    assert answer.status_code == 303
    assert pauses() == {}
    assert rows("SELECT ended_by FROM sending_pause") == [(AT_THIS_MACHINE,)]
    assert next_try() is not None
    way._answer = None
    deliver(way)
    assert states() == {"sent"}


@pytest.mark.parametrize(("after", "mails"), [(14 * MINUTE, 0), (20 * MINUTE, 1)])
def test_managers_hear_once_of_a_pause_that_was_long(way: Way, after: timedelta, mails: int) -> None:
    queue(2)
    way._answer = CLOSED
    deliver(way)
    way._answer = None

    deliver(way, NOON + after)

    told = [email for email in way.sent if email.subject.startswith("Mail goes out again")]
    assert len(told) == mails
    assert all("535 5.7.8 authentication failed" in email.text for email in told)


def test_a_pause_of_marketing_holds_marketing_and_nothing_else(way: Way) -> None:
    campaign = queue(2)
    answer = a_message(a_contact("bo@example.com", first_name="Bo"), "lead_qualification/thanks", kind="transactional")
    with engine().begin() as connection:
        begin_pause(connection, PauseScope.MARKETING, "many bounces", NOON)

    deliver(way)

    assert message(answer).state == "sent"
    assert {message(one).state for one in campaign} == {"queued"}
    with engine().begin() as connection:
        end_pause(connection, PauseScope.MARKETING, "a person", NOON)
    deliver(way)
    assert {message(one).state for one in campaign} == {"sent"}


def test_a_mailer_that_closes_before_the_first_mail_pauses_too() -> None:
    class Down(FakeMailer):
        _block_type_name = "Down"

        def hand_over(self, emails: EmailFeed) -> None:
            next(emails)
            emails.close(unavailable("connection refused"))

    queue(3)

    report = asyncio.run(deliver_due(Down(), NOON))

    assert report.unavailable_reason == "connection refused"
    assert (states(), pauses()) == ({"queued"}, {PauseScope.ALL: "connection refused"})
    assert [one.reason for one in Down().deliver([an_email(1), an_email(2)])] == ["connection refused"] * 2


def test_what_flow_runs_and_pauses_say_names_no_address(way: Way) -> None:
    queue(2)
    way._answer = unavailable("554 5.7.1 <c0@example.com>: Relay access denied")

    report = deliver(way)

    assert "Relay access denied" in str(report)
    assert "c0@" not in str(report) + "".join(pauses().values())


def test_an_address_that_the_mail_server_does_not_know_is_suppressed_like_a_bounce_once(way: Way) -> None:
    contact = a_contact("gone@example.com")
    sent = a_message(contact)
    way._answer = bounced("550 5.1.1 no such user")

    deliver(way)
    with engine().begin() as connection:
        process_mail_events(connection, NOON + MINUTE)
        process_mail_events(connection, NOON + timedelta(days=2))

    assert rows("SELECT suppressed FROM contact WHERE id = :id", id=contact) == [("bounced",)]
    assert rows("SELECT name FROM event WHERE name = 'email_bounced'") == [("email_bounced",)]
    assert message(sent).bounced_at == NOON
    assert "no such user" in message(sent).reason
