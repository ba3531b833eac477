"""Conditions of journeys worked out in memory: on the contact, the run, and the rows of what has happened so far.

SQLAlchemy's own evaluator knows columns of one table; the conditions of journeys also read JSON fields and ask whether
rows exist.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from sqlalchemy import Boolean, Date, FromClause, Integer, Numeric, Text
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Cast,
    ClauseList,
    ColumnElement,
    ExpressionClauseList,
    False_,
    Grouping,
    Label,
    Null,
    True_,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.selectable import Alias, Exists, ScalarSelect, Select, SelectStatementGrouping

from models import Contact, JourneyRun

CONTACT: FromClause = Contact.__table__  # type: ignore[attr-defined]
RUN: FromClause = JourneyRun.__table__  # type: ignore[attr-defined]

Row = Mapping[str, Any]


class NotKnownHere(Exception):
    """A condition that cannot be worked out without a database; the sentence says what in it."""


@dataclass
class Facts:
    """What a condition is about: one contact, the run that asks, and the rows of other tables."""

    contact: Row
    run: Row
    rows: Mapping[str, Iterable[Row]]
    """Table -> its rows, by the names of columns."""
    current: dict[FromClause, Row] = field(default_factory=dict)
    """Inside EXISTS: the rows that are looked at."""


Value = Callable[[Facts], Any]


def compile_condition(condition: ColumnElement[Any]) -> Value:
    """The condition as a function of facts, which gives true, false, or None where SQL would give null.

    Raises NotKnownHere.
    """
    return _compile(condition)


def _compile(part: Any) -> Value:
    match part:
        case Exists():
            return _exists(part)
        case Column():
            return _column(part)
        case BindParameter():
            return _constant(part.effective_value)
        case Null():
            return _constant(None)
        case True_() | False_():
            return _constant(isinstance(part, True_))
        case Grouping() | Label():
            return _compile(part.element)
        case BooleanClauseList():
            return _all_or_any(part)
        case Cast():
            return _cast(part)
        case UnaryExpression():
            return _unary(part)
        case BinaryExpression():
            return _binary(part)
        case ClauseList() | ExpressionClauseList():
            values = [_compile(one) for one in part.clauses]
            return lambda facts: [value(facts) for value in values]
        case FunctionElement():
            return _function(part)
    raise NotKnownHere(f"`{part}` is not known without a database")


def _constant(value: Any) -> Value:
    return lambda _: value


def _column(column: Column[Any]) -> Value:
    name, table = column.key, column.table
    if table == CONTACT:
        return lambda facts: facts.contact.get(name)
    if table == RUN:
        return lambda facts: facts.run.get(name)
    return lambda facts: facts.current[table].get(name)


def _all_or_any(clauses: BooleanClauseList) -> Value:
    values = [_compile(one) for one in clauses.clauses]
    # Whatever is decided by one part is decided, whether or not the others are null.
    deciding = clauses.operator is operators.or_

    def evaluate(facts: Facts) -> bool | None:
        found: bool | None = not deciding
        for value in values:
            one = value(facts)
            if one is None:
                found = None
            elif bool(one) is deciding:
                return deciding
        return found

    return evaluate


def _unary(part: UnaryExpression[Any]) -> Value:
    inner = _compile(part.element)
    if part.operator in (operators.inv, operators.is_false):
        return lambda facts: None if (value := inner(facts)) is None else not value
    if part.operator is operators.neg:
        return lambda facts: None if (value := inner(facts)) is None else -value
    if part.operator is operators.is_true:
        return inner
    raise NotKnownHere(f"`{part}` is not known without a database")


COMPARISONS: Mapping[Any, Callable[[Any, Any], Any]] = {
    operators.eq: operator.eq,
    operators.ne: operator.ne,
    operators.lt: operator.lt,
    operators.le: operator.le,
    operators.gt: operator.gt,
    operators.ge: operator.ge,
    operators.add: operator.add,
    operators.sub: operator.sub,
    operators.mul: operator.mul,
    operators.in_op: lambda value, values: value in values,
    operators.not_in_op: lambda value, values: value not in values,
    operators.startswith_op: lambda value, start: value.startswith(start),
    operators.not_startswith_op: lambda value, start: not value.startswith(start),
    operators.endswith_op: lambda value, end: value.endswith(end),
    operators.contains_op: lambda value, inside: inside in value,
    operators.between_op: lambda value, ends: ends[0] <= value <= ends[1],
    operators.json_getitem_op: lambda document, key: document.get(key),
}
"""Operators that give null when either side is null."""

OF_NULL: Mapping[Any, Callable[[Any, Any], bool]] = {
    operators.is_: lambda one, other: _same(one, other),
    operators.is_not: lambda one, other: not _same(one, other),
    operators.is_not_distinct_from: lambda one, other: _same(one, other),
    operators.is_distinct_from: lambda one, other: not _same(one, other),
}


def _same(one: Any, other: Any) -> bool:
    return one is other or (one is not None and other is not None and bool(one == other))


def _binary(part: BinaryExpression[Any]) -> Value:
    left, right = _compile(part.left), _compile(part.right)
    if part.operator in OF_NULL:
        compare = OF_NULL[part.operator]
        return lambda facts: compare(left(facts), right(facts))
    compute = COMPARISONS.get(part.operator)
    if getattr(part.operator, "opstring", None) == "->>":
        compute = _text_in_json
    if compute is None:
        raise NotKnownHere(f"`{part}` is not known without a database")

    def evaluate(facts: Facts) -> Any:
        one, other = left(facts), right(facts)
        return None if one is None or other is None else compute(one, other)

    return evaluate


def _text_in_json(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


CASTS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Boolean, lambda value: value if isinstance(value, bool) else value == "true"),
    (Integer, int),
    (Numeric, lambda value: Decimal(str(value))),
    (Date, lambda value: value if isinstance(value, date) else date.fromisoformat(value)),
    (Text, str),
)


def _cast(part: Cast[Any]) -> Value:
    inner = _compile(part.clause)
    convert = next((convert for kind, convert in CASTS if isinstance(part.type, kind)), None)
    if convert is None:
        raise NotKnownHere(f"`{part}` is not known without a database")
    return lambda facts: None if (value := inner(facts)) is None else convert(value)


def _function(part: FunctionElement[Any]) -> Value:
    values = [_compile(one) for one in part.clauses]
    match part.name if hasattr(part, "name") else "":
        case "coalesce":
            return lambda facts: next((found for value in values if (found := value(facts)) is not None), None)
        case "lower":
            return lambda facts: None if (value := values[0](facts)) is None else value.lower()
    raise NotKnownHere(f"`{part}` is not known without a database")


def _exists(part: Exists) -> Value:
    select: Any = part.element
    while isinstance(select, ScalarSelect | SelectStatementGrouping | Grouping):
        select = select.element
    if not isinstance(select, Select) or select.whereclause is None:
        raise NotKnownHere(f"`{part}` is not known without a database")
    tables = [table for table in select.get_final_froms() if table not in (CONTACT, RUN)]
    names = [_table_name(table) for table in tables]
    where = _compile(select.whereclause)

    def evaluate(facts: Facts) -> bool:
        for rows in product(*(facts.rows.get(name, ()) for name in names)):
            inside = {**facts.current, **dict(zip(tables, rows, strict=True))}
            if where(Facts(facts.contact, facts.run, facts.rows, inside)):
                return True
        return False

    return evaluate


def _table_name(table: Any) -> str:
    while isinstance(table, Alias):
        table = table.element
    return str(table.name)
