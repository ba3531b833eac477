"""Gives contacts their variant: the one they have, the winner of a test that is over, or else one by chance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.access.token import signing_key
from models.database import to_json
from models.splits.variants import Variants, draw_of
from models.tables.split import How

TESTS = text("SELECT name, weights, winner FROM split_test WHERE name = ANY(:names)")

NOTE_TEST = text("""
-- Only when it is new or its weights were changed, for whoever writes here makes all others wait.
INSERT INTO split_test (name, journey, weights, is_holdout, started_at)
VALUES (:name, :journey, CAST(:weights AS jsonb), :is_holdout, :now)
ON CONFLICT (name) DO UPDATE SET weights = excluded.weights
RETURNING winner
""")

DRAW = text("""
-- Whoever has a variant keeps it. In the order of contacts, so that two who draw for the same ones take turns.
INSERT INTO split_draw (test, contact_id, variant, how, draw, weights, run_id, at)
SELECT :test, n.contact_id, n.variant, n.how, n.draw, CAST(:weights AS jsonb), n.run_id, :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:variants AS text[]), CAST(:hows AS text[]), CAST(:draws AS float[]),
            CAST(:runs AS bigint[])) AS n (contact_id, variant, how, draw, run_id)
ORDER BY n.contact_id
ON CONFLICT DO NOTHING
""")

# A statement of its own: it sees what others committed while the one above waited for them.
HELD = text(
    "SELECT contact_id, variant, how, run_id FROM split_draw WHERE test = :test AND contact_id = ANY(:contacts)"
)

DRAW_AGAIN = text("""
-- Those whose variant is no longer in the journey; two at once write the same.
WITH held AS (SELECT contact_id FROM split_draw WHERE test = :test AND contact_id = ANY(:contacts)
              ORDER BY contact_id FOR NO KEY UPDATE)
UPDATE split_draw d
SET variant = n.variant, how = n.how, draw = n.draw, weights = CAST(:weights AS jsonb), run_id = n.run_id, at = :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:variants AS text[]), CAST(:hows AS text[]), CAST(:draws AS float[]),
            CAST(:runs AS bigint[])) AS n (contact_id, variant, how, draw, run_id)
JOIN held USING (contact_id)
WHERE d.test = :test AND d.contact_id = n.contact_id AND NOT CAST(:weights AS jsonb) ? d.variant
""")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contact who comes to a test, and the run that brings them."""

    contact_id: int
    run_id: int
    variants: Variants


@dataclass(frozen=True, slots=True)
class Drawn:
    """The variant of a contact."""

    variant: str
    how: How
    kept: bool
    """They had it before this run."""


@dataclass(frozen=True, slots=True)
class _Test:
    """One test as the code has it now, and what decides beside the code."""

    variants: Variants
    winner: str | None
    key: str

    def give(self, entrant: Entrant, without: str = "") -> tuple[str, How, float | None]:
        """The variant of somebody who has none, or whose variant is gone from the code."""
        if self.winner is not None and self.winner in self.variants.weights:
            return self.winner, How.WINNER, None
        draw = draw_of(self.key, self.variants.test, entrant.contact_id, without)
        return self.variants.at(draw), How.REDRAWN if without else How.DRAWN, draw


def draw_variants(connection: Connection, journey: str, entrants: Sequence[Entrant], now: datetime) -> list[Drawn]:
    """The variant of each entrant, in the same order. The caller commits; until then others who ask wait."""
    groups: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, entrant in enumerate(entrants):
        groups[entrant.variants.test, *sorted(entrant.variants.weights.items())].append(place)
    known = _known(connection, [test for test, *_ in groups])
    drawn: dict[int, Drawn] = {}
    for _, places in sorted(groups.items()):
        group = [entrants[place] for place in places]
        test = _test(connection, journey, group[0].variants, known, now)
        drawn.update(zip(places, _draw_group(connection, test, group, now), strict=True))
    return [drawn[place] for place in range(len(entrants))]


def _known(connection: Connection, names: Sequence[str]) -> dict[str, Any]:
    return {row.name: row for row in connection.execute(TESTS, {"names": names})}


def _test(connection: Connection, journey: str, variants: Variants, known: Mapping[str, Any], now: datetime) -> _Test:
    row = known.get(variants.test)
    if row is not None and row.weights == variants.weights:
        return _Test(variants, row.winner, signing_key())
    told = {"name": variants.test, "journey": journey, "is_holdout": variants.is_holdout, "now": now}
    noted = connection.execute(NOTE_TEST, told | {"weights": to_json(variants.weights)})
    return _Test(variants, noted.scalar_one(), signing_key())


def _draw_group(connection: Connection, test: _Test, group: Sequence[Entrant], now: datetime) -> list[Drawn]:
    given = [(entrant, *test.give(entrant)) for entrant in group]
    connection.execute(DRAW, _rows(test, given, now))
    held = _held(connection, test, group)
    gone = [one for one in group if held[one.contact_id].variant not in test.variants.weights]
    if gone:
        again = [(entrant, *test.give(entrant, without=held[entrant.contact_id].variant)) for entrant in gone]
        connection.execute(DRAW_AGAIN, _rows(test, again, now))
        held = _held(connection, test, group)
    return [_drawn(held[entrant.contact_id], entrant) for entrant in group]


def _held(connection: Connection, test: _Test, group: Sequence[Entrant]) -> dict[int, Any]:
    asked = {"test": test.variants.test, "contacts": [entrant.contact_id for entrant in group]}
    return {row.contact_id: row for row in connection.execute(HELD, asked)}


def _drawn(row: Any, entrant: Entrant) -> Drawn:
    return Drawn(row.variant, How(row.how), kept=row.run_id != entrant.run_id)


def _rows(test: _Test, given: Sequence[tuple[Entrant, str, How, float | None]], now: datetime) -> dict[str, Any]:
    return {
        "test": test.variants.test,
        "weights": to_json(test.variants.weights),
        "contacts": [entrant.contact_id for entrant, *_ in given],
        "runs": [entrant.run_id for entrant, *_ in given],
        "variants": [variant for _, variant, *_ in given],
        "hows": [how.value for *_, how, _ in given],
        "draws": [draw for *_, draw in given],
        "now": now,
    }
