"""Runs of the report: late, twice, two at once, killed; and what was known when stays readable."""

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy import event as listening
from sqlalchemy.exc import OperationalError

from models.database import engine
from models.kpi.period import Period
from models.kpi.run import ReportBusy, last_run, nothing_reported, read_changes, run_known_on, runs
from models.kpi.versions import as_known
from tests.support.database import rows, write
from tests.support.merging import merge
from tests.support.reports import daily, funnel, report, reported, version_count
from tests.support.story import MONDAY, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST = MONDAY.date()
NEW_YORK = "America/New_York"


@pytest.fixture
def story(make_story: Callable[..., Story]) -> Story:
    """The shipped playbook, no journeys, and Ann, who came on a Monday."""
    story = make_story()
    story.contact(created_at=MONDAY, source="website")
    story.happens("form_submitted", "guide", contact=ann())
    return story


def ann() -> int:
    [row] = rows("SELECT id FROM contact WHERE email = 'ann@example.com'")
    return int(row.id)


def test_what_is_told_late_changes_its_own_day_and_the_run_says_so(story: Story) -> None:
    report(MONDAY + DAY)
    report(MONDAY + 2 * DAY)
    story.now = MONDAY + 3 * DAY
    story.happens("call_connected", contact=ann(), ago=3 * DAY - HOUR, is_history=True)
    done = report(story.now)
    assert {(one.measure, one.before, one.after) for one in done.changed} >= {("touch", 0, 1), ("connected", 0, 1)}
    assert {one.day for one in done.changed} == {FIRST}
    assert done.changed_count == len(done.changed)
    assert "numbers of 1 day before changed" in done.sentence()
    assert done.changed[0].words().startswith("2 Mar 2026: ")
    new = rows("SELECT DISTINCT day FROM kpi_daily WHERE known_from = :at", at=done.known_at)
    assert [row.day for row in new] == [FIRST]
    with engine().connect() as connection:
        [stored] = runs(connection, 1)
    assert tuple(read_changes(stored)) == done.changed


def test_a_usual_night_finds_nothing_of_the_past_different(story: Story) -> None:
    report(MONDAY + HOUR)
    story.now = MONDAY + 2 * HOUR
    story.happens("page_visited", contact=ann())
    done = report(MONDAY + DAY)
    assert done.changed == ()
    assert done.sentence().endswith("nothing of the past is different.")


def test_what_was_known_on_a_day_stays_readable_after_late_news_erasure_and_a_new_count(story: Story) -> None:
    bob = story.contact("bob@example.com", created_at=MONDAY)
    story.happens("order_placed", contact=bob, data={"amount": 100, "reference": "17"})
    known = {}
    for days in (1, 2, 3, 30, 31, 32):
        story.now = MONDAY + days * DAY
        match days:
            case 2:
                story.happens("call_connected", contact=ann(), ago=DAY, is_history=True)
            case 3:
                story.happens("order_cancelled", contact=bob, data={"reference": "17"})
            case 30:
                write("DELETE FROM contact WHERE id = :bob", bob=bob)
        done = report(story.now, full=days == 31)
        known[story.now] = reported()
        assert done.known_at == story.now
    for at, was in known.items():
        with engine().connect() as connection:
            run = run_known_on(connection, (at - 5 * HOUR).date(), NEW_YORK)
        assert run is not None
        assert reported(run.known_at) == was
    assert len({repr(was) for was in known.values()}) > 3


def test_an_erased_person_stays_in_what_was_counted_and_stands_nowhere_from_then_on(story: Story) -> None:
    bob = story.contact("bob@example.com", created_at=MONDAY)
    story.happens("order_placed", contact=bob, data={"amount": 100})
    report(MONDAY + DAY)
    # Goals and forecasts are of the day on which they are looked at, and spells end where somebody is gone.
    before = reported(leave_out=("kpi_stage_spell", "kpi_forecast", "kpi_goal"))
    write("DELETE FROM contact WHERE id = :bob", bob=bob)
    for full, days in ((False, 3), (True, 4), (False, 5)):
        done = report(MONDAY + days * DAY, full=full)
        assert done.changed == ()
        now = reported()
        assert {name for name, was in before.items() if not set(was) <= set(now[name])} == set()
    assert daily("sale") == {FIRST: 1}
    assert [set(funnel(FIRST + days * DAY)) for days in (2, 3)] == [{"mgl", "customer"}, {"mgl"}]


