"""Mails to managers: the first goes at once, what comes up within ten minutes is one mail with all of it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from models.database import engine
from models.mail.gather import GATHERED, queue_manager_mails
from models.mail.staff_mail import StaffMail
from models.playbook import apply
from tests.support.database import rows
from tests.support.mail.outbox import NOON, FakeMailer
from tests.support.playbook import apply_playbook, the_shipped_playbook

MINUTE = timedelta(minutes=1)
NORA = "nora@example.com"


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def alarm(number: int, leads: int = 1, to: str = NORA) -> StaffMail:
    lines = [
        {
            "path": "/contacts/1",
            "who": f"Lead {number}.{one}",
            "company": None,
            "owner": None,
            "asked_for": "",
            "since": "9:30",
            "waits": "a while",
        }
        for one in range(leads)
    ]
    data = {"lines": lines, "count": leads, "more": 0, "page": "/follow-up", "level": "5 minutes"}
    return StaffMail(key=f"alarm:{number}", to_address=to, template="team/alarm", data=data)


def overload(number: int = 1) -> StaffMail:
    data = {"people": [{"name": f"Mike {number}", "open": 40, "overdue": 12}], "page": "/tasks"}
    return StaffMail(key=f"overload:{number}", to_address=NORA, template="team/overload", data=data)


def queue(*mails: StaffMail, at: datetime = NOON) -> None:
    with engine().begin() as connection:
        queue_manager_mails(connection, mails, at)


def deliver(at: datetime) -> list[Any]:
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, at))
    return mailer.sent


def test_the_first_goes_at_once_and_all_of_the_next_ten_minutes_as_one() -> None:
    queue(alarm(1))
    assert [mail.subject for mail in deliver(NOON)] == ["Nobody has tried to reach Lead 1.0 yet"]

    for minute in range(1, 7):
        queue(alarm(minute + 1, leads=3), at=NOON + minute * MINUTE)
    assert deliver(NOON + 9 * MINUTE) == []

    [mail] = deliver(NOON + 10 * MINUTE)
    assert mail.subject == "18 leads, and nobody has tried to reach them yet"
    assert all(f"Lead {number}.2" in mail.text for number in range(2, 8))


def test_notes_of_several_kinds_are_one_mail_with_each_as_its_own_would_say_it() -> None:
    queue(alarm(1))
    deliver(NOON)
    queue(overload(), alarm(2, leads=2), at=NOON + MINUTE)
    queue(overload(2), at=NOON + 2 * MINUTE)

    [mail] = deliver(NOON + 10 * MINUTE)
    assert mail.subject == "2 notes about your team"
    assert "2 of your people have fallen behind" in mail.text
    assert "2 leads, and nobody has tried to reach them yet" in mail.text
    assert "Lead 2.1" in mail.text
    assert "Mike 2" in mail.text


def test_what_comes_up_while_a_mail_is_still_on_its_way_goes_with_it() -> None:
    queue(alarm(1), overload())
    assert [mail.subject for mail in deliver(NOON)] == ["2 notes about your team"]


def test_a_long_list_is_cut_and_says_how_many_there_are() -> None:
    queue(alarm(1, leads=30))
    queue(alarm(2, leads=30))
    [mail] = deliver(NOON)
    assert "60 leads" in mail.subject
    assert "And 20 more" in mail.text


def test_each_manager_has_ten_minutes_of_their_own_and_later_mails_go_at_once() -> None:
    queue(alarm(1))
    deliver(NOON)
    queue(alarm(2, to="ben@example.com"), at=NOON + MINUTE)
    assert [mail.to_address for mail in deliver(NOON + MINUTE)] == ["ben@example.com"]
    queue(alarm(3), at=NOON + 11 * MINUTE)
    assert [mail.to_address for mail in deliver(NOON + 11 * MINUTE)] == [NORA]


@pytest.mark.parametrize(("pause", "at_once", "in_the_end"), [(60 * MINUTE, 1, 2), (0 * MINUTE, 3, 3)])
def test_the_playbook_says_how_long_they_have_peace(pause: timedelta, at_once: int, in_the_end: int) -> None:
    playbook = the_shipped_playbook()
    levels = playbook.service_levels.model_copy(update={"manager_mails_every": pause})
    with engine().begin() as connection:
        apply(connection, playbook.model_copy(update={"service_levels": levels}))
    sent = 0
    for number in range(3):
        queue(alarm(number), at=NOON + number * MINUTE)
        sent += len(deliver(NOON + number * MINUTE))
    assert sent == at_once
    assert sent + len(deliver(NOON + 59 * MINUTE)) == at_once
    assert sent + len(deliver(NOON + 61 * MINUTE)) == in_the_end
    queue(alarm(0), at=NOON + 2 * MINUTE)
    assert deliver(NOON + 70 * MINUTE) == []


def test_the_same_twice_is_told_once_also_inside_a_gathered_mail() -> None:
    for _ in range(2):
        queue(alarm(1), overload())
    assert rows("SELECT template, jsonb_array_length(data -> 'parts') FROM message") == [(GATHERED, 2)]


def test_many_at_once_make_one_mail_and_lose_nothing() -> None:
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda number: queue(alarm(number)), range(12)))
    assert rows("SELECT data -> 'count' FROM message") == [(12,)]


def test_no_name_of_a_lead_cuts_the_mail_in_two() -> None:
    sign = "\N{SYMBOL FOR RECORD SEPARATOR}"
    hostile = alarm(1, leads=3)
    hostile.data["lines"][0]["who"] = f"Eve{sign}{sign}{sign}"
    queue(alarm(0))
    deliver(NOON)
    queue(hostile, overload(), at=NOON + MINUTE)
    [sent] = deliver(NOON + 11 * MINUTE)
    assert "Lead 1.1" in sent.text
    assert "Lead 1.2" in sent.text
    assert "Mike 1" in sent.text
