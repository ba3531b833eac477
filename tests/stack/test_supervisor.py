"""The supervisor: what dies comes back, what is told to end ends, nothing outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deployments.stack import supervisor as supervising
from deployments.stack.children import ProcessChild, run_to_end
from deployments.stack.command_error import CommandError
from deployments.stack.stack_record import lock_stack
from deployments.stack.supervisor import Supervisor, next_pause

FOREVER = "import time\nwhile True: time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\n" + FOREVER
WITH_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); print(p.pid, flush=True)\n"
)


def a_child(folder: Path, code: str, *arguments: str, name: str = "clock") -> ProcessChild:
    return ProcessChild(name, [sys.executable, "-c", code, *arguments], os.environ, folder / f"{name}.log")


async def eventually(condition: Callable[[], bool], within: float = 15) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "It did not come true in time."
        await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pid_of(child: ProcessChild) -> int:
    assert child.pid is not None
    return child.pid


def test_pauses_grow_to_a_minute_and_begin_anew_after_a_good_life() -> None:
    pauses, pause = [], 0.0
    for _ in range(8):
        pause = next_pause(pause, lived=0.1)
        pauses.append(pause)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert next_pause(60, lived=61) == 1


async def _dies_and_comes_back(folder: Path) -> list[str]:
    said: list[str] = []
    supervisor, child = Supervisor(said.append), a_child(folder, FOREVER)
    await supervisor.start(child)
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: child.pid not in (None, first))
    assert child.restarts == 1
    await supervisor.end_all()
    assert not is_alive(first)
    assert child.pid is None
    return said


def test_a_child_that_dies_is_started_again_and_it_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "SHORTEST_PAUSE", 0.05)
    said = asyncio.run(_dies_and_comes_back(tmp_path))
    assert said == ["clock was ended by SIGKILL; it starts again in 0 s (./tend logs clock)"]


def test_children_end_in_reverse_order(tmp_path: Path) -> None:
    async def story() -> list[str]:
        alive: list[list[str]] = []
        supervisor = Supervisor(print, lambda: alive.append([child.name for child in supervisor.children]))
        for name in ("postgres", "web", "clock"):
            await supervisor.start(a_child(tmp_path, FOREVER, name=name))
        await supervisor.end_all()
        return [" ".join(names) for names in alive[3:]]

    assert asyncio.run(story()) == ["postgres web", "postgres", ""]


def test_a_child_that_does_not_listen_is_ended_by_force_and_a_second_ctrl_c_hastens(tmp_path: Path) -> None:
    async def story() -> float:
        supervisor, child = Supervisor(print), a_child(tmp_path, STUBBORN)
        await supervisor.start(child)
        await eventually(lambda: "deaf" in child.log.read_text())
        began = time.monotonic()
        ending = asyncio.create_task(supervisor.end_all())
        await asyncio.sleep(0)
        supervisor.end_now()
        await ending
        assert child.pid is None
        return time.monotonic() - began

    assert asyncio.run(story()) < supervising.GRACE_SECONDS


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    async def story() -> int:
        supervisor, child = Supervisor(print), a_child(tmp_path, WITH_GRANDCHILD + FOREVER, STUBBORN)
        await supervisor.start(child)
        await eventually(lambda: "deaf" in child.log.read_text())
        grandchild = int(child.log.read_text().split()[0])
        await supervisor.end_all()
        await eventually(lambda: not is_alive(grandchild))
        return grandchild

    assert not is_alive(asyncio.run(story()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_end_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys; from pathlib import Path; from deployments.stack.children import ProcessChild\n"
        "async def main():\n"
        "    child = ProcessChild('web', [sys.executable, '-c', sys.argv[1]], os.environ, Path(sys.argv[2]))\n"
        "    await child.start(); print(child.pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", code, FOREVER, str(tmp_path / "web.log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    asyncio.run(eventually(lambda: not is_alive(child)))


def test_work_that_fails_is_refused_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"migrate ended with code 1: ValueError: no such table"):
        asyncio.run(run_to_end(a_child(tmp_path, "raise ValueError('no such table')", name="migrate")))


def test_a_child_that_cannot_be_started_is_said_and_tried_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "SHORTEST_PAUSE", 0.05)

    async def story() -> list[str]:
        said: list[str] = []
        supervisor, child = Supervisor(said.append), a_child(tmp_path, FOREVER)
        await supervisor.start(child)
        first = pid_of(child)
        child.log = tmp_path / "no such folder" / "web.log"
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: len(said) > 1)
        child.log.parent.mkdir()
        await eventually(lambda: child.pid not in (None, first))
        await supervisor.end_all()
        return said

    assert "clock cannot be started and is tried again" in asyncio.run(story())[1]


def test_what_everything_waits_for_is_started_again_at_once_if_it_came_up() -> None:
    assert next_pause(60, lived=1, is_needed_at_once=True) == 0
    assert next_pause(0, lived=0.1, is_needed_at_once=True) == 1
    assert next_pause(1, lived=0.1, is_needed_at_once=True) == 2


STACK_WITH_GUARD = """
import asyncio, os, sys
from pathlib import Path
from deployments.stack.children import GuardChild, ProcessChild
from deployments.stack.stack_record import StackRecord, lock_stack, record_process, write_record
from deployments.stack.supervisor import Supervisor

state, deaf = Path(sys.argv[1]), sys.argv[2]

async def main():
    def record():
        children = [record_process(child.name, child.pid) for child in supervisor.children if child.pid]
        write_record(StackRecord(record_process("up", os.getpid()), "", "", children), state)

    supervisor = Supervisor(print, record)
    command = [sys.executable, "-m", "deployments.stack.guard", str(state)]
    await supervisor.start(GuardChild(command, os.environ, state / "guard.log"))
    web = ProcessChild("web", [sys.executable, "-c", deaf], os.environ, state / "web.log")
    web._at_our_death = 0  # as on a system that tells no child of its parent's death
    await supervisor.start(web)
    while "deaf" not in web.log.read_text():
        await asyncio.sleep(0.02)
    print(supervisor.children[0].pid, web.pid, flush=True)
    await asyncio.sleep(600)

with lock_stack(state):
    asyncio.run(main())
"""


def test_what_a_killed_supervisor_leaves_is_ended_by_its_guard_even_what_does_not_listen(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STACK_WITH_GUARD, str(tmp_path), STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        guard, web = map(int, supervisor.stdout.readline().split())
        assert is_alive(guard)
        assert is_alive(web)
        supervisor.kill()
    asyncio.run(eventually(lambda: not is_alive(web) and not is_alive(guard), within=60))
    assert not (tmp_path / "stack.json").exists()
    with lock_stack(tmp_path) as free:
        assert free
