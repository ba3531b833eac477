"""Notices coroutines of a journey, such as a helper's, that end without having been awaited: nothing of them was done.

Python itself tells of them by a warning, at the moment at which such a coroutine is thrown away.
"""

import threading
import warnings
from collections.abc import Callable
from typing import Any

_running = threading.local()


def watch() -> list[str]:
    """The list to which this thread adds the name of each coroutine that is thrown away unawaited from now on."""
    names: list[str] = []
    _running.forgotten = names
    return names


def _remember(coroutine: Any) -> None:
    names: list[str] | None = getattr(_running, "forgotten", None)
    if names is not None:
        names.append(coroutine.__qualname__.rpartition(".")[2])
    elif _warn is not None:
        _warn(coroutine)


def unwatch() -> None:
    """From now on this thread warns of them as Python does."""
    _running.forgotten = None


# Python calls this function of `warnings` by its name; a Python without it warns by itself, and nothing is noticed.
_warn: Callable[[Any], None] | None = getattr(warnings, "_warn_unawaited_coroutine", None)
if _warn is not None:
    vars(warnings)["_warn_unawaited_coroutine"] = _remember
