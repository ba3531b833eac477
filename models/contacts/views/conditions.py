"""Conditions on the list of contacts: those on their fields, and on what they have elsewhere.

`owner == "Sarah Miller"` · `team == "West"` · `journey == "lead_nurture"` (they are on it now) · `bought == "course"` ·
`task == "call_lead"` (one of this kind is open) · `last_activity >= "2026-03-01"` (the last thing that they did
themselves). `owner is None` has nobody. All else is as in the playbook, see `models.conditions.parse`.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.conditions.compiler import ConditionCompiler
from models.conditions.fields import ConditionField, ContactFields
from models.conditions.parse import syntax_tree
from models.tables.contact import STAGES, Contact, Suppression
from models.tables.event import CONTACT_ACTION, Event
from models.tables.journey.journey_run import JourneyRun
from models.tables.sales import Order, Product
from models.tables.task import Task
from models.tables.team import Rep, Team
from models.values.custom_field import CustomField

_owner, _teammate, _team = aliased(Rep), aliased(Rep), aliased(Team)
_run, _order, _product, _task = aliased(JourneyRun), aliased(Order), aliased(Product), aliased(Task)

ACTIONS_OF_CONTACT = and_(col(Event.contact_id) == col(Contact.id), text(CONTACT_ACTION))
LAST_ACTIVITY = select(func.max(col(Event.at))).where(ACTIONS_OF_CONTACT).correlate(Contact).scalar_subquery()
"""When a contact did something themselves for the last time."""


@dataclass(frozen=True)
class Relation:
    """Rows elsewhere that belong to a contact, and the column of theirs that is compared."""

    column: Any
    belongs: ColumnElement[bool]
    kind: str = "text"

    def some(self, condition: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
        """At least one row is like this."""
        return exists().where(self.belongs, *(() if condition is None else (condition,)))


RELATIONS: Mapping[str, Relation] = {
    "owner": Relation(col(_owner.name), col(_owner.id) == col(Contact.owner_id)),
    "team": Relation(
        col(_team.name), and_(col(_teammate.id) == col(Contact.owner_id), col(_team.id) == col(_teammate.team_id))
    ),
    "journey": Relation(col(_run.journey), and_(col(_run.contact_id) == col(Contact.id), col(_run.ended_at).is_(None))),
    "bought": Relation(
        col(_product.code),
        and_(
            col(_order.contact_id) == col(Contact.id),
            col(_order.cancelled_at).is_(None),
            col(_product.id) == col(_order.product_id),
        ),
    ),
    "task": Relation(
        col(_task.kind),
        and_(col(_task.contact_id) == col(Contact.id), col(_task.done_at).is_(None), col(_task.closed_at).is_(None)),
    ),
    "last_activity": Relation(col(Event.at), ACTIONS_OF_CONTACT, "moment"),
}
"""What can be asked of a contact besides their fields."""

WORDS: Mapping[str, Sequence[str]] = {
    "stage": [str(stage) for stage in STAGES],
    "suppressed": [str(reason) for reason in Suppression],
}
"""Fields that hold one of a few words, whatever the playbook says."""


@dataclass(frozen=True)
class KnownWords:
    """What a company has: a condition that names something else is mistyped."""

    fields: Mapping[str, CustomField]
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Field or relation -> all that it can be compared with."""
    sources: Sequence[str] = ()
    """Those of the playbook; contacts may have come from others."""

    def of(self, name: str) -> Sequence[str]:
        """All words of a field; none when any will do."""
        return self.words.get(name) or (() if name in self.fields else WORDS.get(name, ()))


def parse_list_condition(condition: str, known: KnownWords) -> ColumnElement[bool]:
    """The expression over Contact that a text stands for, or BadCondition with a sentence."""
    return _ListCompiler(condition, known).compile(syntax_tree(condition), depth=0)


