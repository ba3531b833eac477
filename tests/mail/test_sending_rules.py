"""Mail goes out by the rules of the playbook: when it may, not too much, not too late, and answers first."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from blocks.send_result import deferred, unavailable, unknown
from deployments.demo.scheduled_jobs import SCHEDULED_JOBS
from flows.operations.mail.ask_about_unknown import next_notice, notify_now
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.send_rate import BATCH_SIZE, UNLIMITED
from flows.operations.mail.settle_unknown_messages import (
    MessageFilterState,
    MessageSelection,
    Resolution,
    resolve_messages,
)
from flows.operations.run_clock import delivery_due
from flows.runtime import Journey
from flows.runtime.virtual_time import due_moments
from models import MessageKind
from models.database import engine
from models.mail.rendering.email import EmailDraft, NoPostalAddress, RenderContext, render_email
from models.mail.rendering.links import links_to
from models.playbook.mail import Mail
from tests.support.database import rows
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, a_message, a_task, message
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.story import Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
OFFICE = {"mon-fri": "08:00-18:00"}

pytestmark = pytest.mark.usefixtures("database_url")


def a_business(**mail: Any) -> None:
    """The shipped one, with these rules for mail and no others."""
    apply_playbook(Mail.model_validate(mail))


def deliver(now: datetime = NOON, mailer: FakeMailer | None = None, **how: Any) -> list[str]:
    """Who got a mail, in this order."""
    mailer = mailer or FakeMailer()
    asyncio.run(deliver_due(mailer, now, **how))
    return [email.to_address.partition("@")[0] for email in mailer.sent]


def a_campaign(contacts: int, mails: int = 1) -> None:
    """So many contacts, c1 and on, with so many articles each in the outbox."""
    with engine().begin() as connection:
        connection.execute(
            text("""
            WITH c AS (INSERT INTO contact (email)
                       SELECT 'c' || n || '@example.com' FROM generate_series(1, :contacts) n RETURNING id)
            INSERT INTO message (key, contact_id, kind, template, queued_at)
            SELECT id || ':' || n, id, 'marketing', 'lead_nurture/article_1', :now
            FROM c CROSS JOIN generate_series(1, :mails) n ORDER BY id, n
            """),
            {"contacts": contacts, "mails": mails, "now": NOON},
        )


def an_answer(name: str = "ana") -> int:
    """A form's first mail."""
    return a_message(a_contact(f"{name}@example.com"), "lead_qualification/thanks", kind="transactional")


def states() -> dict[str, int]:
    with engine().connect() as connection:
        return dict(Counter(connection.scalars(text("SELECT state FROM message"))))


def test_an_answer_overtakes_a_campaign_that_is_going_out() -> None:
    a_business()
    a_campaign(250)
    mailer = FakeMailer()
    mailer.before_delivery(an_answer)

    went = deliver(mailer=mailer)

    assert len(went) == 251
    # One batch is with the mailer then, and the next may wait for it.
    assert went.index("ana") in (BATCH_SIZE, 2 * BATCH_SIZE)


def test_three_journeys_share_a_cap_of_one_a_day() -> None:
    a_business(caps=[{"mails": 1, "per": "1d"}])
    ana = a_contact()
    ids = [a_message(ana, f"lead_nurture/article_{n}", run_id=n) for n in (1, 2, 3)]

    assert [deliver(NOON + hours * HOUR) for hours in (0, 1, 24, 25, 48)] == [["ana"], [], ["ana"], [], ["ana"]]
    assert [message(one).sent_at for one in ids] == [NOON, NOON + DAY, NOON + 2 * DAY]


def test_a_mail_that_waits_or_is_skipped_says_why() -> None:
    a_business(caps=[{"mails": 1, "per": "1d"}])
    ana = a_contact()
    a_message(ana)
    waits = a_message(ana, "lead_nurture/article_2")
    skipped = a_message(ana, "lead_nurture/article_3", on_cap="skip")
    deliver()

    assert (message(waits).state, message(waits).due_at) == ("queued", NOON + DAY)
    assert message(waits).reason == "the contact has had 1 marketing mail in 1d, which is the cap"
    assert (message(skipped).state, message(skipped).reason) == ("skipped", message(waits).reason)


def test_two_deliveries_at_once_keep_a_cap() -> None:
    a_business(caps=[{"mails": 1, "per": "1d"}])
    a_campaign(120, mails=2)
    both_are_in = threading.Barrier(2, timeout=20)
    mailers = [FakeMailer(), FakeMailer()]
    for mailer in mailers:
        mailer.before_delivery(both_are_in.wait)

    async def both() -> None:
        await asyncio.gather(*(deliver_due(mailer, NOON) for mailer in mailers))

    asyncio.run(both())

    assert all(mailer.sent for mailer in mailers)
    went = Counter(email.to_address for mailer in mailers for email in mailer.sent)
    assert len(went) == 120
    assert set(went.values()) == {1}


