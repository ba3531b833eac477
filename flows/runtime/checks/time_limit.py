"""Maps of journeys whose code may never come back: each step has its time."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.journey_map import START_NODE, JourneyMap, MapProblem, Trouble, build_map
from models.playbook.tasks import TaskKinds

LONGEST = timedelta(seconds=1)
"""Of work of the processor, between two steps."""
BETWEEN_LOOKS = 0.2


class TooSlow(BaseException):
    """Thrown into code that takes too long; no `except Exception` of a journey catches it."""


def build_map_in_time(definition: Definition, kinds: TaskKinds, longest: timedelta = LONGEST) -> JourneyMap:
    """The map of a journey. Where its code asks for no step any more, an empty map with that problem, and its line."""
    module = getattr(sys.modules.get(definition.body.__module__), "__file__", None)
    found, stands_at = _within(longest, lambda tried: build_map(definition, kinds, tried=tried), str(module))
    if found is not None:
        return found
    empty = JourneyMap(definition.name)
    if stands_at is not None:
        empty.places[START_NODE] = (str(module), stands_at)
    empty.add_problem(
        MapProblem(
            Trouble.STANDS_STILL,
            f"{definition.name}: it works on and on without asking for a step. Let each loop come to an end, or "
            "await a step in it.",
            START_NODE,
        )
    )
    return empty


def _within(
    longest: timedelta, work: Callable[[Callable[[], None]], JourneyMap], file: str
) -> tuple[JourneyMap | None, int | None]:
    """The result of the work, or None and the line of this file in which it stood when its time was up.

    The work gets a function to call before each step, from when its time is counted anew.
    """
    thread, stood_at, is_done = threading.get_ident(), list[int](), threading.Event()
    clock = _clock_of(thread)
    begin = [clock()]

    def tried() -> None:
        begin[0] = clock()

    def watch() -> None:
        while not is_done.wait(BETWEEN_LOOKS):
            if clock() - begin[0] > longest.total_seconds():
                stood_at.extend(_line_of(sys._current_frames().get(thread), file))
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TooSlow))
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        return work(tried), None
    except TooSlow:
        return None, stood_at[0] if stood_at else None
    finally:
        is_done.set()


def _clock_of(thread: int) -> Callable[[], float]:
    """How long the processor has worked for a thread, in seconds; where that is not told, the time of day."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.monotonic
    clock = time.pthread_getcpuclockid(thread)
    return lambda: time.clock_gettime(clock)


def _line_of(frame: Any, file: str) -> list[int]:
    while frame is not None:
        if frame.f_code.co_filename == file:
            return [frame.f_lineno]
        frame = frame.f_back
    return []
