"""Lifecycle stages rise by the playbook's rules; a stage's first moment is kept for good."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Update, and_, false, func, or_, text, update
from sqlalchemy.orm import Mapped
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.database import any_id, id_list
from models.playbook import Playbook, StageRule
from models.tables.contact import RANK, STAGES, Contact, Stage
from models.tables.event import Event


def raise_stages(
    connection: Connection, playbook: Playbook, events: Sequence[int], patterns: frozenset[str] | set[str]
) -> set[int]:
    """For the contacts of these events, named by `patterns`: one statement per stage whose rule looks at them.

    Gives the contacts whose stage that raised.
    """
    raised: set[int] = set()
    for stage, rule in playbook.stages.items():
        if rule.on and patterns.isdisjoint(rule.on):
            continue
        # A condition is looked at now and says nothing about then, so it dates no stage back.
        reached_at = col(Event.received_at) if rule.when else col(Event.at)
        raised |= _raise(connection, stage, events, _stage_condition(rule, playbook), reached_at)
    return raised


def date_back_stages(
    connection: Connection, playbook: Playbook, events: Sequence[int], patterns: frozenset[str] | set[str]
) -> None:
    """Date stages back to these events that were told late, where one of them reached the stage before it was known to
    be; also a stage that the contact had skipped until now.

    Only by rules that name events alone: a condition holds now and says nothing about then.
    """
    for stage, rule in playbook.stages.items():
        if rule.on and not rule.when and not patterns.isdisjoint(rule.on):
            connection.execute(_date_back(stage, _stage_condition(rule, playbook)), {"events": id_list(events)})


BELOW_OPPORTUNITY = STAGES[: STAGES.index(Stage.OPPORTUNITY)]

RAISE_BY_OPPORTUNITIES = text(f"""
-- A deal that another system tells of is one, whatever the playbook calls an opportunity. Told late, it dates back.
WITH first AS (
    SELECT o.contact_id, min(coalesce(o.opened_at, o.closed_at, e.at)) AS at
    FROM opportunity o JOIN event e ON e.id = o.event_id
    WHERE o.contact_id = ANY(CAST(:contacts AS bigint[])) GROUP BY o.contact_id
), before AS (
    SELECT contact.id, contact.stage IN ({", ".join(f"'{stage}'" for stage in BELOW_OPPORTUNITY)}) AS rises, first.at
    FROM contact JOIN first ON first.contact_id = contact.id
)
UPDATE contact SET stage = CASE WHEN before.rises THEN '{Stage.OPPORTUNITY}' ELSE stage END,
                   opportunity_at = least(opportunity_at, before.at)
FROM before WHERE contact.id = before.id AND (before.rises OR opportunity_at IS NULL OR opportunity_at > before.at)
RETURNING contact.id, before.rises
""")


def raise_stages_by_opportunities(connection: Connection, contacts: Sequence[int]) -> set[int]:
    """Make these contacts, who are locked, opportunities since their first deal was opened, where they have one.

    Gives the contacts whose stage that raised.
    """
    rows = connection.execute(RAISE_BY_OPPORTUNITIES, {"contacts": id_list(contacts)}).all()
    return {row.id for row in rows if row.rises}


def _date_back(stage: Stage, reason: ColumnElement[bool]) -> Update:
    reached = getattr(Contact, f"{stage}_at")
    return (
        update(Contact)
        .where(col(Contact.id) == col(Event.contact_id), col(Event.id) == any_id("events"), reason)
        .where(STAGES.index(stage) <= RANK, or_(reached.is_(None), reached > Event.at))
        .values({reached.key: Event.at})
    )


def _stage_condition(rule: StageRule, playbook: Playbook) -> ColumnElement[bool]:
    """One of the events, the condition, or one of the events while the condition holds."""
    reasons: list[ColumnElement[bool]] = []
    if rule.on:
        pattern = func.concat(Event.name, ":", Event.topic)
        reasons.append(or_(col(Event.name).in_(rule.on), pattern.in_(rule.on)))
    if rule.when:
        reasons.append(parse_condition(rule.when, playbook.fields))
    return and_(*reasons) if reasons else false()


def _raise(
    connection: Connection,
    stage: Stage,
    events: Sequence[int],
    reason: ColumnElement[bool],
    reached_at: Mapped[datetime],
) -> set[int]:
    """Stages never fall here; a contact who skips a stage has no timestamp for it."""
    reached = getattr(Contact, f"{stage}_at")
    statement = (
        update(Contact)
        .where(col(Contact.id) == col(Event.contact_id), col(Event.id) == any_id("events"), reason)
        .where(STAGES.index(stage) > RANK)
        .values(stage=stage.value, **{reached.key: func.coalesce(reached, reached_at)})
        .returning(col(Contact.id))
    )
    return {row.id for row in connection.execute(statement, {"events": id_list(events)})}
