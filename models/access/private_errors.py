"""What Prefect is told of an error: enough to find it, and nothing of a contact.

Prefect copies the text of an error into states, logs and events, where nothing can be erased. Errors of ours are
sentences that we wrote; those of libraries quote whatever they were given: rows, names, addresses. Those are told by
their class and place alone. The whole error stands in the log of the process, on this machine.
"""

import functools
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from traceback import extract_tb
from typing import Any, ParamSpec, TypeVar

from models.access.redact import redact

P = ParamSpec("P")
R = TypeVar("R")

ROOT = Path(__file__).parents[2]
OURS = ("models.", "flows.", "blocks.")
log = logging.getLogger("tend.flows")


class ForeignError(RuntimeError):
    """An error of a library, told by its class and place; `text` has all that it said."""

    def __init__(self, error: BaseException) -> None:
        self.text = f"{type(error).__name__}: {error}"
        super().__init__(f"{type(error).__name__} {_place(error)}; the log of the process says more")


def private_error(error: Exception) -> Exception:
    """The same error without addresses if it is one of ours, else what may be told of it."""
    if isinstance(error, ForeignError):
        return error
    if not type(error).__module__.startswith(OURS):
        return ForeignError(error)
    error.args = tuple(redact(part) if isinstance(part, str) else part for part in error.args)
    return error if redact(str(error)) == str(error) else ForeignError(error)


def with_private_errors(
    body: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """The body of a flow or a task, whose errors and state messages tell Prefect no address."""

    @functools.wraps(body)
    async def run(*arguments: P.args, **named: P.kwargs) -> R:
        try:
            return _private_state(await body(*arguments, **named))
        except Exception as error:
            log.error("%s failed.", body.__name__, exc_info=True)
            # What led to it is in our log: Prefect would copy it as well.
            raise private_error(error) from None

    return run


def _private_state(result: R) -> R:
    message = getattr(result, "message", None)
    if isinstance(message, str):
        result.message = redact(message)  # type: ignore[attr-defined]
    return result


def _place(error: BaseException) -> str:
    """Where in our code it came up: the innermost line of a file of this checkout."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(ROOT)]
    ours = [frame for frame in frames if ".venv" not in Path(frame.filename).parts]
    if not ours:
        return "outside our code"
    return f"at {Path(ours[-1].filename).relative_to(ROOT)}, line {ours[-1].lineno}"