def test_a_mail_that_did_not_go_out_does_not_count_for_the_cap() -> None:
    a_business(caps=[{"mails": 1, "per": "1d"}])
    ana = a_contact()
    a_message(ana, state="failed", handed_at=NOON - HOUR, key="failed")
    sent = a_message(ana)
    down = FakeMailer()
    down.answer("ana@acme.example.com", unavailable("down"))
    deliver(mailer=down)
    assert (message(sent).state, message(sent).handed_at) == ("queued", None)

    assert deliver(NOON + 10 * MINUTE) == ["ana"]


def test_a_mail_whose_result_is_unknown_counts_for_the_cap() -> None:
    a_business(caps=[{"mails": 1, "per": "1d"}])
    ana = a_contact()
    a_message(ana)
    silent = FakeMailer()
    silent.answer("ana@acme.example.com", unknown("no answer"))
    deliver(mailer=silent)
    a_message(ana, "lead_nurture/article_2")

    assert deliver(NOON + HOUR) == []


def test_on_a_weekend_the_clock_sleeps_until_each_receivers_monday() -> None:
    a_business(window=OFFICE)
    saturday = NOON + 5 * DAY
    a_message(a_contact("home@example.com"), queued_at=saturday)
    a_message(a_contact("berlin@example.com", time_zone="Europe/Berlin"), queued_at=saturday)
    assert deliver(saturday) == []

    in_berlin = datetime(2026, 3, 9, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    with engine().connect() as connection:
        assert delivery_due(connection) == in_berlin
    assert deliver(in_berlin) == ["berlin"]
    with engine().connect() as connection:
        assert delivery_due(connection) == datetime(2026, 3, 9, 8, 0, tzinfo=NEW_YORK)


def test_time_that_is_moved_by_hand_stops_where_mail_may_go_out() -> None:
    a_business(window=OFFICE)
    saturday = NOON + 5 * DAY
    waits = a_message(a_contact(), queued_at=saturday)
    chores = SCHEDULED_JOBS[-1:]
    for moment in due_moments(saturday, saturday + 3 * DAY, chores):
        chores[0].perform(moment)

    assert message(waits).sent_at == datetime(2026, 3, 9, 8, 0, tzinfo=NEW_YORK)


def test_who_buys_over_the_weekend_gets_no_offer_on_monday(make_story: Callable[..., Story]) -> None:
    async def offer(j: Journey) -> str:
        await j.send("offer")
        await j.wait_for("replied", within=timedelta(weeks=1))
        return "silent"

    async def goodbye(j: Journey) -> str:
        await j.send("goodbye")
        return "told everything"

    story = make_story(offer, goodbye, ends_on={"order_placed": "bought"})
    a_business(window=OFFICE)
    story.now = NOON + 5 * DAY
    ana = story.contact()
    story.start("offer", ana)
    story.start("goodbye", ana)
    story.happens("order_placed", "mastermind", contact=ana)
    deliver(NOON + 7 * DAY)

    messages = story.rows("SELECT template, state, reason FROM message WHERE kind = 'marketing' ORDER BY id")
    assert messages[0] == ("offer/offer", "withdrawn", "the journey ended before this went out: bought")
    # This one has no such template; what counts is that it was to go out.
    assert "there is no template" in messages[1].reason


def test_a_mail_whose_hours_never_come_fails_at_once() -> None:
    a_business(quiet="20:00-08:00")
    never = a_message(a_contact(), send_window='{"mon": "21:00-22:00"}')
    assert deliver() == []
    assert message(never).state == "failed"
    assert "all lie in the quiet hours" in message(never).reason


def test_after_three_days_without_a_mailer_only_what_is_still_worth_it_goes_out() -> None:
    a_business()
    old = a_message(a_contact("old@example.com"))
    long_lived = a_message(a_contact("guide@example.com"), expires_after=timedelta(days=7))
    fresh = a_message(a_contact("fresh@example.com"), queued_at=NOON + 2 * DAY)
    task = a_task(a_contact("ben@example.com", first_name="Ben", phone="+12075550199"))
    to = "sarah.miller@brightwater.example.com"
    a_message(1, "lead_qualification/call_lead", kind="task", task_id=task, to_address=to)
    down = FakeMailer()
    for name in ("old", "guide", "fresh"):
        down.answer(f"{name}@example.com", unavailable("down"))
    down.answer(to, unavailable("down"))
    deliver(NOON + HOUR, down)

    # The manager hears that mail goes out again.
    assert deliver(NOON + 3 * DAY) == ["sarah.miller", "nora.field", "guide", "fresh"]
    assert [message(one).state for one in (old, long_lived, fresh)] == ["expired", "sent", "sent"]
    assert message(old).reason == "too late: it could have gone out for more than 2d"


def test_an_address_that_is_not_taken_now_holds_up_nobody_and_is_given_up_when_it_is_too_late() -> None:
    a_business()
    mistyped = a_message(a_contact("ana@gmial.example"), kind="transactional")
    a_message(a_contact("bob@example.com"))
    mailer = FakeMailer()
    mailer.answer("ana@gmial.example", deferred("450 domain not found"))
    assert str(asyncio.run(deliver_due(mailer, NOON))) == "1 sent, 0 failed, 0 unknown, 1 not yet due"
    assert (message(mistyped).state, message(mistyped).reason) == ("queued", "450 domain not found")
    assert message(mistyped).due_at == NOON + timedelta(minutes=15)

    for day in range(1, 8):
        asyncio.run(deliver_due(mailer, NOON + day * DAY))
    assert message(mistyped).state == "queued"
    asyncio.run(deliver_due(mailer, NOON + 7 * DAY + HOUR))
    assert message(mistyped).state == "expired"
    [(to, told)] = rows("SELECT to_address, data -> 'lines' FROM message WHERE template = 'team/expired_answers'")
    assert (to, told[0]["who"]) == ("hello@brightwater.example.com", "ana@gmial.example")


def test_what_a_person_sends_again_is_not_too_late() -> None:
    a_business()
    expired = a_message(a_contact(), state="expired", queued_at=NOON - 9 * DAY)
    with engine().begin() as connection:
        resolve_messages(
            connection, MessageSelection(which=MessageFilterState.EXPIRED, decision=Resolution.AGAIN), NOON
        )

    assert deliver(NOON + HOUR) == ["ana"]
    assert message(expired).state == "sent"


def test_a_warm_up_counts_the_day_over_all_deliveries() -> None:
    a_business(warm_up={"starts": "2026-03-02", "first_day": 3, "grows": "50%"})
    a_campaign(12)
    an_answer()

    assert [len(deliver(NOON + hours * HOUR)) for hours in (0, 1, 24, 25, 48)] == [4, 0, 4, 0, 5]
    with engine().connect() as connection:
        assert delivery_due(connection) is None
    assert states() == {"sent": 13}


@dataclass
class Tickets:
    """A pace of so many at once, that counts how often it was asked."""

    each: int
    asked: int = 0
    left: int = 0

    def acquire(self) -> int:
        if not self.left:
            self.asked, self.left = self.asked + 1, self.each
        return self.left

    def consume(self, count: int) -> None:
        self.left -= count

    def capped(self, count: int) -> int:
        return count


def test_a_pace_is_asked_per_portion_and_not_for_mail_that_waits() -> None:
    a_business(window=OFFICE)
    a_campaign(25)
    tickets = Tickets(10)
    assert len(deliver(send_rate=tickets)) == 25
    assert (tickets.asked, tickets.left) == (3, 5)

    a_message(a_contact(), queued_at=NOON + 10 * HOUR)
    assert deliver(NOON + 10 * HOUR, send_rate=tickets) == []
    assert deliver(NOON + 11 * HOUR, send_rate=tickets) == []
    assert (tickets.asked, tickets.left) == (3, 5)


def test_an_answer_takes_the_next_ticket_before_the_campaign() -> None:
    a_business()
    a_campaign(25)
    mailer = FakeMailer()
    mailer.before_delivery(an_answer)

    # What has been claimed by then goes first.
    assert 10 <= deliver(mailer=mailer, send_rate=Tickets(10)).index("ana") <= 20


def test_when_the_pace_cannot_be_asked_nothing_is_taken() -> None:
    a_business()
    a_campaign(3)

    class Away(Tickets):
        def acquire(self) -> int:
            raise ConnectionError("Prefect is away")

    with pytest.raises(ConnectionError):
        deliver(send_rate=Away(10))
    assert states() == {"queued": 3}
    assert len(deliver(send_rate=UNLIMITED)) == 3


def test_people_are_asked_once_about_mail_whose_result_is_unknown() -> None:
    a_business(unknown_for="3d")
    lost = a_message(a_contact(), state="unknown", handed_at=NOON)
    with engine().connect() as connection:
        assert next_notice(connection) == NOON + 3 * DAY
    assert notify_now(NOON + 2 * DAY).messages == 0

    asked = notify_now(NOON + 3 * DAY)

    assert str(asked).startswith("1 unknown for more than 3d: look whether the provider's log has them")
    assert asked.templates == ("lead_nurture/article_1",)
    assert notify_now(NOON + 4 * DAY).messages == 0
    assert (message(lost).state, message(lost).notified_at) == ("unknown", NOON + 3 * DAY)
    with engine().connect() as connection:
        assert next_notice(connection) is None


@pytest.mark.parametrize(
    ("body", "kind", "is_written"),
    [
        ("<p>Buy</p>", "marketing", False),
        ("<p>48 Harbor Street,<br>\n Portland, ME 04101, USA</p>", "marketing", True),
        ("<p>Here is what you asked for</p>", "transactional", True),
    ],
)
def test_marketing_without_the_postal_address_is_not_written(
    tmp_path: Path, body: str, kind: str, is_written: bool
) -> None:
    (tmp_path / "mail.html").write_text(f"<title>Hello</title>{body}")
    playbook = the_shipped_playbook()
    head = RenderContext(playbook=playbook, links=links_to("/site"), at=NOON, own_tracking=False, folder=tmp_path)
    about: dict[str, Any] = {name: {} for name in ("data", "owner", "form", "task")}
    draft = EmailDraft(
        message_id=1, key="1", kind=MessageKind(kind), template="mail", to_address="a@b.com", contact={"id": 1}, **about
    )
    with nullcontext() if is_written else pytest.raises(NoPostalAddress):
        render_email(draft, head)
