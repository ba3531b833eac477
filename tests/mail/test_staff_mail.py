"""Mails to our own people: once per key, from their data alone, through the same outbox as all others."""

import asyncio

import pytest
from sqlalchemy import Connection, text

from flows.operations.mail.deliver_messages import deliver_due
from models import Suppression
from models.mail.staff_mail import StaffMail, queue_staff_mail
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, message
from tests.support.playbook import apply_playbook

pytestmark = pytest.mark.usefixtures("database_url")

PARTNER = "ann@partner.example.com"
LATE = {
    "path": "/contacts/1",
    "who": "A lead",
    "company": None,
    "owner": None,
    "asked_for": "a call",
    "since": "Monday, 09:00",
    "waits": "30 minutes",
}


def an_alarm(key: str = "alarm:1", contact_id: int | None = None) -> StaffMail:
    data = {"lines": [LATE], "count": 1, "more": 0, "page": "/follow-up", "level": "5 minutes"}
    return StaffMail(key=key, to_address=PARTNER, template="team/alarm", data=data, contact_id=contact_id)


def queued(connection: Connection) -> list[int]:
    return list(connection.execute(text("SELECT id FROM message ORDER BY id")).scalars())


def test_the_same_key_is_sent_once(connection: Connection) -> None:
    assert queue_staff_mail(connection, [an_alarm()], NOON) == 1
    assert queue_staff_mail(connection, [an_alarm(), an_alarm("alarm:2")], NOON) == 1
    assert len(queued(connection)) == 2


def test_no_mails_are_no_statement(connection: Connection) -> None:
    assert queue_staff_mail(connection, [], NOON) == 0


def test_it_goes_out_also_about_somebody_who_left_the_list(connection: Connection) -> None:
    apply_playbook()
    ana = a_contact(suppressed=Suppression.COMPLAINED)
    queue_staff_mail(connection, [an_alarm(contact_id=ana)], NOON)
    connection.commit()
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, NOON))
    (email,) = mailer.sent
    assert email.to_address == PARTNER
    assert not email.headers


def test_a_template_that_names_the_contact_is_not_sent(connection: Connection) -> None:
    apply_playbook()
    ana = a_contact(first_name="Ana")
    mail = StaffMail(key="leak", to_address=PARTNER, template="lead_nurture/article_1", data={}, contact_id=ana)
    queue_staff_mail(connection, [mail], NOON)
    connection.commit()
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, NOON))
    assert not any("Ana" in email.html for email in mailer.sent)
    assert message(queued(connection)[0]).contact_id == ana