def test_of_two_contacts_that_are_merged_one_is_left_in_every_number(story: Story) -> None:
    twin = story.contact("twin@example.com", created_at=MONDAY)
    report(MONDAY + DAY)
    assert daily("lead") == {FIRST: 2}
    merge(ann(), twin, now=MONDAY + 2 * DAY)
    report(MONDAY + 2 * DAY)
    assert daily("lead") == {FIRST: 1}
    assert funnel(FIRST)["mgl"].standing == 1


def test_a_second_run_at_once_says_since_when_the_first_goes_on(story: Story) -> None:
    with engine().connect() as first, first.begin():
        first.execute(text("LOCK TABLE kpi_run IN EXCLUSIVE MODE"))
        with pytest.raises(ReportBusy, match=r"Another run of the report is going on since \d\d:\d\d UTC\. Wait"):
            report(MONDAY + DAY)
        assert rows("SELECT count(*) FROM kpi_fact") == [(0,)]  # whoever reads is not held up


def test_two_runs_at_once_take_turns_and_the_second_finds_nothing_new(story: Story) -> None:
    done: list[Any] = []

    def run() -> None:
        done.append(report(MONDAY + DAY, wait=timedelta(minutes=5)))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = sorted(sum(one.rows.values()) for one in done)
    assert written[:2] == [0, 0]
    assert written[2] > 0
    assert len({one.known_at for one in done}) == 3


# The driver cannot close a cursor whose connection is gone.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*ServerCursor:pytest.PytestUnraisableExceptionWarning")
def test_a_run_that_is_killed_anywhere_leaves_all_as_it_was(story: Story) -> None:
    report(MONDAY + DAY)
    story.now = MONDAY + 2 * DAY
    story.happens("order_placed", contact=ann(), data={"amount": 100}, ago=DAY, is_history=True)
    before, versions, killed = reported(), version_count(), 0
    while not _killed_before(killed, story.now):
        killed += 1
        assert (reported(), version_count(), rows("SELECT count(*) FROM kpi_run")) == (before, versions, [(1,)])
    assert killed > 20
    assert reported() != before


WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(kpi_|deleted_contact)')


