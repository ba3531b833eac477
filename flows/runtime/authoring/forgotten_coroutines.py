"""Notices coroutines of a journey, such as a helper's, that end without having been awaited: nothing of them was done.

Python itself tells of them by a warning, at the moment at which such a coroutine is thrown away.
"""

import threading
import warnings
from collections.abc import Callable
from typing import Any


class Watch(threading.local):
    """What a thread has thrown away unawaited while it performed a journey's code."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.is_on = False


WATCH = Watch()


def _remember(coroutine: Any) -> None:
    if WATCH.is_on:
        WATCH.names.append(coroutine.__qualname__.rpartition(".")[2])
    elif _warn is not None:
        _warn(coroutine)


# Python calls this function of `warnings` by its name; a Python without it warns by itself, and nothing is noticed.
_warn: Callable[[Any], None] | None = getattr(warnings, "_warn_unawaited_coroutine", None)
if _warn is not None:
    vars(warnings)["_warn_unawaited_coroutine"] = _remember
