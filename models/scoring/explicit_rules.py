"""Explicit rules: points while a condition on the contact's fields holds; withdrawn when it no longer does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.database import any_id, id_list
from models.playbook import Playbook
from models.playbook.scoring import ScoreRule
from models.tables.contact import Contact
from models.tables.score import ScoreEntry
from models.values.custom_field import CustomField, DeclaredFields
from models.wording import day_of

SLOT = "field"
CONTACTS = any_id("contacts")
NOW = bindparam("now", type_=DateTime(timezone=True))


def sync_explicit_points(
    connection: Connection, playbook: Playbook, contacts: Sequence[int], now: datetime
) -> set[int]:
    """Add entries for explicit rules that match, withdraw those that no longer do, and return the contacts whose
    entries changed.

    Points of a rule that has left the playbook go as well. A rule whose points were changed keeps its day.
    """
    explicit = tuple(rule for rule in playbook.scoring.rules if rule.is_explicit)
    today = day_of(now, playbook.company.time_zone)
    statement = _sync_statement(explicit, tuple(playbook.fields.items()))
    return set(connection.execute(statement, {"contacts": id_list(contacts), "now": now, "today": today}).scalars())


@lru_cache(maxsize=16)
def _sync_statement(rules: tuple[ScoreRule, ...], declared: DeclaredFields) -> Any:
    """One statement for all rules and contacts; it gives the contacts whose entries it changed."""
    wanted, current = _wanted(rules, declared).cte("wanted"), _present().cte("current")
    differs = _differences(wanted, current).cte("differs")
    parts = (_withdrawn(differs), _updated(differs), _inserted(differs))
    return select(differs.c.contact_id).add_cte(*(part.cte() for part in parts))


def _wanted(rules: tuple[ScoreRule, ...], declared: DeclaredFields) -> Select[Any]:
    """(contact, rule, points, decays) of every rule that matches, in one look at each contact."""
    fields = dict(declared)
    if not rules:
        nobody: Any = (literal(0, BigInteger), literal("", Text), literal(0, Numeric), literal(True))
        names = ("contact_id", "rule", "points", "decays")
        return select(*(part.label(name) for part, name in zip(nobody, names, strict=True))).where(literal(1) == 0)
    # Not VALUES: SQLAlchemy would write a statement that has it anew each time, which takes longer than to run it.
    rule = union_all(*(_matching(rule, fields) for rule in rules)).lateral("rule")
    found = select(col(Contact.id).label("contact_id"), rule.c.rule, rule.c.points, rule.c.decays)
    return found.select_from(Contact).join(rule, true()).where(col(Contact.id) == CONTACTS)


def _matching(rule: ScoreRule, fields: Mapping[str, CustomField]) -> Select[Any]:
    """The rule as a row, if it matches the contact beside it."""
    name, points = literal(rule.name, Text).label("rule"), literal(rule.points, Numeric).label("points")
    row = select(name, points, literal(rule.decays, Boolean).label("decays"))
    return row.where(parse_condition(rule.when or "", fields)).correlate(Contact)


def _present() -> Select[Any]:
    """What explicit rules have given these contacts and not withdrawn."""
    entry = ScoreEntry
    columns = (entry.id, entry.contact_id, entry.rule, entry.points, entry.decays)
    return select(*columns).where(  # type: ignore[call-overload]
        col(entry.contact_id) == CONTACTS,
        col(entry.rule).is_not(None),
        col(entry.slot) == SLOT,
        col(entry.withdrawn_at).is_(None),
    )


def _differences(wanted: Any, current: Any) -> Select[Any]:
    """Where what matches and what is held are not the same: an `id` of what is held, a `rule` of what matches.

    A full join, which is made by hashing: Postgres cannot know how many contacts it is handed, and would compare each
    entry with each.
    """
    same = and_(current.c.contact_id == wanted.c.contact_id, current.c.rule == wanted.c.rule)
    terms = (current.c.points != wanted.c.points, current.c.decays != wanted.c.decays)
    contact = func.coalesce(wanted.c.contact_id, current.c.contact_id).label("contact_id")
    found = select(current.c.id, contact, wanted.c.rule, wanted.c.points, wanted.c.decays)
    both = wanted.join(current, same, full=True)
    return found.select_from(both).where(or_(current.c.id.is_(None), wanted.c.rule.is_(None), *terms))


def _withdrawn(differs: Any) -> Any:
    gone = select(differs.c.id).where(differs.c.rule.is_(None))
    return update(ScoreEntry).where(col(ScoreEntry.id).in_(gone)).values(withdrawn_at=NOW)


def _updated(differs: Any) -> Any:
    here = (col(ScoreEntry.id) == differs.c.id, differs.c.rule.is_not(None))
    return update(ScoreEntry).where(*here).values(points=differs.c.points, decays=differs.c.decays)


def _inserted(differs: Any) -> Any:
    columns = ("contact_id", "points", "reason", "rule", "slot", "decays", "day", "at")
    new, day = differs.c, bindparam("today", type_=Date)
    row = (new.contact_id, new.points, new.rule, new.rule, literal(SLOT), new.decays, day, NOW)
    return insert(ScoreEntry).from_select(columns, select(*row).where(new.id.is_(None)))
