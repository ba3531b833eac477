"""Work outside that journeys wait for: done as Prefect tasks, beside each other, again after a crash."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import prefect
import pytest

from flows.operations.perform_activities import perform_activities
from flows.operations.run_clock import jobs
from flows.runtime import ActivityFailed, Journey, activity
from flows.runtime.definitions.definition import Body, Definition
from flows.runtime.virtual_time import run_due
from models.database import engine
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.story import Story

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

DEADLINE = 120.0
tries: list[str] = []
later_is_done = asyncio.Event()


@activity(retries=0)
async def look_up(company: str) -> dict[str, Any]:
    return {"company": company, "employees": 40}


@activity(retries=0)
def count_letters(word: str) -> int:
    return len(word)


@activity(retries=2, pause=timedelta(0))
def works_the_third_time() -> str:
    tries.append("try")
    if len(tries) < 3:
        raise ConnectionError("not yet")
    return "worked"


@activity(retries=1, pause=timedelta(0))
def never_works() -> None:
    raise ConnectionError("the register is down")


@activity(retries=0)
def finds_what_no_column_holds() -> str:
    return "a\0b"


@activity(retries=0)
async def waits_for_the_later_one() -> str:
    await asyncio.wait_for(later_is_done.wait(), DEADLINE)
    return "second"


@activity(retries=0)
async def comes_later() -> str:
    later_is_done.set()
    return "first"


@activity(retries=0)
def hangs_elsewhere() -> str:
    """In the process that is to be killed it says that it has begun, and never ends."""
    if begun := os.environ.get("SAY_BEGUN"):
        Path(begun).touch()
        time.sleep(DEADLINE)
    return "done again"


@pytest.fixture
def story(database_url: str) -> Story:
    """No journey yet."""
    apply_playbook()
    return Story({})


def ask(story: Story, body: Body) -> int:
    """Put a new contact on this journey, as far as its activity."""
    story.definitions = {**story.definitions, body.__name__: Definition(body.__name__, body)}
    contact = story.contact(f"{body.__name__}@example.com")
    story.start(body.__name__, contact)
    return contact


def perform(story: Story) -> str:
    """Do what is open and let journeys go on; returns what ops read."""
    state = asyncio.run(perform_activities(return_state=True))  # type: ignore[call-overload]
    run_due(story.definitions, story.now)
    return str(state.message)


def answers(story: Story, contact: int) -> list[Any]:
    return [answer for _, _, answer in story.steps(contact)]


def next_look() -> datetime | None:
    """When the clock would begin with activities."""
    job = next(job for job in jobs() if job.name == "perform activities")
    with engine().connect() as connection:
        return job.next_due(connection)


def test_results_come_back_as_answers_whether_async_or_sync(story: Story) -> None:
    async def both(j: Journey) -> str:
        found = await j.call(look_up, "Acme")
        return f"{found['employees']} people, {await j.call(count_letters, found['company'])} letters"

    ann = ask(story, both)
    assert [perform(story), perform(story), perform(story)] == ["1 done, 0 failed"] * 2 + ["0 done, 0 failed"]
    assert story.runs(ann) == [("both", "40 people, 4 letters")]
    assert next_look() is None


def test_an_activity_is_tried_again_as_its_code_says(story: Story) -> None:
    async def patient(j: Journey) -> str:
        return str(await j.call(works_the_third_time))

    tries.clear()
    ann = ask(story, patient)
    assert perform(story) == "1 done, 0 failed"
    assert story.runs(ann) == [("patient", "worked")]
    assert len(tries) == 3


def test_a_failed_activity_is_an_exception_that_the_journey_may_catch(story: Story) -> None:
    async def careful(j: Journey) -> str:
        try:
            await j.call(never_works)
        except ActivityFailed as error:
            return f"went another way: {error}"
        return "not reached"

    async def careless(j: Journey) -> str:
        return str(await j.call(never_works))

    careful_one, careless_one = ask(story, careful), ask(story, careless)
    assert perform(story) == "0 done, 2 failed"
    assert story.runs(careful_one) == [("careful", "went another way: ConnectionError: the register is down")]
    assert "ActivityFailed: ConnectionError: the register is down" in story.runs(careless_one)[0][1]


def test_a_result_that_cannot_be_stored_is_a_failure_and_not_repeated_for_ever(story: Story) -> None:
    async def odd(j: Journey) -> str:
        return str(await j.call(finds_what_no_column_holds))

    ann = ask(story, odd)
    assert perform(story) == "0 done, 1 failed"
    assert "its result cannot be stored" in story.runs(ann)[0][1]


def test_a_slow_activity_holds_up_none_that_comes_later(story: Story) -> None:
    async def slow(j: Journey) -> str:
        return str(await j.call(waits_for_the_later_one))

    async def quick(j: Journey) -> str:
        return str(await j.call(comes_later))

    async def performing() -> str:
        work = asyncio.create_task(perform_activities(return_state=True))  # type: ignore[call-overload]
        while await asyncio.to_thread(next_look) == slow_asked_at:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(ask, story, quick)
        return str((await work).message)

    later_is_done.clear()
    ask(story, slow)
    slow_asked_at = next_look()
    assert asyncio.run(performing()) == "2 done, 0 failed"


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that performs activities and has begun with one."""
    begun = tmp_path / "begun"
    code = (
        "import asyncio; from flows.operations.perform_activities import perform_activities;"
        "asyncio.run(perform_activities())"
    )
    api = str(prefect.settings.PREFECT_API_URL.value())
    environment = os.environ | {"PREFECT_API_URL": api, "SAY_BEGUN": str(begun)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment) as process:
        until(lambda: begun.exists() or process.poll() is not None)
        yield process
        process.kill()


@pytest.fixture
def waiting(story: Story) -> int:
    """A contact whose journey waits for an activity."""

    async def killed(j: Journey) -> str:
        return str(await j.call(hangs_elsewhere))

    return ask(story, killed)


def test_what_a_killed_process_was_doing_is_done_again_elsewhere(
    story: Story, waiting: int, other_process: subprocess.Popen[bytes]
) -> None:
    # Until then nobody else takes it, and no clock begins a flow run for it.
    assert perform(story) == "0 done, 0 failed"
    look = next_look()
    assert look is not None
    assert look > datetime.now(UTC) + timedelta(seconds=1)
    other_process.kill()
    until(lambda: (next_look() or look) < datetime.now(UTC))
    assert perform(story) == "1 done, 0 failed"
    assert story.runs(waiting) == [("killed", "done again")]


def until(condition: Any) -> None:
    """Wait for it, with a deadline."""
    give_up = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < give_up, f"it did not come within {DEADLINE:.0f} s"
        time.sleep(0.05)
