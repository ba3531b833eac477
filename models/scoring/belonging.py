"""Points for what contacts are: the playbook's explicit rules, whose points follow the fields."""

from collections.abc import Sequence
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
    column,
    insert,
    literal,
    or_,
    select,
    true,
    union,
    update,
    values,
)
from sqlmodel import col

from models.condition import parse
from models.contact import Contact
from models.id_list import any_of, id_list
from models.playbook import Playbook
from models.playbook.scoring import ScoreRule
from models.score import ScoreEntry
from models.scoring.behaviour import Declared
from models.scoring.decay import day_of

SLOT = "field"
CONTACTS = any_of("contacts")
NOW = bindparam("now", type_=DateTime(timezone=True))


def follow(connection: Connection, playbook: Playbook, contacts: Sequence[int], now: datetime) -> set[int]:
    """Give the points of the explicit rules that match, and withdraw those that no longer do; whom that changes.

    Points of a rule that has left the playbook go as well. A rule whose points were changed keeps its day.
    """
    explicit = tuple(rule for rule in playbook.scoring.rules if rule.is_explicit)
    today = day_of(now, playbook.company.time_zone)
    statement = _following(explicit, tuple(playbook.fields.items()))
    return set(connection.execute(statement, {"contacts": id_list(contacts), "now": now, "today": today}).scalars())


@lru_cache(maxsize=16)
def _following(rules: tuple[ScoreRule, ...], declared: Declared) -> Any:
    """One statement for all rules and contacts; it gives the contacts whose entries it changed."""
    wanted = _wanted(rules, declared).cte("wanted")
    same = and_(col(ScoreEntry.contact_id) == wanted.c.contact_id, col(ScoreEntry.rule) == wanted.c.rule)
    withdrawn = (
        update(ScoreEntry).where(*_is_held(), ~select(wanted.c.rule).where(same).exists()).values(withdrawn_at=NOW)
    )
    changed = _changed(wanted, same)
    given = _given(select(wanted).where(~select(col(ScoreEntry.id)).where(same, *_is_held()).exists()))
    parts = [part.returning(col(ScoreEntry.contact_id)).cte() for part in (withdrawn, changed, given)]
    return union(*(select(part.c.contact_id) for part in parts))


def _wanted(rules: tuple[ScoreRule, ...], declared: Declared) -> Select[Any]:
    """(contact, rule, points, decays) of every rule that matches, in one look at each contact."""
    fields = dict(declared)
    if not rules:
        nobody: Any = (literal(0, BigInteger), literal("", Text), literal(0, Numeric), literal(True))
        names = ("contact_id", "rule", "points", "decays")
        return select(*(part.label(name) for part, name in zip(nobody, names, strict=True))).where(literal(1) == 0)
    shape = (column("rule", Text), column("points", Numeric), column("decays", Boolean), column("holds", Boolean))
    rows = [(rule.name, rule.points, rule.decays, parse(rule.when or "", fields)) for rule in rules]
    rule = values(*shape, name="rule").data(rows).lateral()
    found = select(col(Contact.id).label("contact_id"), rule.c.rule, rule.c.points, rule.c.decays)
    return found.select_from(Contact).join(rule, true()).where(col(Contact.id) == CONTACTS, rule.c.holds)


def _is_held() -> tuple[Any, ...]:
    """What explicit rules have given these contacts and not withdrawn."""
    return (
        col(ScoreEntry.contact_id) == CONTACTS,
        col(ScoreEntry.rule).is_not(None),
        col(ScoreEntry.slot) == SLOT,
        col(ScoreEntry.withdrawn_at).is_(None),
    )


def _changed(wanted: Any, same: Any) -> Any:
    terms = {"points": wanted.c.points, "decays": wanted.c.decays}
    differs = or_(*(getattr(ScoreEntry, name) != value for name, value in terms.items()))
    return update(ScoreEntry).where(same, *_is_held(), differs).values(**terms)


def _given(missing: Select[Any]) -> Any:
    new = missing.subquery()
    columns = ("contact_id", "points", "why", "rule", "slot", "decays", "day", "at")
    day = bindparam("today", type_=Date)
    row = (new.c.contact_id, new.c.points, new.c.rule, new.c.rule, literal(SLOT), new.c.decays, day, NOW)
    return insert(ScoreEntry).from_select(columns, select(*row))
