"""Fields that salespeople fill in and that strangers could set all the same, because a public source lists them."""

from collections.abc import Iterator, Sequence

from flows.runtime.maps.journey_map import JourneyMap
from flows.runtime.verbs.task import TaskStep
from models.playbook import Playbook
from models.playbook.source import FOUND_OUT


def find_open_fields(playbook: Playbook, maps: Sequence[JourneyMap]) -> list[str]:
    """A sentence for each. It may be meant so: a form can ask what salespeople ask later."""
    written = {*FOUND_OUT, *_explained_in_forms(playbook, maps)}
    return [
        f"sources.{name}: anybody can set {field} of whoever they name, and salespeople fill it in. Take it out of "
        f"its fields, or say public: false."
        for name, source in playbook.sources.items()
        if source.is_public
        for field in sorted(written & source.fields.keys())
    ]


def _explained_in_forms(playbook: Playbook, maps: Sequence[JourneyMap]) -> Iterator[str]:
    """Fields of the forms of tasks that say to whoever fills them in what becomes of them."""
    for found in maps:
        for ask in found.steps.values():
            if isinstance(ask, TaskStep):
                yield from (name for name in ask.form or () if name in playbook.fields and playbook.fields[name].about)
