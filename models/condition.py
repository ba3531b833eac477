"""Conditions that people write as text in the playbook, turned into the expressions that journeys write in Python.

`state == "CA" and employees >= 50` · `challenge in ["Customer loyalty", "Other"]` · `"ceo" in job_title` (contains,
in any case) · `phone is not None` · `not (score > 3)`. A field that is not known equals nothing and is neither more nor
less than anything, so `!=` and `not` hold for it.
"""

import ast
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, func, not_, or_
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError
from sqlmodel import col

from models.contact import Contact
from models.custom_field import CustomField, FieldType
from models.soundness import SURROGATE

LONGEST = 1_000
DEEPEST = 20
LARGEST = 10**15

TEXTS = (
    *("email", "phone", "mobile_phone", "source", "first_name", "last_name", "company", "job_title", "industry"),
    *("street", "city", "state", "postal_code", "country", "time_zone", "preferred_time", "stage", "suppressed"),
)
NUMBERS = ("score", "employees", "mql_level")
FLAGS = ("has_budget", "has_authority", "has_need", "has_timeline")
MOMENTS = (
    *("created_at", "consent_at", "suppressed_at"),
    *("mgl_at", "mql_at", "sql_at", "sal_at", "opportunity_at", "customer_at"),
)

KINDS = {FieldType.CHECKBOX: "flag", FieldType.DATE: "date", FieldType.NUMBER: "number", FieldType.PRICE: "number"}
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


class _Field(NamedTuple):
    name: str
    kind: str
    column: ColumnElement[Any]


def parse(text: str, fields: Mapping[str, CustomField]) -> ColumnElement[bool]:
    """The expression over Contact (custom fields included) that a text stands for, or BadCondition."""
    if len(text) > LONGEST:
        raise BadCondition(f"A condition of {len(text):,} characters was found; write it in at most {LONGEST:,}.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise BadCondition(_syntax(text, error)) from None
    except (ValueError, RecursionError, MemoryError):
        raise BadCondition(
            f"Condition {_short(text)!r} cannot be read: write comparisons joined by and, or, not."
        ) from None
    return _Reader(text, fields).condition(tree.body, depth=0)


def _syntax(text: str, error: SyntaxError) -> str:
    hint = 'write == to compare, as in state == "CA"' if re.search(r"(?<![=!<>])=(?!=)", text) else error.msg
    return f"Condition {_short(text)!r}, at character {error.offset or 1}: {hint}."


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}..."


