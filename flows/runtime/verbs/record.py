"""set, add_points, note: what a journey writes down about the contact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from flows.runtime.ask import Answered, Ask, Asked, Settled
from flows.runtime.rows import driver
from models.contacts.set_fields import set_fields
from models.database import to_json
from models.scoring import Given, add_points

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

NOTE = """
INSERT INTO event (name, contact_id, source, data, at, reacted_at)
SELECT 'note_added', n.contact_id, 'journey', n.data::jsonb, %s, %s
FROM unnest(%s::bigint[], %s::text[]) AS n (contact_id, data)
"""


@dataclass(slots=True)
class Set(Ask):
    """Changes fields of the contact."""

    fields: Mapping[str, Any]

    verb: ClassVar[str] = "set"

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One statement per set of values. Not by name: different values may read alike in it."""
        groups: defaultdict[str, list[Asked]] = defaultdict(list)
        for one in asked:
            groups[repr(one.ask.fields)].append(one)
        for group in groups.values():
            contacts = [one.run.contact_id for one in group]
            set_fields(turn.connection, contacts, group[0].ask.fields, turn.now)
        return [Answered() for _ in asked]


@dataclass(slots=True)
class AddPoints(Ask):
    """Adds to the score, with the reason; the run remembers its own share."""

    points: Decimal

    verb: ClassVar[str] = "add_points"

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One statement for the whole group."""
        given = [Given(one.run.id, one.run.contact_id, one.ask.points, one.ask.name) for one in asked]
        add_points(turn.connection, given, turn.now)
        return [Answered(fact={"points": one.ask.points}) for one in asked]


@dataclass(slots=True)
class Note(Ask):
    """Leaves a remark on the contact's timeline."""

    verb: ClassVar[str] = "note"

    @classmethod
    def settle(cls, turn: "Turn", asked: Sequence[Asked]) -> Sequence[Settled]:
        """One statement for the whole group."""
        notes = [to_json({"text": one.ask.name, "journey": turn.definition.name}) for one in asked]
        contacts = [one.run.contact_id for one in asked]
        driver(turn.connection).execute(NOTE, (turn.now, turn.now, contacts, notes))
        return [Answered() for _ in asked]
