"""What a request for a person does to the runs of a trip, by the runtime's own places: see `repeated_requests`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flows.runtime.maps.request_places import RequestPlaces
from flows.runtime.repeated_requests import PAUSE
from flows.runtime.verbs.task import TaskStep
from flows.testing.open_run import OpenRun


def take_up(runs: Sequence[OpenRun], places: RequestPlaces, event: str, now: datetime) -> bool:
    """Whether something under way hears a request that no run waited for: a task, or a run that goes on to one."""
    waiting = [run for run in runs if run.is_open and run.waits]
    if any(isinstance(run.place.ask, TaskStep) and not run.place.ask.to for run in waiting):
        return True
    if any(_is_at(run, places.before_task) for run in runs if run.is_open):
        return True
    # Whoever writes wants an answer in writing, which a journey of its own brings.
    going_on = [run for run in waiting if event != "replied" and run.resume_at and _is_at(run, places.going_on)]
    if not going_on:
        return False
    soonest = min(going_on, key=lambda run: (run.resume_at, run.id))
    soonest.resume_at = min(soonest.resume_at or now, now)
    return True


def pause(runs: Sequence[OpenRun], places: RequestPlaces, now: datetime) -> None:
    """Let the other waits last until somebody had time to talk to the contact."""
    until = now + PAUSE
    for run in runs:
        if run.waits and run.event is None and run.resume_at is not None and _is_at(run, places.pausing):
            run.resume_at = until if now < run.resume_at < until else run.resume_at


def _is_at(run: OpenRun, places: Mapping[str, Sequence[str]]) -> bool:
    step = run.place.ask
    return step is not None and (run.name, step.name) in zip(*places.values(), strict=True)
