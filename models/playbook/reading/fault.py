"""What is wrong in a playbook, and where."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from models.playbook.document import Playbook


class Fault(NamedTuple):
    """Something wrong: the way to it through the document, and a sentence about it."""

    path: tuple[Any, ...]
    sentence: str


Checks = tuple[tuple[Callable[["Playbook"], Iterator[Fault]], set[str]], ...]
"""Each check with the parts that it reads: it is left out while one of them cannot be read itself."""


def duplicates(place: tuple[str, ...], key: str, values: list[str]) -> Iterator[Fault]:
    """A fault for each value that has been there before."""
    seen: set[str] = set()
    for i, value in enumerate(values):
        if value in seen:
            yield Fault((*place, i, key), f"{value!r} stands here a second time: each needs a {key} of its own")
        seen.add(value)
