"""The holdout of a journey: a share of contacts never takes it, so that what it brings can be measured."""

from collections.abc import Awaitable, Callable

from flows.runtime.definitions.journey import Journey
from flows.runtime.definitions.run import Run
from flows.runtime.verbs.split import SplitStep
from models.splits import HELD_OUT, ON_THE_JOURNEY, holdout_name, holdout_of


def has_holdout_step(journey: str, run: Run) -> bool:
    """Whether the run's first step was the draw for the holdout; this stays so if the journey's holdout is removed
    later.
    """
    return bool(run.history) and run.history[0][:2] == ["split", holdout_name(journey)]


async def run_unless_held_out(j: Journey, run: Run, body: Callable[[Journey], Awaitable[str]], share: float) -> str:
    """Run the journey, except for contacts in the holdout. Runs that began before there was a holdout stay on it."""
    holdout = holdout_of(j.name, share)
    run.made = SplitStep(holdout.test, holdout, before=ON_THE_JOURNEY)
    if await run.made == HELD_OUT:
        return HELD_OUT
    return await body(j)
