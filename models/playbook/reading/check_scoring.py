"""What must be right about scores, levels and stages before a playbook is used."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from models.conditions.parse import BadCondition, fields_in, parse_condition, parse_data_condition, syntax_tree
from models.conditions.unsatisfiable import unsatisfiable_reason
from models.playbook.document import Playbook
from models.playbook.reading.fault import Checks, Fault, duplicates
from models.playbook.scoring import ScoreRule

MOST_RULES = 1_000
MOST_PARAMETERS = 6_000
"""Fields and values. All explicit rules are one statement, to which Postgres takes so many parameters and no more."""
BANT_KEYS = ("budget", "authority", "need", "timeline")
SCORE_EVENTS = ("score_rose", "score_fell")

FaultPath = tuple[Any, ...]


def _names_are_unique(playbook: Playbook) -> Iterator[Fault]:
    for part in ("rules", "thresholds"):
        yield from duplicates(("scoring", part), "name", [one.name for one in getattr(playbook.scoring, part)])


def _rules_are_few_enough(playbook: Playbook) -> Iterator[Fault]:
    rules = playbook.scoring.rules
    if len(rules) > MOST_RULES:
        yield Fault(("scoring", "rules"), f"{len(rules):,} rules were found: write at most {MOST_RULES:,}")
    named = sum(_size(rule.when) for rule in rules if rule.is_explicit)
    if named > MOST_PARAMETERS:
        sentence = f"explicit rules name {named:,} fields and values together: name at most {MOST_PARAMETERS:,}"
        yield Fault(("scoring", "rules"), sentence)


def _rules_say_what_they_need(playbook: Playbook) -> Iterator[Fault]:
    for i, rule in enumerate(playbook.scoring.rules):
        place = ("scoring", "rules", i)
        if not rule.on and rule.when is None:
            yield Fault(place, f"nothing earns the points of {rule.name!r}: say `on` which events, or `when`")
        if not rule.on and rule.where is not None:
            yield Fault((*place, "where"), f"{rule.where!r} looks at an event's data: say `on` which events")
        if not rule.on and "counts" in rule.model_fields_set:
            sentence = f"'{rule.counts}' is how often events count: say `on` which events, or leave it out"
            yield Fault((*place, "counts"), sentence)
        if rule.at_most is not None and rule.at_most < abs(rule.points):
            sentence = f"{rule.at_most} is less than the {abs(rule.points)} points that one time gives: raise it"
            yield Fault((*place, "at_most"), sentence)
        yield from _is_not_circular(rule, place)


def _is_not_circular(rule: ScoreRule, place: FaultPath) -> Iterator[Fault]:
    for j, pattern in enumerate(rule.on):
        if pattern.partition(":")[0] in SCORE_EVENTS:
            sentence = f"{pattern} is told because of a score, so points for it would turn in circles: take another"
            yield Fault((*place, "on", j), sentence)


def _rules_do_not_look_at_scores(playbook: Playbook) -> Iterator[Fault]:
    levels = set().union(*(_names(level) for level in playbook.qualification.levels.values()))
    for i, rule in enumerate(playbook.scoring.rules):
        found = _names(rule.when)
        place = ("scoring", "rules", i, "when")
        if "score" in found:
            yield Fault(place, f"{rule.when!r} looks at the score, which follows from it: use a threshold for that")
        if "mql_level" in found and "score" in levels:
            sentence = f"{rule.when!r} looks at the level, which follows from the score: leave mql_level out"
            yield Fault(place, sentence)


def _levels_do_not_look_at_levels(playbook: Playbook) -> Iterator[Fault]:
    for level, condition in playbook.qualification.levels.items():
        if "mql_level" in _names(condition):
            place = ("qualification", "levels", level)
            yield Fault(place, f"{condition!r} looks at the level itself: the highest that holds counts anyway")


def _names(condition: str | None) -> set[str]:
    try:
        return fields_in(condition) if condition is not None else set()
    except BadCondition:
        return set()


def _size(condition: str | None) -> int:
    """How many fields and values a condition names; 0 when it cannot be read."""
    try:
        found = ast.walk(syntax_tree(condition or ""))
    except BadCondition:
        return 0
    return sum(isinstance(node, ast.Name | ast.Constant) for node in found)


def _rules_can_match(playbook: Playbook) -> Iterator[Fault]:
    for i, rule in enumerate(playbook.scoring.rules):
        place = ("scoring", "rules", i)
        yield from _can_hold(playbook, (*place, "when"), rule.when)
        if rule.where is not None:
            yield from _can_be_read((*place, "where"), partial(parse_data_condition, rule.where))


def _levels_can_be_reached(playbook: Playbook) -> Iterator[Fault]:
    for level, condition in playbook.qualification.levels.items():
        yield from _can_hold(playbook, ("qualification", "levels", level), condition)
    for name in BANT_KEYS:
        yield from _can_hold(playbook, ("qualification", name), getattr(playbook.qualification, name))


def _stage_conditions_can_hold(playbook: Playbook) -> Iterator[Fault]:
    for stage, rule in playbook.stages.items():
        if rule.when is not None and (reason := unsatisfiable_reason(rule.when, playbook.fields)):
            yield Fault(("stages", stage.value, "when"), f"nobody can ever reach this stage: {reason}")


def _can_hold(playbook: Playbook, place: FaultPath, condition: str | None) -> Iterator[Fault]:
    if condition is None:
        return
    yield from _can_be_read(place, partial(parse_condition, condition, playbook.fields))
    if reason := unsatisfiable_reason(condition, playbook.fields):
        yield Fault(place, f"nobody can ever match: {reason}")


def _can_be_read(place: FaultPath, read: Callable[[], object]) -> Iterator[Fault]:
    try:
        read()
    except BadCondition as error:
        yield Fault(place, str(error))


SCORING_CHECKS: Checks = (
    (_names_are_unique, {"scoring"}),
    (_rules_are_few_enough, {"scoring"}),
    (_rules_say_what_they_need, {"scoring"}),
    (_rules_do_not_look_at_scores, {"scoring", "qualification"}),
    (_levels_do_not_look_at_levels, {"qualification"}),
    (_rules_can_match, {"scoring", "fields"}),
    (_levels_can_be_reached, {"qualification", "fields"}),
    (_stage_conditions_can_hold, {"stages", "fields"}),
)
