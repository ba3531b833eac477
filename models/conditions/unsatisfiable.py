"""Finds conditions that no contact can ever fulfil, such as `score > 5 and score < 3`. Pure.

What it says is true: a condition is taken apart into ways to fulfil it, and a way is closed when no value of one field
passes all that is asked of it. What it does not understand it takes to be possible.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from models.conditions.domain import Domain, domain_of
from models.conditions.parse import BadCondition, parse, tree
from models.values.custom_field import CustomField

MOST_WAYS = 500
TURNED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda found, value: found < value,
    ast.LtE: lambda found, value: found <= value,
    ast.Gt: lambda found, value: found > value,
    ast.GtE: lambda found, value: found >= value,
}
SAME: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda found, value: found == value,
    ast.Is: lambda found, value: found == value,
    ast.NotEq: lambda found, value: found != value,
    ast.IsNot: lambda found, value: found != value,
    ast.In: lambda found, value: found in value,
    ast.NotIn: lambda found, value: found not in value,
}


@dataclass(frozen=True)
class Demand:
    """What a condition asks of one field."""

    field: str
    text: str
    holds: Callable[[Any], bool]
    mentions: tuple[Any, ...] = ()
    """The values that it compares with: around these the answer changes."""


Way = list[Demand]
"""Demands that must all be met."""


class _TooMany(Exception):
    """More ways than can be looked at."""


def never_holds(condition: str, fields: Mapping[str, CustomField]) -> str | None:
    """Why a condition over contacts can never be true; None when it can, or when it cannot be read at all."""
    try:
        parse(condition, fields)
        ways = _Ways(fields).of(tree(condition), wanted=True)
    except (BadCondition, _TooMany):
        return None
    closed = [_closed(way, fields) for way in ways]
    return None if None in closed else closed[0]


def _closed(way: Way, fields: Mapping[str, CustomField]) -> str | None:
    """Why nobody can go this way."""
    asked: defaultdict[str, list[Demand]] = defaultdict(list)
    for demand in way:
        asked[demand.field].append(demand)
    for name, demands in asked.items():
        domain = domain_of(name, fields)
        values = domain.around([value for demand in demands for value in demand.mentions])
        if not any(all(demand.holds(value) for demand in demands) for value in values):
            known = f": {name} is one of {', '.join(map(str, domain.options))}" if domain.options else ""
            return f"{' and '.join(demand.text for demand in demands)} is never true{known}"
    return None


class _Ways:
    """Takes a condition apart; `wanted` is false under a `not`."""

    def __init__(self, fields: Mapping[str, CustomField]) -> None:
        self.fields = fields

    def of(self, node: ast.expr, *, wanted: bool) -> list[Way]:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return self.of(node.operand, wanted=not wanted)
            case ast.BoolOp():
                parts = [self.of(part, wanted=wanted) for part in node.values]
                return _joined(parts, all_of=isinstance(node.op, ast.And) is wanted)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                pairs = zip(sides, node.ops, sides[1:], strict=False)
                return _joined([[self.demands(*pair, wanted=wanted)] for pair in pairs], all_of=wanted)
            case ast.Name():
                return [[Demand(node.id, _text(node, wanted), lambda found: (found is True) is wanted)]]
        return [[]]

    def demands(self, left: ast.expr, op: ast.cmpop, right: ast.expr, *, wanted: bool) -> Way:
        """The one demand of a comparison; none when it is not understood: two fields, or an order of texts."""
        shown = _text(ast.Compare(left, [op], [right]), wanted)
        if isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.Name):
            return self.contains(right.id, left, shown) if isinstance(op, ast.In) is wanted else []
        if not isinstance(left, ast.Name):
            left, op, right = right, TURNED.get(type(op), type(op))(), left
        if not isinstance(left, ast.Name) or isinstance(right, ast.Name):
            return []
        domain = domain_of(left.id, self.fields)
        value, test = domain.read(ast.literal_eval(right)), _test(op, domain)
        if test is None:
            return []
        mentions = tuple(value) if isinstance(value, list) else (value,)
        return [Demand(left.id, shown, lambda found: test(found, value) is wanted, mentions)]

    def contains(self, name: str, word: ast.expr, shown: str) -> Way:
        """`"ceo" in job_title`, in any case; of a list with options: whether there is such an option."""
        text, domain = str(ast.literal_eval(word)), domain_of(name, self.fields)
        if domain.kind == "list":
            possible = not domain.options or text in domain.options
            return [Demand(name, shown, lambda _found: possible)]
        return [Demand(name, shown, lambda found: found is not None and text.lower() in found.lower(), (text,))]


def _test(op: ast.cmpop, domain: Domain) -> Callable[[Any, Any], bool] | None:
    if type(op) in SAME:
        return SAME[type(op)]
    compare = ORDER[type(op)]
    if domain.kind == "text":
        return None
    return lambda found, value: found is not None and compare(found, value)


def _joined(parts: Sequence[list[Way]], *, all_of: bool) -> list[Way]:
    """The ways to fulfil all parts, or any of them."""
    if not all_of:
        return [way for part in parts for way in part]
    count = 1
    for part in parts:
        count *= len(part)
    if count > MOST_WAYS:
        raise _TooMany
    return [[demand for way in chosen for demand in way] for chosen in product(*parts)]


def _text(node: ast.expr, wanted: bool) -> str:
    words = ast.unparse(node)
    return words if wanted else f"not ({words})"
