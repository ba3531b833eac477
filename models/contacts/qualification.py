"""What qualifies a lead beyond its stage: the MQL level, and budget, authority, need and timeline (BANT)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, literal, null, or_, update
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.database import any_id, id_list
from models.playbook import Playbook
from models.tables.contact import Contact
from models.values.custom_field import DeclaredFields

CONTACTS = col(Contact.id) == any_id("contacts")

BANT = {"budget": "has_budget", "authority": "has_authority", "need": "has_need", "timeline": "has_timeline"}


def update_qualification(connection: Connection, playbook: Playbook, contacts: Sequence[int]) -> set[int]:
    """Set what the playbook's conditions say about these contacts; those whom that changed.

    What a person has said stays: a level that they set, and every answer to budget, authority, need and timeline.
    """
    return _set_bant(connection, playbook, contacts) | _set_level(connection, playbook, contacts)


def _set_bant(connection: Connection, playbook: Playbook, contacts: Sequence[int]) -> set[int]:
    """Yes where nobody has said anything yet and the condition holds."""
    asked = {BANT[name]: text for name in BANT if (text := getattr(playbook.qualification, name))}
    if not asked:
        return set()
    statement = _bant_statement(tuple(asked.items()), tuple(playbook.fields.items()))
    return {row.id for row in connection.execute(statement, {"contacts": id_list(contacts)})}


@lru_cache(maxsize=16)
def _bant_statement(asked: tuple[tuple[str, str], ...], declared: DeclaredFields) -> Any:
    fields = dict(declared)
    holds = {name: and_(getattr(Contact, name).is_(None), parse_condition(text, fields)) for name, text in asked}
    answers = {name: case((found, True), else_=getattr(Contact, name)) for name, found in holds.items()}
    return update(Contact).where(CONTACTS, or_(*holds.values())).values(**answers).returning(col(Contact.id))


def _set_level(connection: Connection, playbook: Playbook, contacts: Sequence[int]) -> set[int]:
    """The highest whose condition holds; it falls, to none at last, when that is so no longer."""
    levels = playbook.qualification.levels
    if not levels:
        return set()
    statement = _level_statement(tuple(sorted(levels.items(), reverse=True)), tuple(playbook.fields.items()))
    return {row.id for row in connection.execute(statement, {"contacts": id_list(contacts)})}


@lru_cache(maxsize=16)
def _level_statement(levels: tuple[tuple[int, str], ...], declared: DeclaredFields) -> Any:
    fields = dict(declared)
    reached: ColumnElement[int | None] = case(
        *((parse_condition(condition, fields), literal(level)) for level, condition in levels), else_=null()
    )
    by = case((reached.is_not(None), "rule"))
    return (
        update(Contact)
        .where(CONTACTS, col(Contact.mql_level_by).is_distinct_from("person"))
        .where(col(Contact.mql_level).is_distinct_from(reached))
        .values(mql_level=reached, mql_level_by=by)
        .returning(col(Contact.id))
    )
