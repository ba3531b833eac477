"""What a task is called: by its own name where the journey gave it one, else by its kind."""

from collections.abc import Mapping
from typing import Any

from models.playbook.tasks import TaskKind, own_kinds
from models.titles.words import in_words


def title_of_task(name: str, kind: str | None = None, kinds: Mapping[str, TaskKind | Any] | None = None) -> str:
    """`First call` of a step that is named so; `Call the lead` where the step is only called by its kind.

    `kinds` are those of the playbook; without them the kinds that Tend brings are known.
    """
    known = kinds if kinds is not None else own_kinds()
    if kind is not None and name.partition(" ")[0] == kind and kind in known:
        return f"{known[kind].title}{name[len(kind) :]}"
    if name in known:
        return str(known[name].title)
    return in_words(name)
