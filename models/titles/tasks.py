"""What a task is called: by its own name where the journey gave it one, else by its kind."""

from collections.abc import Mapping
from functools import cache

from models.playbook.tasks import own_kinds
from models.titles.words import in_words

UNNAMED = "task"
"""The name of the step of a task that a person asked for."""


def title_of_task(name: str, kind: str | None = None, kind_titles: Mapping[str, str] | None = None) -> str:
    """`First call` of a step that is named so; `Call the lead` where the step is only called by its kind.

    `kind_titles` are those of the playbook, by kind; without them the kinds that Tend brings are known.
    """
    known = _own_titles() if kind_titles is None else kind_titles
    if kind is not None and kind in known and name == UNNAMED:
        return known[kind]
    if kind is not None and kind in known and name.partition(" ")[0] == kind:
        return f"{known[kind]}{name[len(kind) :]}"
    return known.get(name) or in_words(name)


@cache
def _own_titles() -> dict[str, str]:
    return {name: kind.title for name, kind in own_kinds().items()}
