"""What a flow run is called once it is over: what it was to do, and what happened."""

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from prefect import get_client
from prefect.context import FlowRunContext

from models.access.redact import redact

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger("tend.flows")

LONGEST = 150


def with_result_in_name(body: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """The body of a flow, at whose end the name of its run says what happened: `move who is due: moved 3, ended 1`.

    Prefect's list of runs shows names and not messages. Without a flow run, or without a server that takes the name,
    the work is done all the same.
    """

    @functools.wraps(body)
    async def run(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            result = await body(*arguments, **named)
        except Exception as error:
            await _rename(f"failed, {error}")
            raise
        await _rename(getattr(result, "message", None) or "")
        return result

    return run


async def _rename(what_happened: str) -> None:
    context, said = FlowRunContext.get(), " ".join(what_happened.split())
    if context is None or context.flow_run is None or not said:
        return
    name = redact(f"{context.flow_run.name}: {said}")
    try:
        async with get_client() as client:
            await client.update_flow_run(context.flow_run.id, name=_shortened(name))
    except Exception as error:
        # Whatever Prefect's client raises: the work is done, and its state is told all the same.
        log.debug("A flow run keeps its first name: %s", type(error).__name__)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"
