"""Processes die, servers restart, and yet every contact has each step and each mail exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from deployments.stack.postgres import Postgres
from models.database import engine, migrate
from models.playbook.mail import Mail
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.servers.clock_process import MAILS, lead_nurture
from tests.support.servers.server_folder import server_folder
from tests.support.story import Story

CONTACTS = 300
SECONDS = 240.0
AT_ANY_HOUR = Mail()
"""Five mails come a moment apart, whenever the tests run."""


class Clocks:
    """Clock processes, started and killed at will."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.support.servers.clock_process", *arguments]
        self.nursery = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.pids: list[int] = []

    def start(self) -> None:
        """One more."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write("start\n")
        self.nursery.stdin.flush()
        self.pids.append(int(self.nursery.stdout.readline()))

    def kill_one(self) -> None:
        """Without a chance to tidy up."""
        os.kill(self.pids.pop(random.randrange(len(self.pids))), signal.SIGKILL)

    def end(self) -> None:
        """All of them."""
        while self.pids:
            self.kill_one()
        self.nursery.kill()
        self.nursery.communicate()


@pytest.fixture
def story(database_url: str) -> Story:
    """Many contacts about to begin."""
    apply_playbook(AT_ANY_HOUR)
    story = Story({"lead_nurture": lead_nurture.definition})
    story.write(f"INSERT INTO contact (email) SELECT 'c' || i || '@example.com' FROM generate_series(1, {CONTACTS}) i")
    return story


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server of the test's own, to be stopped: what it has committed outlasts that."""
    with server_folder() as folder:
        server = Postgres(folder)
        server.start()
        yield server
        server.stop(hurry=True)


@pytest.fixture
def clocks() -> Iterator[Callable[..., Clocks]]:
    """Two clocks on the test's database."""
    made: list[Clocks] = []

    def begin(*arguments: str) -> Clocks:
        made.append(Clocks(*arguments))
        made[-1].start()
        made[-1].start()
        return made[-1]

    yield begin
    for one in made:
        one.end()


def begin(story: Story) -> None:
    """The forms of everybody come in."""
    story.write(
        "INSERT INTO event (name, topic, contact_id, key, at) "
        "SELECT 'form_submitted', 'test', id, 'form:' || id, now() FROM contact"
    )


def until(story: Story, question: str) -> None:
    """Poll until the database answers yes; Postgres may be away meanwhile."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if story.one(question):
                return
        except Exception as error:
            if not isinstance(error.__cause__, psycopg.OperationalError):
                raise
        time.sleep(0.05)
    pytest.fail(f"not within {SECONDS} s: {question}; {story.rows('SELECT state, count(*) FROM message GROUP BY 1')}")


ALL_ENDED = f"SELECT count(*) = {CONTACTS} FROM journey_run WHERE status = 'ended'"
ALL_SETTLED = "SELECT count(*) = 0 FROM message WHERE state IN ('queued', 'sending')"


def kill_at_random(story: Story, clocks: Clocks, times: int) -> None:
    """Kill one of two clocks at random moments while there is work, and start another."""
    until(story, "SELECT count(*) > 0 FROM journey_run")
    for _ in range(times):
        time.sleep(random.uniform(0.01, 0.15))
        clocks.kill_one()
        clocks.start()


def each_step_once(story: Story) -> None:
    """What must be true whatever died."""
    assert story.rows("SELECT ending, count(*) FROM journey_run GROUP BY 1") == [("told everything", CONTACTS)]
    steps = story.rows("SELECT run_id, count(*), max(number) FROM step GROUP BY 1")
    assert {(count, highest) for _, count, highest in steps} == {(3 * MAILS, 3 * MAILS)}
    assert story.one("SELECT count(*) FROM message") == story.one("SELECT count(DISTINCT key) FROM message")
    assert story.one("SELECT count(*) FROM message") == CONTACTS * MAILS
    assert story.rows("SELECT DISTINCT score::int FROM contact") == [(MAILS,)]
    assert story.one("SELECT count(*) FROM event WHERE reacted_at IS NULL AND name = 'form_submitted'") == 0


def test_killed_clocks_lose_and_double_nothing(story: Story, clocks: Callable[..., Clocks]) -> None:
    running = clocks()
    begin(story)
    kill_at_random(story, running, times=25)
    until(story, ALL_ENDED)
    until(story, ALL_SETTLED)
    each_step_once(story)
    assert story.rows("SELECT state, count(*) FROM message GROUP BY 1") == [("sent", CONTACTS * MAILS)]
    assert story.one("SELECT count(*) FROM letter") == CONTACTS * MAILS


def test_what_may_have_gone_out_is_unknown_and_not_sent_twice(
    story: Story, clocks: Callable[..., Clocks], tmp_path: Path
) -> None:
    sent = tmp_path / "sent.txt"
    sent.touch()
    running = clocks(str(sent))
    begin(story)
    kill_at_random(story, running, times=40)
    until(story, ALL_ENDED)
    until(story, ALL_SETTLED)
    each_step_once(story)
    handed_over = Counter(sent.read_text().split())
    assert set(handed_over.values()) == {1}
    states = dict(story.rows("SELECT key, state FROM message"))
    assert {key for key, state in states.items() if state == "sent"} <= set(handed_over)
    assert set(states.values()) <= {"sent", "unknown"}
    assert len(states) == CONTACTS * MAILS


def test_work_goes_on_by_itself_after_postgres_was_restarted(
    own_server: Postgres, monkeypatch: pytest.MonkeyPatch, clocks: Callable[..., Clocks]
) -> None:
    server = own_server
    server.create_database("tend")
    monkeypatch.setenv("TEND_DATABASE_URL", server.url("tend"))
    migrate()
    apply_playbook(AT_ANY_HOUR)
    story = Story({"lead_nurture": lead_nurture.definition})
    story.write(f"INSERT INTO contact (email) SELECT 'c' || i || '@example.com' FROM generate_series(1, {CONTACTS}) i")
    running = clocks()
    try:
        begin(story)
        until(story, "SELECT count(*) > 100 FROM message")
        for _ in range(2):
            server.stop(hurry=True)
            server.start()
        until(story, ALL_ENDED)
        until(story, ALL_SETTLED)
        each_step_once(story)
    finally:
        running.end()
        engine().dispose()
