"""Behavioural rules: points for events of contacts."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import col

from models.conditions.parse import parse_condition, parse_data_condition
from models.playbook import Playbook
from models.playbook.scoring import AwardFrequency, ScoreRule
from models.tables.contact import Contact
from models.tables.event import Event
from models.tables.score import ScoreEntry
from models.values.custom_field import CustomField, DeclaredFields

IS_LIVE = text("rule IS NOT NULL AND withdrawn_at IS NULL")
ENTRY_COLUMNS = ("contact_id", "points", "reason", "rule", "slot", "event_id", "decays", "day", "at")


def award_points(
    connection: Connection, playbook: Playbook, events: Sequence[int], patterns: frozenset[str] | set[str]
) -> set[int]:
    """Write down what these events, named by `patterns`, earn; the contacts whose entries that changes."""
    zone, declared = playbook.company.time_zone, tuple(playbook.fields.items())
    changed: set[int] = set()
    for rule in playbook.scoring.rules:
        if not patterns.isdisjoint(rule.on):
            changed.update(connection.execute(_award_statement(rule, zone, declared), {"events": events}).scalars())
    return changed


@lru_cache(maxsize=1_000)
def _award_statement(rule: ScoreRule, zone: str, declared: DeclaredFields) -> Any:
    """One statement for a rule.

    An event that came late but happened earlier takes the place of the one that earned the points of that day, so the
    score is the same in whatever order they come in.
    """
    these = col(Event.id) == bindparam("events", type_=ARRAY(BigInteger)).any_()
    earned = award_query(rule, zone, dict(declared)).where(these)
    adding = insert(ScoreEntry).from_select(ENTRY_COLUMNS, earned)
    new, old = adding.excluded, ScoreEntry
    return adding.on_conflict_do_update(
        index_elements=["contact_id", "rule", "slot"],
        index_where=IS_LIVE,
        set_={"at": new.at, "day": new.day, "event_id": new.event_id},
        where=tuple_(new.at, new.event_id) < tuple_(col(old.at), col(old.event_id)),
    ).returning(col(ScoreEntry.contact_id))


def award_query(rule: ScoreRule, zone: str, fields: Mapping[str, CustomField]) -> Select[Any]:
    """The entries, as COLUMNS, that all events there are earn by a rule; the back-test asks for them too."""
    slot, day = _slot(rule, zone), cast(func.timezone(zone, Event.at), Date)
    name, points, decays = literal(rule.name), literal(rule.points), literal(rule.decays)
    given: tuple[Any, ...] = (Event.contact_id, points, name, name, slot, Event.id, decays, day, Event.at)
    return (
        select(*given)
        .join(Contact, col(Contact.id) == col(Event.contact_id))
        .where(*_rule_conditions(rule, fields))
        .distinct(col(Event.contact_id), slot)
        .order_by(col(Event.contact_id), slot, col(Event.at), col(Event.id))
    )


def _slot(rule: ScoreRule, zone: str) -> ColumnElement[str]:
    """The key under which a rule awards its points at most once: the event id, the day, or `once`."""
    match rule.counts:
        case AwardFrequency.EACH:
            return cast(Event.id, Text)
        case AwardFrequency.DAILY:
            return func.to_char(func.timezone(zone, Event.at), literal("YYYY-MM-DD"))
        case AwardFrequency.ONCE:
            return literal("once")


def _rule_conditions(rule: ScoreRule, fields: Mapping[str, CustomField]) -> list[ColumnElement[bool]]:
    """One of its events, not by a machine, with the data and of a contact as the rule says."""
    pattern = func.concat(Event.name, ":", Event.topic)
    by_machine = func.lower(col(Event.data)["is_machine"].astext) == "true"
    reasons = [or_(col(Event.name).in_(rule.on), pattern.in_(rule.on)), func.coalesce(by_machine, False).is_(False)]
    if rule.where:
        reasons.append(parse_data_condition(rule.where))
    if rule.when:
        reasons.append(parse_condition(rule.when, fields))
    return reasons
