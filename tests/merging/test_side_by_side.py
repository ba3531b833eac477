"""Merging while others work on the same people: it waits for nobody, loses nothing, and leaves whole merges only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from flows.runtime.react import react
from models.database import engine
from models.events.emit import NewEvent, emit
from models.merging import ContactsBusy, Pair, merge_all, merge_many
from models.playbook import current_playbook
from tests.support.database import rows, write
from tests.support.merging import belongings, merge
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.story import Story, two_mails
from tests.support.web_pages import NOW, a_contact, a_run, an_event

EVENTS_EACH = 3


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def people(count: int) -> list[int]:
    """Contacts with events, a run and a task each."""
    write(
        "INSERT INTO contact (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, :count) n", count=count
    )
    write(
        "INSERT INTO event (name, contact_id, at, reacted_at) "
        "SELECT 'visited', id, now(), now() FROM contact, generate_series(1, :each)",
        each=EVENTS_EACH,
    )
    write(
        "INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at) "
        "SELECT 'two_mails', id, 'x', true, now() FROM contact"
    )
    return [row[0] for row in rows("SELECT id FROM contact ORDER BY id")]


def pairs_of(contacts: list[int]) -> list[Pair]:
    half = len(contacts) // 2
    return [Pair(kept, merged, "test") for kept, merged in zip(contacts[:half], contacts[half:], strict=True)]


def merge_them(pairs: list[Pair]) -> list[Pair]:
    """What could not be merged."""
    return [pair for report in merge_all(engine(), pairs, "test", NOW) for pair in report.busy]


LOCKS = (
    "SELECT FROM contact WHERE id = :id FOR NO KEY UPDATE",
    "SELECT FROM contact WHERE id = :id FOR KEY SHARE",
    "SELECT FROM journey_run WHERE contact_id = :id FOR NO KEY UPDATE",
)
"""What scores and captures, whoever adds a row, and turns lock."""


@pytest.mark.parametrize("locked", LOCKS)
def test_who_is_being_worked_on_is_left_for_later_and_holds_up_nobody(locked: str) -> None:
    ann, twin, bea, other = people(4)
    with engine().connect() as elsewhere:
        elsewhere.execute(text(locked), {"id": twin})
        with engine().begin() as connection:
            began = time.monotonic()
            report = merge_many(connection, [Pair(ann, twin, "x"), Pair(bea, other, "x")], "test", NOW)
        assert time.monotonic() - began < 2
        assert [pair.merged for pair in report.busy] == [twin]
        assert [pair.merged for pair in report.merged] == [other]
        with pytest.raises(ContactsBusy):
            merge(ann, twin)
    merge(ann, twin)
    assert len(belongings(ann)["event.contact_id"]) == 2 * EVENTS_EACH + 1


def test_an_event_that_comes_while_its_contact_is_merged_is_not_lost() -> None:
    ann, twin = people(2)
    with engine().connect() as elsewhere:
        emit(elsewhere, [NewEvent(name="visited", contact_id=twin, source="test")], NOW)
        with pytest.raises(ContactsBusy):
            merge(ann, twin)
        elsewhere.commit()
    merge(ann, twin)
    assert rows("SELECT count(*) FROM event WHERE contact_id = :id AND name = 'visited'", id=ann) == [
        (2 * EVENTS_EACH + 1,)
    ]


def test_merges_that_are_undone_leave_no_trace() -> None:
    ann, twin = people(2)
    with engine().connect() as connection:
        merge_many(connection, [Pair(ann, twin, "x")], "test", NOW)
        connection.rollback()
    assert rows("SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM contact_merge)") == [(2, 0)]


def test_a_group_of_duplicates_becomes_one_in_whatever_order_it_is_found() -> None:
    contacts = people(6)
    pairs = [Pair(one, other, "x") for one in contacts for other in contacts if one < other]
    assert not merge_them(pairs[::-1])
    ((left,),) = rows("SELECT id FROM contact")
    assert len(belongings(left)["event.contact_id"]) == 6 * EVENTS_EACH + 5
    assert rows("SELECT count(*) FROM journey_run WHERE ended_at IS NULL") == [(1,)]


def test_the_same_pairs_merged_by_several_at_once_are_merged_once() -> None:
    pairs = pairs_of(people(20))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(merge_them, [pairs] * 4))
    assert rows("SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM contact_merge)") == [(10, 10)]
    assert rows("SELECT count(*) FROM event WHERE name = 'visited'") == [(20 * EVENTS_EACH,)]


def test_a_run_that_waits_hears_an_event_of_the_merged_contact(make_story: Callable[..., Story]) -> None:
    story = make_story(two_mails)
    ann, twin = story.contact(), story.contact("twin@example.com")
    run = a_run(ann, journey="two_mails", waiting_events=["replied"], asked_at=NOW)
    event = an_event(twin, "replied")
    merge(ann, twin)
    with engine().begin() as connection:
        react(connection, story.definitions, current_playbook(connection), NOW)
    assert rows("SELECT resumed_by FROM journey_run WHERE id = :id", id=run) == [(event,)]


def test_nobody_is_merged_in_the_middle_of_a_reaction() -> None:
    ann, twin = a_contact(), a_contact(email="twin@example.com")
    an_event(twin, "visited")
    with engine().connect() as elsewhere:
        react(elsewhere, {}, current_playbook(elsewhere), NOW)
        with pytest.raises(ContactsBusy):
            merge(ann, twin)


def test_a_killed_batch_leaves_whole_merges_only(database_url: str) -> None:
    pairs = pairs_of(people(600))
    code = (
        "from datetime import UTC, datetime; from models.database import engine; from models.merging import *\n"
        f"pairs = [Pair(kept, merged, 'x') for kept, merged in {[(pair.kept, pair.merged) for pair in pairs]}]\n"
        "for _ in merge_all(engine(), pairs, 'killed', datetime.now(UTC)): print('a batch', flush=True)\n"
    )
    command = [sys.executable, "-P", "-c", code]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TEND_DATABASE_URL": database_url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"a batch\n"
        process.send_signal(signal.SIGKILL)
    ((left, merges),) = rows("SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM contact_merge)")
    assert (left + merges, merges > 0) == (600, True)
    assert rows("SELECT count(*) FROM event WHERE name = 'visited'") == [(600 * EVENTS_EACH,)]
    assert not merge_them(pairs)
    assert rows("SELECT count(*) FROM contact") == [(300,)]
