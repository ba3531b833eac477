"""A clock that is told to stop hands over at once, and one without Prefect works on: real processes, no stack."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Pending, Running

from flows.operations.lost_flow_runs import LONGEST_PENDING, find_lost
from flows.runtime.clock import ChangeSignal, Job, run_jobs
from tests.support.database import rows, write
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.servers.ports import free_port

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PENDING = "SELECT count(*) FROM event WHERE reacted_at IS NULL"
DEADLINE = 120.0
WORKS_ON_AND_ON = """
import asyncio, sys, threading, time
from datetime import UTC, datetime
from sqlalchemy import text
from flows.operations.clock_process import run_until_signalled
from flows.runtime.clock import Job, run_jobs
from models.database import engine

def work_in_a_transaction():
    with engine().begin() as connection:
        connection.execute(text("UPDATE product SET name = name"))
        print("working", flush=True)
        time.sleep(600)

async def run(change):
    now = lambda _: datetime.now(UTC)
    await run_jobs([Job("slow", now, lambda: asyncio.to_thread(work_in_a_transaction))], change)

run_until_signalled(run)
"""

StartClock = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(database_url: str) -> Iterator[StartClock]:
    """Starts a process with a Prefect address at which nobody answers; what is left of it at the end is killed."""
    apply_playbook()
    started: list[subprocess.Popen[str]] = []
    nobody = {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api", "PYTHONUNBUFFERED": "1"}

    def begin(*command: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-P", *command],
            cwd=ROOT,
            env=os.environ | nobody,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_until(condition: Callable[[], Any]) -> None:
    give_up = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_clock_without_prefect_reacts_moves_and_asks_people_and_ends_in_order(start: StartClock) -> None:
    clock = start("-m", "flows.operations.run_clock")
    write("INSERT INTO contact (email, created_at, updated_at) VALUES ('ann@example.com', now(), now())")
    write(
        "INSERT INTO event (name, topic, contact_id, data, at) "
        "SELECT 'form_submitted', 'request-info', id, '{}', now() FROM contact"
    )
    wait_until(lambda: rows("SELECT count(*) FROM message")[0][0])
    wait_until(lambda: not rows(PENDING)[0][0])
    assert rows("SELECT count(*) FROM step")[0][0]
    clock.send_signal(signal.SIGTERM)
    said, _ = clock.communicate(timeout=DEADLINE)
    # The mailer is not known without Prefect, which is one sentence each time that it is asked for.
    assert (clock.returncode, "Traceback" in said) == (0, False)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_work_that_cannot_be_left_is_rolled_back_and_the_clock_ends_all_the_same(
    start: StartClock, how: signal.Signals
) -> None:
    clock = start("-c", WORKS_ON_AND_ON)
    assert clock.stdout is not None
    assert clock.stdout.readline() == "working\n"
    clock.send_signal(how)
    said, _ = clock.communicate(timeout=DEADLINE)
    assert (clock.returncode, "Traceback" in said) == (0, False)
    # Its locks are free.
    write("SET lock_timeout = '60s'; UPDATE product SET name = name")


def test_jobs_that_sleep_end_at_once_and_one_that_works_comes_to_its_end(database_url: str) -> None:
    ended: list[str] = []

    async def story() -> None:
        change, began = ChangeSignal(), asyncio.Event()

        async def work() -> None:
            began.set()
            await change.stop.wait()
            ended.append("worked to its end")

        later = datetime.now(UTC) + timedelta(days=1)
        jobs = [Job("busy", lambda _: datetime.now(UTC), work), Job("asleep", lambda _: later, work)]
        running = asyncio.create_task(run_jobs(jobs, change))
        await began.wait()
        change.stop.set()
        change.set()
        await running

    asyncio.run(story())
    assert ended == ["worked to its end"]


def test_an_address_that_leads_through_a_pooler_ends_the_clock_with_a_sentence(start: StartClock) -> None:
    refuse = (
        "import sys; from models.session_check import SharedSession\n"
        "from flows.operations.clock_process import run_until_signalled\n"
        "async def run(change): raise SharedSession('postgresql://ann:secret@pool/tend', 'a lock did not hold')\n"
        "run_until_signalled(run)"
    )
    clock = start("-c", "import logging; logging.basicConfig(level='INFO')\n" + refuse)
    said, _ = clock.communicate(timeout=DEADLINE)
    assert clock.returncode == 1
    assert "The clock refuses to start." in said
    assert "secret" not in said
    assert "Traceback" not in said


def a_flow_run(state: Any, **columns: Any) -> FlowRun:
    return FlowRun(id=uuid4(), flow_id=uuid4(), state=state, **columns)


def test_flow_runs_of_clocks_that_died_are_lost_and_those_of_living_ones_are_not() -> None:
    running = Running(timestamp=NOW - timedelta(minutes=1))
    dead, living = a_flow_run(running, tags=["clock-7"]), a_flow_run(running, tags=["clock-8"])
    by_hand = a_flow_run(running, tags=["journey"])
    lost = find_lost([dead, living, by_hand], living_clocks={8}, now=NOW)
    assert list(lost) == [dead.id]
    assert lost[dead.id].startswith("The clock that did this was ended")


def test_a_flow_run_that_never_began_is_lost_after_a_while() -> None:
    old, new = (
        a_flow_run(Pending(timestamp=NOW - age), tags=["clock-8"]) for age in (2 * LONGEST_PENDING, timedelta())
    )
    assert list(find_lost([old, new], living_clocks={8}, now=NOW)) == [old.id]


def test_a_flow_run_of_a_worker_is_lost_with_its_process_on_this_machine_alone() -> None:
    running, here = Running(timestamp=NOW), socket.gethostname()
    ours = a_flow_run(running, infrastructure_pid=f"{here}:{os.getpid()}", start_time=datetime.now(UTC))
    gone = a_flow_run(running, infrastructure_pid=f"{here}:999999999", start_time=NOW)
    elsewhere = a_flow_run(running, infrastructure_pid="another-machine:999999999", start_time=NOW)
    reused = a_flow_run(running, infrastructure_pid=f"{here}:{os.getpid()}", start_time=NOW - timedelta(days=3650))
    assert list(find_lost([ours, gone, elsewhere, reused], living_clocks=(), now=NOW)) == [gone.id, reused.id]
