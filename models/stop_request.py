"""Whether this process was asked to end: long work looks here between two steps, leaves the rest, and is done."""

import threading

_asked = threading.Event()


def request_stop() -> None:
    """Ask all work of this process to end at its next step. It cannot be taken back."""
    _asked.set()


def is_stop_requested() -> bool:
    """Whether the work shall end: what is begun is finished or given back, and nothing new is taken."""
    return _asked.is_set()
