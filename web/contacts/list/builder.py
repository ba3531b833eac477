"""The form that writes a condition, and shows one that was written: each control is one comparison. Pure."""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.conditions.parse import BadCondition, syntax_tree

NOTHING, ANYTHING = "is None", "is not None"
"""As values of a control: the contact has none, or any."""
MOST_ROWS = 4
"""Comparisons of any field in the form."""
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")

CONTROLS: Mapping[str, tuple[str, str]] = {
    "stage": ("stage", "=="),
    "owner": ("owner", "=="),
    "team": ("team", "=="),
    "source": ("source", "=="),
    "journey": ("journey", "=="),
    "task": ("task", "=="),
    "bought": ("bought", "=="),
    "mail": ("suppressed", "=="),
    "score_from": ("score", ">="),
    "score_to": ("score", "<="),
    "came_from": ("created_at", ">="),
    "came_before": ("created_at", "<"),
    "active_from": ("last_activity", ">="),
    "active_before": ("last_activity", "<"),
}
"""Control -> what it compares, and how."""
NUMBERS = {"score_from", "score_to"}
DATES = {"came_from", "came_before", "active_from", "active_before"}
SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.GtE: ">=",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.Lt: "<",
}
COMPARISONS: Mapping[str, str] = {
    "==": "is",
    "!=": "is not",
    "contains": "contains",
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
    ANYTHING: "is known",
    NOTHING: "is not known",
}
"""What a row of the form offers, and how it reads."""


@dataclass(frozen=True)
class Row:
    """A comparison of any field."""

    field: str = ""
    comparison: str = "=="
    value: str = ""


@dataclass(frozen=True)
class Criteria:
    """The form as it is filled in. All of it has to be true of a contact."""

    controls: Mapping[str, str] = field(default_factory=dict)
    """Control -> what was chosen or typed."""
    rows: Sequence[Row] = ()
    rest: str = ""
    """A condition that the form has no controls for."""


def read_criteria(given: Mapping[str, str], rows: Sequence[Row], rest: str) -> Criteria:
    """The form as it was sent."""
    controls = {name: given[name].strip() for name in CONTROLS if given.get(name, "").strip()}
    return Criteria(controls, [row for row in rows if row.field], rest.strip())


def write_condition(criteria: Criteria, kinds: Mapping[str, str]) -> str:
    """The condition that a form stands for. `kinds` are those of all fields, by name.

    Raises BadCondition for what is no number, or no field.
    """
    parts = [_control(name, value) for name, value in criteria.controls.items()]
    parts += [_row(row, kinds) for row in criteria.rows]
    if criteria.rest:
        tree = syntax_tree(criteria.rest)
        is_either = isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or)
        parts.append(f"({criteria.rest})" if is_either and parts else criteria.rest)
    return " and ".join(parts)


def _control(name: str, value: str) -> str:
    compared, sign = CONTROLS[name]
    if value in (NOTHING, ANYTHING):
        return f"{compared} {value}"
    if name in NUMBERS:
        return f"{compared} {sign} {_number(value)}"
    return f"{compared} {sign} {_quoted(value)}"


def _row(row: Row, kinds: Mapping[str, str]) -> str:
    kind = kinds.get(row.field)
    if kind is None or row.comparison not in COMPARISONS:
        raise BadCondition(f"There is no field {row.field!r}, or no such comparison. Choose one of the list.")
    if row.comparison in (NOTHING, ANYTHING):
        return f"{row.field} {row.comparison}"
    if kind == "list":
        has = f"{_quoted(row.value)} in {row.field}"
        return f"not ({has})" if row.comparison == "!=" else has
    if row.comparison == "contains":
        return f"contains({row.field}, {_quoted(row.value)})"
    return f"{row.field} {row.comparison} {_literal(row.value, kind)}"


def _literal(value: str, kind: str) -> str:
    if kind == "number":
        return _number(value)
    if kind == "flag":
        return str(value.strip().lower() in ("yes", "true", "1"))
    return _quoted(value)


def _number(typed: str) -> str:
    number = typed.replace(",", "").strip()
    if not NUMBER.fullmatch(number):
        raise BadCondition(f"{typed[:50]!r} is no number. Type one such as 30 or 0.5.")
    return number


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def shown_criteria(where: str, kinds: Mapping[str, str]) -> Criteria:
    """A condition as the form shows it; what has no control of its own stays as it was written."""
    shown, rest = Criteria(), []
    try:
        parts = list(_conjuncts(where)) if where else []
    except BadCondition:
        return Criteria(rest=where)
    for written, node in parts:
        row = _as_row(node, kinds)
        control = _control_of(row, shown.controls) if row else None
        if row and control:
            shown = replace(shown, controls={**shown.controls, control: _value_of(row)})
        elif row and row.field in kinds and len(shown.rows) < MOST_ROWS:
            shown = replace(shown, rows=[*shown.rows, row])
        else:
            rest.append(written)
    return replace(shown, rest=" and ".join(rest))


def _conjuncts(where: str) -> Iterator[tuple[str, ast.expr]]:
    """The parts that all have to be true, each as it was written."""
    text = where.strip()
    tree = syntax_tree(text)
    for node in tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]:
        written = ast.get_source_segment(text, node) or ast.unparse(node)
        yield (f"({written})" if isinstance(node, ast.BoolOp) and node is not tree else written), node


def _as_row(node: ast.expr, kinds: Mapping[str, str]) -> Row | None:
    """A comparison of a field with a value; None for what is more than that."""
    match node:
        case ast.Call(func=ast.Name(id="contains"), args=[ast.Name(id=name), ast.Constant(value=str() as part)]):
            return Row(name, "contains", part)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return Row(name, NOTHING)
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]
        ):
            return Row(name, ANYTHING)
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[value]) if type(op) in SIGNS:
            text = _text_of(value)
            return None if text is None else Row(name, SIGNS[type(op)], text)
        case ast.Compare(left=ast.Constant(value=str() as word), ops=[ast.In()], comparators=[ast.Name(id=name)]):
            # A word in a text is more than `contains` says.
            return Row(name, "==", word) if kinds.get(name) == "list" else None
    return None


def _text_of(value: ast.expr) -> str | None:
    """A literal as somebody types it into the form."""
    match value:
        case ast.Constant(value=bool() as flag):
            return "yes" if flag else "no"
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=int() | float() as number):
            return f"{number}"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return f"-{number}"
    return None


def _control_of(row: Row, taken: Mapping[str, str]) -> str | None:
    """The free control that says the same."""
    for name, (compared, sign) in CONTROLS.items():
        is_same = row.comparison == sign or (row.comparison in (NOTHING, ANYTHING) and sign == "==")
        if compared == row.field and is_same and name not in taken:
            return name
    return None


def _value_of(row: Row) -> str:
    return row.comparison if row.comparison in (NOTHING, ANYTHING) else row.value
