"""Two first posts of one person at the same moment are one person, as they are one after the other."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from models.database import engine
from models.leads.capture import CaptureResult, capture
from models.leads.reading.lead import Lead
from tests.support.database import rows
from tests.support.playbook import apply_playbook

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROUNDS = 40


def a_lead(round_: int, kinds: str, **given: Any) -> Lead:
    """A lead of the person of this round that gives an email, a phone, a key, or several of them."""
    key = f"crm:{round_}" if "key" in kinds else None
    email = f"p{round_}@x.com" if "email" in kinds else None
    phone = f"+1415555{round_:04}" if "phone" in kinds else None
    return Lead(source="website", at=NOW, topic="request-call", email=email, phone=phone, source_key=key, **given)


def at_once(batches: Sequence[Sequence[Lead]]) -> list[list[CaptureResult]]:
    """Capture each batch in a transaction of its own, all of them begun before any of them captures."""
    start = threading.Barrier(len(batches))

    def post(leads: Sequence[Lead]) -> list[CaptureResult]:
        with engine().begin() as connection:
            start.wait(timeout=30)
            return capture(connection, leads, NOW)

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(post, batches))


@pytest.mark.parametrize(
    ("one", "other"),
    [("email phone", "phone"), ("email", "email phone"), ("key email", "key"), ("key phone", "email phone")],
)
def test_two_first_posts_at_once_are_one_person(database_url: str, one: str, other: str) -> None:
    apply_playbook()
    for turn in range(ROUNDS):
        posts = [[a_lead(turn, one)], [a_lead(turn, other)]]
        [[first], [second]] = at_once(posts if turn % 2 else posts[::-1])
        assert first.contact_id == second.contact_id
        assert first.is_new_contact is not second.is_new_contact
    assert rows("SELECT count(*) FROM contact") == [(ROUNDS,)]
    assert rows("SELECT count(*) FROM event WHERE name = 'form_submitted'") == [(2 * ROUNDS,)]


def test_a_file_and_forms_at_once_make_nobody_twice_and_deadlock_nowhere(database_url: str) -> None:
    apply_playbook()
    file = [a_lead(number, "email phone", event_key=f"file:{number}") for number in range(120)]
    forms = [a_lead(number, "phone", event_key=f"form:{number}") for number in range(120)]
    at_once([file, file[::-1], forms[60:], forms[:60][::-1], *([one] for one in forms[::12])])
    assert rows("SELECT count(*), count(email), count(phone) FROM contact") == [(120, 120, 120)]
    assert rows("SELECT count(*) FROM event WHERE name = 'form_submitted'") == [(240,)]
    assert rows("SELECT count(*) FROM contact_merge") == [(0,)]


def test_the_same_form_at_once_is_one(database_url: str) -> None:
    apply_playbook()
    for turn in range(ROUNDS):
        form = a_lead(turn, "email", data={"email": f"p{turn}@x.com", "message": "Please call"})
        [[first], [second], [third]] = at_once([[form]] * 3)
        assert first[:2] == second[:2] == third[:2]
        assert sum(one.is_new_event for one in (first, second, third)) == 1
    assert rows("SELECT count(*) FROM event") == [(ROUNDS,)]
