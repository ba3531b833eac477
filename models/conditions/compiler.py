"""Compiles a condition to a SQL expression; whatever syntax is not listed here is refused. Pure."""

import ast
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from models.conditions.fields import ConditionField, FieldLookup
from models.conditions.whole_words import word_pattern
from models.values.readers.day import YEARS
from models.values.sanitize import is_storable

DEEPEST = 20
LARGEST = 10**15

LITERALS = {
    "text": "text in quotes",
    "number": "a number",
    "flag": "True or False",
    "date": 'a date in quotes, such as "2026-03-31"',
    "moment": 'a date in quotes, such as "2026-03-31"',
    "list": "text in quotes",
}


class BadCondition(ValueError):
    """A condition that cannot be read: where in it, what was found, and what was expected."""


def shortened(text: str) -> str:
    """Enough of it to be recognised."""
    return text if len(text) <= 100 else f"{text[:97]}..."


class ConditionCompiler:
    """Walks the tree of one condition; what is not named here is refused."""

    def __init__(self, text: str, fields: FieldLookup) -> None:
        self.text = text
        self.fields = fields

    def error(self, node: ast.AST, expected: str) -> BadCondition:
        at = getattr(node, "col_offset", 0) + 1
        found = shortened(ast.get_source_segment(self.text.strip(), node) or "that")
        return BadCondition(f"Condition {shortened(self.text)!r}, at character {at}: {found!r} was found, {expected}.")

    def compile(self, node: ast.expr, depth: int) -> ColumnElement[bool]:
        if depth > DEEPEST:
            raise self.error(node, f"at most {DEEPEST} levels of brackets were expected")
        match node:
            case ast.BoolOp(op=ast.And()):
                return and_(*(self.compile(part, depth + 1) for part in node.values))
            case ast.BoolOp(op=ast.Or()):
                return or_(*(self.compile(part, depth + 1) for part in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return _false_or_unknown(self.compile(node.operand, depth + 1))
            case ast.Compare():
                return self.comparisons(node)
            case ast.Name():
                return self.flag(node)
            case ast.Call(func=ast.Name(id="contains")):
                return self.contains(node)
        raise self.error(node, 'a comparison was expected, such as score >= 30 or state == "CA"')

    def flag(self, node: ast.Name) -> ColumnElement[bool]:
        field = self.field(node)
        if field.kind != "flag":
            raise self.error(node, f"and {field.name} is not a yes or no by itself: compare it with something")
        return func.coalesce(field.column, False)

    def comparisons(self, node: ast.Compare) -> ColumnElement[bool]:
        parts = [node.left, *node.comparators]
        return and_(*(self.comparison(*each) for each in zip(parts, node.ops, parts[1:], strict=False)))

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ColumnElement[bool]:
        if isinstance(op, ast.In | ast.NotIn):
            found = self.membership(left, right)
            return found if isinstance(op, ast.In) else _false_or_unknown(found)
        if not isinstance(left, ast.Name):
            return self.flipped(left, op, right)
        field = self.field(left, right)
        if isinstance(right, ast.Constant) and right.value is None:
            return self.null_check(field, op, right)
        if field.kind in ("list", "flag") and not isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            raise self.error(right, f"and {field.name} has no order: compare it by == or !=")
        return self.comparison_of(field, op, right)

    def flipped(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ColumnElement[bool]:
        turned = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
        if not isinstance(right, ast.Name):
            raise self.error(left, f"the name of a field was expected on one side: {self.fields.names()}")
        return self.comparison(right, turned.get(type(op), type(op))(), left)

    def null_check(self, field: ConditionField, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        if isinstance(op, ast.Is | ast.Eq):
            return field.column.is_(None)
        if isinstance(op, ast.IsNot | ast.NotEq):
            return field.column.is_not(None)
        raise self.error(node, f"and nothing is more or less than None: write {field.name} is None, or is not None")

    def comparison_of(self, field: ConditionField, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        if field.kind == "list":
            raise self.error(node, f'and {field.name} is a list: write "word" in {field.name}')
        other = self.field(node, node) if isinstance(node, ast.Name) else None
        value = other.column if other else self.value(field, node)
        if other and other.kind != field.kind:
            raise self.error(node, f"{LITERALS[field.kind]} or a field of the same kind as {field.name} was expected")
        if type(op) not in OPERATORS:
            raise self.error(node, "one of == != < <= > >= in was expected before it")
        return OPERATORS[type(op)](field.column, value)

    def membership(self, left: ast.expr, right: ast.expr) -> ColumnElement[bool]:
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            field = self.field(left, right)
            if field.kind == "list":
                raise self.error(left, f'and {field.name} is a list itself: write "word" in {field.name}')
            return field.column.in_([self.value(field, node) for node in right.elts])
        field = self.field(right, left)
        if field.kind not in ("text", "list"):
            raise self.error(
                right, f"and {field.name} is no text: compare it by == < >, or write {field.name} in [1, 2]"
            )
        word = self.value(field, left)
        if field.kind == "list":
            return field.column.contains([word])
        if not word.strip():
            raise self.error(left, "a word in quotes was expected")
        return field.column.regexp_match(word_pattern(word), flags="i")

    def contains(self, node: ast.Call) -> ColumnElement[bool]:
        """`contains(job_title, "intern")`: the text anywhere, also inside a word, in any case."""
        if len(node.args) != 2 or node.keywords:
            raise self.error(node, 'a field and a part of its text were expected: contains(job_title, "intern")')
        name, part = node.args
        field = self.field(name, part)
        if field.kind != "text":
            raise self.error(name, f"and {field.name} is no text: contains() looks into texts only")
        return field.column.icontains(self.value(field, part), autoescape=True)

    def value(self, field: ConditionField, node: ast.expr) -> Any:
        value = self.literal(node)
        if field.kind in ("date", "moment") and isinstance(value, str):
            return self.day(field, node, value)
        wanted = {"text": str, "list": str, "number": Decimal, "flag": bool}.get(field.kind)
        if wanted is None or not isinstance(value, wanted):
            raise self.error(node, f"{LITERALS[field.kind]} was expected to compare with {field.name}")
        return value

    def day(self, field: ConditionField, node: ast.expr, value: str) -> date:
        try:
            day = datetime.fromisoformat(value)
        except ValueError:
            raise self.error(node, f"{LITERALS[field.kind]} was expected to compare with {field.name}") from None
        if day.year not in YEARS:
            raise self.error(node, f"a day between {YEARS[0]} and {YEARS[-1]} was expected")
        return day.date() if field.kind == "date" else day.astimezone()

    def literal(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | str()):
                if isinstance(node.value, str) and not is_storable(node.value):
                    raise self.error(node, "text without null bytes and broken characters was expected")
                return node.value
            case ast.Constant(value=int() | float()):
                number = Decimal(str(node.value))
                if not abs(number) < LARGEST:
                    raise self.error(node, f"a number below {LARGEST:,} was expected")
                return number
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
                return -self.literal(node.operand)
        raise self.error(node, "text in quotes, a number, True, False or None was expected")

    def field(self, node: ast.expr, beside: ast.expr | None = None) -> ConditionField:
        name = node.id if isinstance(node, ast.Name) else ""
        found = self.fields.find(name, beside)
        if found is None:
            near = get_close_matches(name, self.fields.names().split(", "), n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise self.error(node, f"the name of a field was expected{hint}: {self.fields.names()}")
        return found


OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], ColumnElement[bool]]] = {
    ast.Eq: lambda column, value: column == value,
    ast.Is: lambda column, value: column == value,
    ast.NotEq: lambda column, value: column.is_distinct_from(value),
    ast.IsNot: lambda column, value: column.is_distinct_from(value),
    ast.Lt: lambda column, value: column < value,
    ast.LtE: lambda column, value: column <= value,
    ast.Gt: lambda column, value: column > value,
    ast.GtE: lambda column, value: column >= value,
}


def _false_or_unknown(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Not, where an unknown field makes the inner condition false rather than unknown."""
    return not_(func.coalesce(condition, False))
