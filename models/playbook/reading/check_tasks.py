"""What must agree in the kinds of tasks: each fault with the place that it is at."""

from collections import Counter
from collections.abc import Iterator

from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault
from models.playbook.source import CONTACT_FIELDS, IDENTITIES
from models.playbook.tasks import FollowOn, TaskKind, unknown_kind


def _forms_name_fields(playbook: Playbook) -> Iterator[Fault]:
    known = {*CONTACT_FIELDS, *playbook.fields, "employees"} - {*IDENTITIES}
    for name, kind in playbook.tasks.kinds.items():
        for i, field in enumerate(kind.form):
            if field not in known:
                sentence = f"{field} is no field to fill in: declare it under fields, or take another one"
                yield Fault(("tasks", "kinds", name, "form", i), sentence)


def _outcomes_are_told_apart(playbook: Playbook) -> Iterator[Fault]:
    for name, kind in playbook.tasks.kinds.items():
        for outcome, times in Counter(kind.outcome_names).items():
            if times > 1:
                yield Fault(("tasks", "kinds", name, "outcomes"), f"{outcome!r} stands here twice: name it once")


def _follow_ons_lead_somewhere(playbook: Playbook) -> Iterator[Fault]:
    for name, kind in playbook.tasks.kinds.items():
        for i, j, follow_on in _follow_ons(kind):
            if sentence := _wrong_follow_on(follow_on, playbook):
                yield Fault(("tasks", "kinds", name, "outcomes", i, "then", j), sentence)


def _follow_ons(kind: TaskKind) -> Iterator[tuple[int, int, FollowOn]]:
    for i, entry in enumerate(kind.outcomes):
        for j, follow_on in enumerate(entry.then):
            yield i, j, follow_on


def _wrong_follow_on(follow_on: FollowOn, playbook: Playbook) -> str | None:
    brings = [what for what in (follow_on.task, follow_on.list, follow_on.journey) if what is not None]
    if len(brings) != 1:
        return "one of task, list and journey was expected: what this outcome brings"
    if follow_on.task is None and (follow_on.to or follow_on.due is not None):
        return "to and due are about a further task: name its kind under task, or leave them out"
    if follow_on.task is not None:
        return unknown_kind(follow_on.task, playbook.tasks.all_kinds)
    if follow_on.list is not None and follow_on.list not in playbook.fulfilment:
        return f"{follow_on.list!r} is no list under fulfilment: add it there, or name another one"
    return None


TASK_CHECKS: Checks = (
    (_forms_name_fields, {"tasks", "fields"}),
    (_outcomes_are_told_apart, {"tasks"}),
    (_follow_ons_lead_somewhere, {"tasks", "fulfilment"}),
)
"""Checks of kinds of tasks, in the form of check.CHECKS."""
