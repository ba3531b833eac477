"""From the outbox to SendGrid and back, over real HTTP: each mail once, whatever goes wrong on the way."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from blocks.sendgrid import SendGridMailer
from deployments.sendgrid_double import CUT, HANG, FakeSendGrid, FakeSettings, run_fake
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.mail.delivery_report import DeliveryReport
from models.database import engine
from models.mail.tracking import process_mail_events
from tests.support.mail.outbox import NOON, a_contact, a_message, message
from tests.support.playbook import apply_playbook
from tests.support.servers.http_server import DEADLINE, run_server
from web.app import app


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


@pytest.fixture
def fake() -> Iterator[FakeSendGrid]:
    with run_fake() as fake:
        yield fake


def deliver(fake: FakeSendGrid, *, timeout_seconds: float = 10, now: datetime = NOON) -> DeliveryReport:
    mailer = SendGridMailer(api_key=SecretStr("SG.double"), host=fake.url, timeout_seconds=timeout_seconds)
    try:
        return asyncio.run(deliver_due(mailer, now))
    finally:
        mailer.close()


def queue(many: int) -> list[int]:
    return [a_message(a_contact(f"c{n}@example.com", first_name="Ana")) for n in range(many)]


def accepted_counts(fake: FakeSendGrid) -> Counter[int]:
    """How often the fake accepted each message."""
    return Counter(int(one.custom_args["tend_message_id"]) for one in fake.accepted)


def test_every_message_arrives_once_with_its_own_email(fake: FakeSendGrid) -> None:
    ids = queue(120)

    assert str(deliver(fake)) == "120 sent, 0 failed, 0 unknown"

    assert accepted_counts(fake) == Counter(ids)
    accepted = {int(one.custom_args["tend_message_id"]): (one.to_address, one.id) for one in fake.accepted}
    assert accepted == {row: (f"c{n}@example.com", message(row).provider_id) for n, row in enumerate(ids)}


def test_too_many_requests_in_the_middle_lose_nothing(fake: FakeSendGrid) -> None:
    ids = queue(60)
    fake.fail("429", times=30, reset_seconds=0)

    assert str(deliver(fake)) == "60 sent, 0 failed, 0 unknown"

    assert accepted_counts(fake) == Counter(ids)


def test_a_long_pause_leaves_the_rest_queued_and_the_next_delivery_sends_it(fake: FakeSendGrid) -> None:
    ids = queue(40)
    fake.fail("429", times=1, reset_seconds=3600)

    report = deliver(fake)
    assert "too many requests" in str(report.unavailable_reason)
    deliver(fake, now=NOON + timedelta(minutes=59))
    assert "queued" in {message(row).state for row in ids}
    deliver(fake, now=NOON + timedelta(hours=1))

    # The rest went out too, and the manager was told that mail goes out again.
    assert accepted_counts(fake) == Counter([*ids, max(ids) + 1])
    assert {message(row).state for row in ids} == {"sent"}


@pytest.mark.parametrize("failure", [CUT, HANG, "500"])
def test_a_mail_without_an_answer_is_never_sent_twice(fake: FakeSendGrid, failure: str) -> None:
    ids = queue(5)
    fake.fail(failure, accepts=True)

    assert str(deliver(fake, timeout_seconds=0.5)) == "4 sent, 0 failed, 1 unknown"
    assert str(deliver(fake)) == "0 sent, 0 failed, 0 unknown"

    assert accepted_counts(fake) == Counter(ids)


def test_signed_events_settle_what_was_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = {name: a_contact(f"{name}@example.com") for name in ("ana", "bo", "bounce")}
    ids = {name: a_message(contact) for name, contact in contacts.items()}
    with run_server(app) as tend, run_fake(FakeSettings(events_url=f"{tend}/sendgrid/events", signed=True)) as fake:
        monkeypatch.setenv("TEND_SENDGRID_PUBLIC_KEY", str(fake.public_key))
        fake.fail(CUT, times=2, accepts=True)
        assert deliver(fake).counts.total() == 3
        wait_for_events(6)

    with engine().begin() as connection:
        process_mail_events(connection, datetime.now(UTC) + timedelta(seconds=10))
    rows = {name: message(row) for name, row in ids.items()}
    assert {name: row.state for name, row in rows.items()} == dict.fromkeys(ids, "sent")
    assert {name: row.delivered_at is not None for name, row in rows.items()} == {
        "ana": True,
        "bo": True,
        "bounce": False,
    }
    assert rows["bounce"].bounced_at is not None


def wait_for_events(many: int) -> None:
    give_up = time.monotonic() + DEADLINE
    while True:
        with engine().connect() as connection:
            stored = connection.scalar(text("SELECT count(*) FROM mail_event"))
        if stored == many:
            return
        assert time.monotonic() < give_up, stored
        time.sleep(0.05)
