"""Finds unsatisfiable conditions such as `score > 5 and score < 3`, or an option that is misspelled.

Without this, such a rule would be accepted and never apply, and nobody would know. Sound: the condition is put into
disjunctive form, and a branch is impossible when no sample value of one field meets all constraints on it. What is not
understood counts as satisfiable.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from models.conditions.domain import MOST_WORDS, Domain, domain_of
from models.conditions.parse import BadCondition, parse_condition, syntax_tree
from models.conditions.whole_words import has_word
from models.values.custom_field import CustomField

MOST_BRANCHES = 500
FLIPPED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda found, value: found < value,
    ast.LtE: lambda found, value: found <= value,
    ast.Gt: lambda found, value: found > value,
    ast.GtE: lambda found, value: found >= value,
}
EQUALITY: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda found, value: found == value,
    ast.Is: lambda found, value: found == value,
    ast.NotEq: lambda found, value: found != value,
    ast.IsNot: lambda found, value: found != value,
    ast.In: lambda found, value: found in value,
    ast.NotIn: lambda found, value: found not in value,
}


@dataclass(frozen=True)
class Constraint:
    """What a condition asks of one field."""

    field: str
    text: str
    is_met: Callable[[Any], bool]
    constants: tuple[Any, ...] = ()
    """The values that it compares with: around these the answer changes."""
    words: tuple[str, ...] = ()
    """What it looks for inside a text."""


Branch = list[Constraint]
"""Demands that must all be met."""


class _TooManyBranches(Exception):
    """More ways than can be looked at."""


def unsatisfiable_reason(condition: str, fields: Mapping[str, CustomField]) -> str | None:
    """Why a condition over contacts can never be true; None when it can, or when it cannot be read at all."""
    try:
        parse_condition(condition, fields)
        ways = _BranchBuilder(fields).branches(syntax_tree(condition), wanted=True)
    except (BadCondition, _TooManyBranches):
        return None
    closed = [_conflict(way, fields) for way in ways]
    return None if None in closed else closed[0]


def _conflict(way: Branch, fields: Mapping[str, CustomField]) -> str | None:
    """Why nobody can go this way."""
    asked: defaultdict[str, list[Constraint]] = defaultdict(list)
    for demand in way:
        asked[demand.field].append(demand)
    for name, demands in asked.items():
        domain = domain_of(name, fields)
        words = {word for demand in demands for word in demand.words}
        if len(words) > MOST_WORDS:
            continue
        values = domain.sample_values([value for demand in demands for value in demand.constants], sorted(words))
        if not any(all(demand.is_met(value) for demand in demands) for value in values):
            known = f": {name} is one of {', '.join(map(str, domain.options))}" if domain.options else ""
            return f"{' and '.join(demand.text for demand in demands)} is never true{known}"
    return None


class _BranchBuilder:
    """Takes a condition apart; `wanted` is false under a `not`."""

    def __init__(self, fields: Mapping[str, CustomField]) -> None:
        self.fields = fields

    def branches(self, node: ast.expr, *, wanted: bool) -> list[Branch]:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return self.branches(node.operand, wanted=not wanted)
            case ast.BoolOp():
                parts = [self.branches(part, wanted=wanted) for part in node.values]
                return _combined(parts, all_of=isinstance(node.op, ast.And) is wanted)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                pairs = zip(sides, node.ops, sides[1:], strict=False)
                return _combined([[self.constraints(*pair, wanted=wanted)] for pair in pairs], all_of=wanted)
            case ast.Call(args=[ast.Name() as field, part]):
                return [[self.contains_part(field.id, part, _text(node, wanted), wanted=wanted)]]
            case ast.Name():
                return [[Constraint(node.id, _text(node, wanted), lambda found: (found is True) is wanted)]]
        return [[]]

    def constraints(self, left: ast.expr, op: ast.cmpop, right: ast.expr, *, wanted: bool) -> Branch:
        """The one demand of a comparison; none when it is not understood: two fields, or an order of texts."""
        shown = _text(ast.Compare(left, [op], [right]), wanted)
        if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.Name):
            return self.contains(right.id, left, shown, wanted=isinstance(op, ast.In) is wanted)
        if not isinstance(left, ast.Name):
            left, op, right = right, FLIPPED.get(type(op), type(op))(), left
        if not isinstance(left, ast.Name) or isinstance(right, ast.Name):
            return []
        domain = domain_of(left.id, self.fields)
        value, test = domain.parse_literal(ast.literal_eval(right)), _test(op, domain)
        if test is None:
            return []
        mentions = tuple(value) if isinstance(value, list) else (value,)
        return [Constraint(left.id, shown, lambda found: test(found, value) is wanted, mentions)]

    def contains(self, name: str, word: ast.expr, shown: str, *, wanted: bool) -> Branch:
        """`"ceo" in job_title`, a whole word in any case; of a list with options: whether there is such an option."""
        text, domain = str(ast.literal_eval(word)), domain_of(name, self.fields)
        if domain.kind == "list":
            possible = not wanted or not domain.options or text in domain.options
            return [Constraint(name, shown, lambda _found: possible)]
        return [Constraint(name, shown, lambda found: _finds(found, text, has_word) is wanted, words=(text,))]

    def contains_part(self, name: str, part: ast.expr, shown: str, *, wanted: bool) -> Constraint:
        """`contains(job_title, "intern")`, also inside a word, in any case."""
        text = str(ast.literal_eval(part))
        return Constraint(name, shown, lambda found: _finds(found, text, _has_part) is wanted, words=(text,))


def _finds(found: Any, text: str, has: Callable[[str, str], bool]) -> bool:
    return found is not None and has(str(found), text)


def _has_part(found: str, part: str) -> bool:
    return part.lower() in found.lower()


def _test(op: ast.cmpop, domain: Domain) -> Callable[[Any, Any], bool] | None:
    if type(op) in EQUALITY:
        return EQUALITY[type(op)]
    compare = ORDER[type(op)]
    if domain.kind == "text":
        return None
    return lambda found, value: found is not None and compare(found, value)


def _combined(parts: Sequence[list[Branch]], *, all_of: bool) -> list[Branch]:
    """The ways to fulfil all parts, or any of them."""
    if not all_of:
        return [way for part in parts for way in part]
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST_BRANCHES:
        raise _TooManyBranches
    return [[demand for way in chosen for demand in way] for chosen in product(*parts)]


def _text(node: ast.expr, wanted: bool) -> str:
    words = ast.unparse(node)
    return words if wanted else f"not ({words})"
