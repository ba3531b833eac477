"""The stack as `tend up` runs it: leads get their first mail, whatever dies meanwhile. The tests follow in order."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import httpx
import psutil
import pytest

from deployments.stack.stack import WITHOUT_PREFECT
from tests.support.servers.stack_copy import StackCopy, wait_until

QUIET_SECONDS = 5.0
LEADS = 12


FIRST = {"form": "newsletter", "email": "very-first@example.com"}


@dataclass
class Start:
    """What was seen while a new installation started and somebody else had Prefect's port."""

    first_answer: int = 0
    said: str = ""


START = Start()


@pytest.fixture(scope="module")
def stack() -> Iterator[StackCopy]:
    """One start for all tests here."""
    stack = StackCopy()
    try:
        with socket.create_server(("127.0.0.1", stack.prefect_port)):
            START.first_answer = wait_until(lambda: first_answer(stack), stack.output)
            START.said = wait_until(lambda: WITHOUT_PREFECT in stack.output() and stack.output())
        stack.wait_until_up()
        yield stack
    finally:
        stack.end()


def first_answer(stack: StackCopy) -> int:
    """The status of the first answer to a lead; 0 while nobody answers."""
    try:
        return stack.web.post("/leads/website", json=FIRST).status_code
    except httpx.TransportError:
        return 0


def lead(stack: StackCopy, email: str, form: str = "request-info") -> int:
    """Somebody fills in the form and is answered at once; gives their contact's number."""
    answer = stack.web.post("/leads/website", json={"form": form, "email": email, "first_name": "Ann"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["contact_id"])


def mails(stack: StackCopy, email: str) -> int:
    """How many mails they have received."""
    rows = stack.rows("SELECT count(*) FROM letter WHERE to_address = %s", email)
    return int(rows[0][0])


def is_quiet(stack: StackCopy) -> bool:
    """Nothing is left to do now and no flow run is under way; what waits for the hours of mail waits."""
    (open_work,) = stack.rows(
        "SELECT (SELECT count(*) FROM message WHERE state = 'sending' OR state = 'queued' AND due_at <= now())"
        " + (SELECT count(*) FROM event WHERE reacted_at IS NULL)"
        " + (SELECT count(*) FROM journey_run WHERE status = 'waiting' AND resume_at <= now())"
    )[0]
    return not open_work and not [run for run in stack.flow_runs() if run["end_time"] is None]


def test_the_very_first_lead_of_a_new_installation_is_taken_though_prefect_cannot_start(stack: StackCopy) -> None:
    assert START.first_answer == 201
    assert f"Port {stack.prefect_port} is taken" in START.said
    assert "joins when it can" in START.said


def test_a_lead_has_its_first_mail_and_prefect_shows_the_flow_run(stack: StackCopy) -> None:
    lead(stack, "first@example.com")
    wait_until(lambda: mails(stack, "first@example.com"))
    told = wait_until(
        lambda: [run["state"]["message"] for run in stack.flow_runs("lead-qualification") if run["end_time"]]
    )
    assert "moved 1" in told


def test_what_is_scheduled_is_on_prefects_agenda(stack: StackCopy) -> None:
    # With a newer SQLAlchemy the scheduler of Prefect's server fails, and nights would never come.
    wanted = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "flows": {"name": {"any_": ["decay-scores"]}}}
    assert wait_until(lambda: stack.prefect.post("/flow_runs/filter", json=wanted).json())


def test_an_idle_clock_makes_no_flow_runs(stack: StackCopy) -> None:
    wait_until(lambda: is_quiet(stack))
    before = stack.flow_runs()
    enough = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < enough:
        assert len(stack.flow_runs()) == len(before)
        time.sleep(0.5)


def test_leads_in_quick_succession_share_flow_runs(stack: StackCopy) -> None:
    before = len(stack.flow_runs("lead-qualification"))
    for number in range(LEADS):
        lead(stack, f"quick{number}@example.com")
        time.sleep(0.25)
    wait_until(lambda: all(mails(stack, f"quick{number}@example.com") for number in range(LEADS)))
    wait_until(lambda: is_quiet(stack))
    runs = stack.flow_runs("lead-qualification")
    moments = sorted(datetime.fromisoformat(run["start_time"]) for run in runs)[before:]
    assert len(moments) <= (moments[-1] - moments[0]).total_seconds() + 2


def test_ops_start_a_journey_from_the_form(stack: StackCopy) -> None:
    picked = lead(stack, "picked@example.com", form="newsletter")
    deployment = stack.prefect.get("/deployments/name/lead-qualification/Lead qualification").json()
    # Otherwise Prefect's worker would copy the checkout, its database included, for each flow run.
    assert [list(step) for step in deployment["pull_steps"]] == [["prefect.deployments.steps.set_working_directory"]]
    asked = {"parameters": {"contacts": [str(picked)], "dry_run": False}}
    run = stack.prefect.post(f"/deployments/{deployment['id']}/create_flow_run", json=asked).json()
    wait_until(lambda: stack.prefect.get(f"/flow_runs/{run['id']}").json()["end_time"])
    ended = stack.prefect.get(f"/flow_runs/{run['id']}").json()
    assert ended["name"].startswith("start 1 contact: started 1")
    assert ended["state"]["type"] == "COMPLETED"
    # The clock may have been quicker to move it than the flow run that started it.
    assert ended["state"]["message"].startswith("started 1")
    wait_until(lambda: mails(stack, "picked@example.com"))


def test_leads_are_taken_and_worked_off_without_prefect_which_comes_back(stack: StackCopy) -> None:
    before = stack.pids()["prefect"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not answers(stack))
    lead(stack, "alone@example.com")
    assert not answers(stack)
    wait_until(lambda: stack.pids().get("prefect", before) != before and answers(stack), stack.output)
    wait_until(lambda: mails(stack, "alone@example.com"))


def test_a_killed_clock_is_started_again(stack: StackCopy) -> None:
    before = stack.pids()["clock"]
    os.kill(before, signal.SIGKILL)
    lead(stack, "afterwards@example.com")
    wait_until(lambda: mails(stack, "afterwards@example.com"), stack.output)
    assert stack.pids()["clock"] != before
    assert "clock was ended by SIGKILL; it starts again" in stack.output()


def test_a_request_to_end_leaves_no_process(stack: StackCopy) -> None:
    seen = [*stack.seen, *(psutil.Process(pid) for pid in stack.pids().values())]
    children = [child for process in seen if process.is_running() for child in process.children(recursive=True)]
    stack.up.terminate()
    wait_until(lambda: stack.up.poll() is not None, stack.output)
    assert stack.up.returncode == 0
    left = [process for process in {*seen, *children} if process.is_running()]
    assert not left


def answers(stack: StackCopy) -> bool:
    """Whether Prefect's server does."""
    try:
        return stack.prefect.get("/health").is_success
    except httpx.TransportError:
        return False