def field_kinds(known: KnownWords) -> dict[str, str]:
    """Every name that a condition may compare, with the kind of its values, in the order of the alphabet."""
    fields = _ListFields(known.fields)
    found = {name: fields.find(name, None) for name in fields.names().split(", ")}
    return {name: field.kind for name, field in found.items() if field}


class _ListFields(ContactFields):
    def find(self, name: str, beside: ast.expr | None) -> ConditionField | None:
        relation = RELATIONS.get(name) if name not in self.declared else None
        return ConditionField(name, relation.kind, relation.column) if relation else super().find(name, beside)

    def names(self) -> str:
        return ", ".join(sorted({*super().names().split(", "), *RELATIONS}))


class _ListCompiler(ConditionCompiler):
    """As that of the playbook; what is compared with a relation is asked of the rows that belong to a contact."""

    def __init__(self, condition: str, known: KnownWords) -> None:
        super().__init__(condition, _ListFields(known.fields))
        self.known = known

    def relation(self, field: ConditionField) -> Relation | None:
        return RELATIONS.get(field.name) if field.name not in self.known.fields else None

    def null_check(self, field: ConditionField, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        relation, asks_for_none = self.relation(field), isinstance(op, ast.Is | ast.Eq)
        if relation is None or not isinstance(op, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
            return super().null_check(field, op, node)
        if field.name == "owner":
            return col(Contact.owner_id).is_(None) if asks_for_none else col(Contact.owner_id).is_not(None)
        if relation.kind == "moment":
            return LAST_ACTIVITY.is_(None) if asks_for_none else LAST_ACTIVITY.is_not(None)
        return not_(relation.some()) if asks_for_none else relation.some()

    def comparison_of(self, field: ConditionField, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        relation = self.relation(field)
        other = self.field(node, node) if isinstance(node, ast.Name) else None
        if other and (relation or self.relation(other)):
            raise self.error(node, f"a value was expected: {field.name} is not compared with another field")
        self.require_known_word(field, node)
        if relation is None:
            return super().comparison_of(field, op, node)
        if relation.kind == "moment":
            return self.latest(field, op, node)
        if isinstance(op, ast.NotEq | ast.IsNot):
            return not_(relation.some(super().comparison_of(field, ast.Eq(), node)))
        return relation.some(super().comparison_of(field, op, node))

    def latest(self, field: ConditionField, op: ast.cmpop, node: ast.expr) -> ColumnElement[bool]:
        """Asked of each contact by itself: to whom something was said since is no use to a planner, who would look at
        all of it."""
        if not isinstance(op, ast.Gt | ast.GtE | ast.Lt | ast.LtE):
            raise self.error(node, f"and {field.name} is a moment: compare it by < <= > >=")
        return super().comparison_of(ConditionField(field.name, field.kind, LAST_ACTIVITY), op, node)

    def membership(self, left: ast.expr, right: ast.expr) -> ColumnElement[bool]:
        is_list = isinstance(right, ast.List | ast.Tuple | ast.Set)
        field = self.field(left, right) if is_list else self.field(right, left)
        if isinstance(right, ast.List | ast.Tuple | ast.Set):
            for node in right.elts:
                self.require_known_word(field, node)
        relation = self.relation(field)
        found = super().membership(left, right)
        return relation.some(found) if relation else found

    def contains(self, node: ast.Call) -> ColumnElement[bool]:
        found = super().contains(node)
        relation = self.relation(self.field(node.args[0], node.args[1]))
        return relation.some(found) if relation else found

    def require_known_word(self, field: ConditionField, node: ast.expr) -> None:
        """A word that is none of a few is mistyped: the list would be empty, and nobody would know why."""
        words = self.known.of(field.name)
        if not words or not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.value in words:
            return
        near = get_close_matches(node.value.lower(), {word.lower(): word for word in words}, n=1)
        meant = next((word for word in words if near and word.lower() == near[0]), None)
        hint = f"did you mean {meant!r}?" if meant else f"there are: {', '.join(words[:20])}"
        raise self.error(node, f"and no {field.name} is called so; {hint}")
