"""set, add_points, note: what a journey writes down about the contact."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import text

from flows.runtime.ask import Answered, Ask, Asked, Settled
from flows.runtime.rows import driver
from models.database import to_json
from models.setting import set_fields

if TYPE_CHECKING:
    from flows.runtime.turn import Turn

ADD_POINTS = text("""
-- One entry per run and reason, the sums on contact and run, and an event so that stages and thresholds follow.
WITH given AS (
    SELECT * FROM unnest(CAST(:runs AS bigint[]), CAST(:contacts AS bigint[]),
                         CAST(:points AS numeric[]), CAST(:whys AS text[])) AS g (run_id, contact_id, points, why)
), entry AS (
    INSERT INTO score_entry (contact_id, points, why, run_id, at)
    SELECT contact_id, points, why, run_id, :now FROM given
), happened AS (
    INSERT INTO event (name, contact_id, source, data, at)
    SELECT 'points_added', contact_id, 'journey', jsonb_build_object('points', points, 'why', why), :now FROM given
), earned AS (
    UPDATE journey_run SET points = journey_run.points + given.points FROM given WHERE id = run_id
)
UPDATE contact SET score = score + total, updated_at = :now
FROM (SELECT contact_id, sum(points) AS total FROM given GROUP BY contact_id) AS sums
WHERE id = contact_id
""")

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
        turn.connection.execute(
            ADD_POINTS,
            {
                "runs": [one.run.id for one in asked],
                "contacts": [one.run.contact_id for one in asked],
                "points": [one.ask.points for one in asked],
                "whys": [one.ask.name for one in asked],
                "now": turn.now,
            },
        )
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