def _killed_before(number: int, now: datetime) -> bool:
    """Run the report with a server that ends its connection before that write, the commit being the last one; whether
    it came to its end before. Between two writes it is the same wherever it is killed.
    """
    writes = 0

    def kill(connection: Connection) -> None:
        nonlocal writes
        writes += 1
        if writes == number + 1:
            pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            write("SELECT pg_terminate_backend(:pid)", pid=pid)

    def at_statement(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if WRITES.match(statement):
            kill(connection)

    listeners = {"before_cursor_execute": _not_within(at_statement), "commit": _not_within(kill)}
    made = engine()
    for name, listener in listeners.items():
        listening.listen(made, name, listener)
    try:
        report(now)
    except OperationalError:
        return False
    finally:
        for name, listener in listeners.items():
            listening.remove(made, name, listener)
    return True


def _not_within(act: Callable[..., None]) -> Callable[..., None]:
    """A listener that does not hear the statements that it makes itself."""
    inside = False

    def listen(*heard: Any) -> None:
        nonlocal inside
        if not inside:
            inside = True
            try:
                act(*heard)
            finally:
                inside = False

    return listen


def test_what_a_slow_transaction_commits_after_the_run_is_in_the_next_one(story: Story) -> None:
    story.now = MONDAY + HOUR
    with engine().connect() as slow, slow.begin():
        insert = (
            "INSERT INTO event (name, contact_id, data, at, received_at) VALUES ('page_visited', :id, '{}', :at, :at)"
        )
        slow.execute(text(insert), {"id": ann(), "at": story.now})
        story.happens("note_added", contact=story.contact("bob@example.com", created_at=story.now))
        report(story.now + MINUTE)
    assert daily("engaged") == {}
    report(story.now + 2 * MINUTE)
    assert daily("engaged") == {FIRST: 1}


def test_an_event_that_waits_for_the_clock_is_counted_when_it_has_been_reacted_to(story: Story) -> None:
    write(
        "INSERT INTO event (name, contact_id, data, at, received_at) VALUES ('order_placed', :id, :data, :at, :at)",
        id=ann(),
        data='{"amount": 100}',
        at=MONDAY + HOUR,
    )
    report(MONDAY + DAY)
    assert daily("sale") == {}
    story.now = MONDAY + 3 * DAY
    story.happens("note_added", contact=story.contact("bob@example.com", created_at=story.now))
    report(story.now)
    assert daily("sale") == {FIRST: 1}


def test_a_period_counts_anew_whoever_has_anything_in_it_and_nobody_else(story: Story) -> None:
    for email, days in (("bob@example.com", 0), ("cleo@example.com", 5)):
        bought = story.contact(email, created_at=MONDAY + days * DAY)
        story.now = MONDAY + days * DAY
        story.happens("order_placed", contact=bought, data={"amount": 100})
    report(MONDAY + 7 * DAY)
    write('UPDATE "order" SET amount = 70')  # behind Tend's back
    report(MONDAY + 8 * DAY)
    assert amounts() == [100, 100]
    done = report(MONDAY + 9 * DAY, period=Period(FIRST, FIRST + DAY))
    assert amounts() == [70, 100]
    assert {(one.measure, one.what, one.before, one.after) for one in done.changed} >= {("sale", "amount", 100, 70)}
    report(MONDAY + 10 * DAY, full=True)
    assert amounts() == [70, 70]


def amounts() -> list[int]:
    found = rows(
        f"SELECT amount FROM kpi_daily WHERE {as_known(None)} AND measure = 'sale' AND dimension = 'all' "
        "AND team_id = 0 ORDER BY day"
    )
    return [int(row.amount) for row in found]


def test_other_teams_count_everything_anew_and_a_new_salesperson_does_not(story: Story) -> None:
    report(MONDAY + DAY)
    write("INSERT INTO rep (name, email) VALUES ('New', 'new@example.com')")
    assert not report(MONDAY + 2 * DAY).is_full
    write("UPDATE rep SET team_id = NULL WHERE id = (SELECT min(id) FROM rep)")
    done = report(MONDAY + 3 * DAY)
    assert (done.is_full, done.reasons) == (True, ("the team or the hours of salespeople",))
    assert done.sentence().startswith("All days counted anew, as there is another state of the team or the hours")


def test_a_clock_that_is_set_back_makes_nothing_older_than_what_was_known_before(story: Story) -> None:
    late = report(MONDAY + 30 * DAY)
    before = reported()
    story.now = MONDAY + DAY
    story.happens("page_visited", contact=ann())
    early = report(MONDAY + DAY)
    assert early.known_at > late.known_at
    assert reported(late.known_at) == before
    assert daily("engaged") == {FIRST + DAY: 1}


def test_before_the_first_run_nothing_was_known(story: Story) -> None:
    with engine().connect() as connection:
        assert last_run(connection) is None
        assert nothing_reported(connection, FIRST, NEW_YORK) == (
            "Nothing has been reported yet: the report is counted every night."
        )
    report(MONDAY + DAY)
    with engine().connect() as connection:
        assert run_known_on(connection, FIRST, NEW_YORK) is None
        assert nothing_reported(connection, FIRST, NEW_YORK) == (
            "By 2 Mar 2026 nothing had been reported: the first report is of 3 Mar 2026."
        )
        assert last_run(connection) is not None


def test_a_report_of_nobody_is_empty_and_no_error(make_story: Callable[..., Story]) -> None:
    make_story()
    done = report(MONDAY)
    assert done.contacts == 0
    assert daily("lead") == {}