class _Reader:
    """Walks the tree of one condition; what is not named here is refused."""

    def __init__(self, text: str, fields: Mapping[str, CustomField]) -> None:
        self.text = text
        self.fields = fields

    def refusal(self, node: ast.AST, expected: str) -> BadCondition:
        at = getattr(node, "col_offset", 0) + 1
        found = _short(ast.get_source_segment(self.text.strip(), node) or "that")
        return BadCondition(f"Condition {_short(self.text)!r}, at character {at}: {found!r} was found, {expected}.")

    def condition(self, node: ast.expr, depth: int) -> ColumnElement[bool]:
        if depth > DEEPEST:
            raise self.refusal(node, f"at most {DEEPEST} levels of brackets were expected")
        match node:
            case ast.BoolOp(op=ast.And()):
                return and_(*(self.condition(part, depth + 1) for part in node.values))
            case ast.BoolOp(op=ast.Or()):
                return or_(*(self.condition(part, depth + 1) for part in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return _known_not(self.condition(node.operand, depth + 1))
            case ast.Compare():
                return self.comparisons(node)
            case ast.Name():
                return self.flag(node)
        raise self.refusal(node, 'a comparison was expected, such as score >= 30 or state == "CA"')

    def flag(self, node: ast.Name) -> ColumnElement[bool]:
        field = self.field(node)
        if field.kind != "flag":
            raise self.refusal(node, f"and {field.name} is not a yes or no by itself: compare it with something")
        return func.coalesce(field.column, False)

    def comparisons(self, node: ast.Compare) -> ColumnElement[bool]:
        parts = [node.left, *node.comparators]
        return and_(*(self.comparison(*each) for each in zip(parts, node.ops, parts[1:], strict=False)))

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ColumnElement[bool]:
        if isinstance(op, ast.In | ast.NotIn):
            found = self.membership(left, right)
            return found if isinstance(op, ast.In) else _known_not(found)
        if not isinstance(left, ast.Name):
            return self.mirrored(left, op, right)
        field = self.field(left)
        if isinstance(right, ast.Constant) and right.value is None:
            return self.nothing(field, op, right)
        if field.kind in ("list", "flag") and not isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            raise self.refusal(right, f"and {field.name} has no order: compare it by == or !=")
        return self.compared(field, op, right)

    def mirrored(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ColumnElement[bool]:
        turned = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
        if not isinstance(right, ast.Name):
            raise self.refusal(left, f"the name of a field was expected on one side: {self.names()}")
        return self.comparison(right, turned.get(type(op), type(op))(), left)

    def nothing(self, field: _Field, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        if isinstance(op, ast.Is | ast.Eq):
            return field.column.is_(None)
        if isinstance(op, ast.IsNot | ast.NotEq):
            return field.column.is_not(None)
        raise self.refusal(node, f"and nothing is more or less than None: write {field.name} is None, or is not None")

    def compared(self, field: _Field, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        if field.kind == "list":
            raise self.refusal(node, f'and {field.name} is a list: write "word" in {field.name}')
        value = self.field(node).column if isinstance(node, ast.Name) else self.value(field, node)
        if isinstance(node, ast.Name) and self.field(node).kind != field.kind:
            raise self.refusal(node, f"{LITERALS[field.kind]} or a field of the same kind as {field.name} was expected")
        if type(op) not in COMPARE:
            raise self.refusal(node, "one of == != < <= > >= in was expected before it")
        return COMPARE[type(op)](field.column, value)

    def membership(self, left: ast.expr, right: ast.expr) -> ColumnElement[bool]:
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            field = self.field(left)
            if field.kind == "list":
                raise self.refusal(left, f'and {field.name} is a list itself: write "word" in {field.name}')
            return field.column.in_([self.value(field, node) for node in right.elts])
        field = self.field(right)
        if field.kind not in ("text", "list"):
            raise self.refusal(
                right, f"and {field.name} is no text: compare it by == < >, or write {field.name} in [1, 2]"
            )
        word = self.value(field, left)
        return field.column.contains([word]) if field.kind == "list" else field.column.icontains(word, autoescape=True)

    def value(self, field: _Field, node: ast.expr) -> Any:
        value = self.literal(node)
        if field.kind in ("date", "moment") and isinstance(value, str):
            return self.day(field, node, value)
        wanted = {"text": str, "list": str, "number": Decimal, "flag": bool}.get(field.kind)
        if wanted is None or not isinstance(value, wanted):
            raise self.refusal(node, f"{LITERALS[field.kind]} was expected to compare with {field.name}")
        return value

    def day(self, field: _Field, node: ast.expr, value: str) -> date:
        try:
            day = datetime.fromisoformat(value)
        except ValueError:
            raise self.refusal(node, f"{LITERALS[field.kind]} was expected to compare with {field.name}") from None
        return day.date() if field.kind == "date" else day.astimezone()

    def literal(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | str()):
                if isinstance(node.value, str) and not _storable(node.value):
                    raise self.refusal(node, "text without null bytes and broken characters was expected")
                return node.value
            case ast.Constant(value=int() | float()):
                number = Decimal(str(node.value))
                if not abs(number) < LARGEST:
                    raise self.refusal(node, f"a number below {LARGEST:,} was expected")
                return number
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
                return -self.literal(node.operand)
        raise self.refusal(node, "text in quotes, a number, True, False or None was expected")

    def field(self, node: ast.expr) -> _Field:
        name = node.id if isinstance(node, ast.Name) else ""
        if name in self.fields:
            return _custom(name, self.fields[name])
        for kind, names in (("text", TEXTS), ("number", NUMBERS), ("flag", FLAGS), ("moment", MOMENTS)):
            if name in names:
                return _Field(name, kind, getattr(Contact, name))
        raise self.refusal(node, f"the name of a field was expected: {self.names()}")

    def names(self) -> str:
        return ", ".join(sorted([*TEXTS, *NUMBERS, *FLAGS, *MOMENTS, *self.fields]))


COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], ColumnElement[bool]]] = {
    ast.Eq: lambda column, value: column == value,
    ast.Is: lambda column, value: column == value,
    ast.NotEq: lambda column, value: column.is_distinct_from(value),
    ast.IsNot: lambda column, value: column.is_distinct_from(value),
    ast.Lt: lambda column, value: column < value,
    ast.LtE: lambda column, value: column <= value,
    ast.Gt: lambda column, value: column > value,
    ast.GtE: lambda column, value: column >= value,
}


def _known_not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Not, where an unknown field makes the inner condition false rather than unknown."""
    return not_(func.coalesce(condition, False))


def _custom(name: str, field: CustomField) -> _Field:
    """A custom field as a typed expression. Values written under an earlier type of the field count as not known."""
    value = col(Contact.custom)[name]
    text = value.astext
    kind = "list" if field.type is FieldType.LIST else KINDS.get(field.type, "text")
    column = {
        "text": lambda: text,
        "list": lambda: value,
        "flag": lambda: case((text == "true", True), (text == "false", False)),
        "number": lambda: case((text.regexp_match(r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"), cast(text, Numeric))),
        "date": lambda: case((text.regexp_match(r"^\d{4}-\d{2}-\d{2}$"), cast(text, Date))),
    }[kind]()
    return _Field(name, kind, column)


def _storable(text: str) -> bool:
    return "\0" not in text and not SURROGATE.search(text)


# Bounded by the expressions it keeps alive; those of journeys are made once, when their module is loaded.
@lru_cache(maxsize=1_000)
def label(expression: ColumnElement[Any]) -> str:
    """How people read an expression on the models: `Contact.score >= 30` is `score >= 30`."""
    dialect = postgresql.dialect(paramstyle="named")
    plain = {"include_table": False}
    try:
        text = str(expression.compile(dialect=dialect, compile_kwargs=plain | {"literal_binds": True}))
    except (CompileError, NotImplementedError):
        # A value that has no literal form in SQL: its name has to do.
        text = str(expression.compile(dialect=dialect, compile_kwargs=plain))
    return re.sub(r"\(?custom ->> '(\w+)'\)?", r"\1", " ".join(text.split()))
