"""Assigns variants: the one a contact already has, the winner of a decided test, or else one drawn by chance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.access.token import signing_key
from models.database import to_json
from models.splits.variants import Variants, hash_draw
from models.tables.split import DrawKind

TESTS = text("SELECT name, weights, winner FROM split_test WHERE name = ANY(:names)")

UPSERT_TEST = text("""
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
EXISTING_DRAWS = text(
    "SELECT contact_id, variant, how, run_id FROM split_draw WHERE test = :test AND contact_id = ANY(:contacts)"
)

DRAW_AGAIN = text("""
-- Those whose variant is no longer in the journey; two at once write the same.
WITH existing AS (SELECT contact_id FROM split_draw WHERE test = :test AND contact_id = ANY(:contacts)
              ORDER BY contact_id FOR NO KEY UPDATE)
UPDATE split_draw d
SET variant = n.variant, how = n.how, draw = n.draw, weights = CAST(:weights AS jsonb), run_id = n.run_id, at = :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:variants AS text[]), CAST(:hows AS text[]), CAST(:draws AS float[]),
            CAST(:runs AS bigint[])) AS n (contact_id, variant, how, draw, run_id)
JOIN existing USING (contact_id)
WHERE d.test = :test AND d.contact_id = n.contact_id AND NOT CAST(:weights AS jsonb) ? d.variant
""")


@dataclass(frozen=True, slots=True)
class Participant:
    """A contact who comes to a test, and the run that brings them."""

    contact_id: int
    run_id: int
    variants: Variants


@dataclass(frozen=True, slots=True)
class DrawnVariant:
    """The variant of a contact."""

    variant: str
    kind: DrawKind
    is_existing: bool
    """They had it before this run."""


@dataclass(frozen=True, slots=True)
class _ActiveTest:
    """One test as the code has it now, and what decides beside the code."""

    variants: Variants
    winner: str | None
    key: str

    def draw(self, entrant: Participant, without: str = "") -> tuple[str, DrawKind, float | None]:
        """The variant of somebody who has none, or whose variant is gone from the code."""
        if self.winner is not None and self.winner in self.variants.weights:
            return self.winner, DrawKind.WINNER, None
        draw = hash_draw(self.key, self.variants.test, entrant.contact_id, without)
        return self.variants.variant_at(draw), DrawKind.REDRAWN if without else DrawKind.DRAWN, draw


def draw_variants(
    connection: Connection, journey: str, entrants: Sequence[Participant], now: datetime
) -> list[DrawnVariant]:
    """The variant of each entrant, in the same order. The caller commits; until then others who ask wait."""
    groups: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, entrant in enumerate(entrants):
        groups[entrant.variants.test, *sorted(entrant.variants.weights.items())].append(place)
    known = _stored_tests(connection, [test for test, *_ in groups])
    drawn: dict[int, DrawnVariant] = {}
    for _, places in sorted(groups.items()):
        group = [entrants[place] for place in places]
        test = _test(connection, journey, group[0].variants, known, now)
        drawn.update(zip(places, _draw_group(connection, test, group, now), strict=True))
    return [drawn[place] for place in range(len(entrants))]


def _stored_tests(connection: Connection, names: Sequence[str]) -> dict[str, Any]:
    return {row.name: row for row in connection.execute(TESTS, {"names": names})}


def _test(
    connection: Connection, journey: str, variants: Variants, known: Mapping[str, Any], now: datetime
) -> _ActiveTest:
    row = known.get(variants.test)
    if row is not None and row.weights == variants.weights:
        return _ActiveTest(variants, row.winner, signing_key())
    values = {"name": variants.test, "journey": journey, "is_holdout": variants.is_holdout, "now": now}
    noted = connection.execute(UPSERT_TEST, values | {"weights": to_json(variants.weights)})
    return _ActiveTest(variants, noted.scalar_one(), signing_key())


def _draw_group(
    connection: Connection, test: _ActiveTest, group: Sequence[Participant], now: datetime
) -> list[DrawnVariant]:
    given = [(entrant, *test.draw(entrant)) for entrant in group]
    connection.execute(DRAW, _rows(test, given, now))
    existing = _existing_draws(connection, test, group)
    gone = [one for one in group if existing[one.contact_id].variant not in test.variants.weights]
    if gone:
        again = [(entrant, *test.draw(entrant, without=existing[entrant.contact_id].variant)) for entrant in gone]
        connection.execute(DRAW_AGAIN, _rows(test, again, now))
        existing = _existing_draws(connection, test, group)
    return [_drawn_variant(existing[entrant.contact_id], entrant) for entrant in group]


def _existing_draws(connection: Connection, test: _ActiveTest, group: Sequence[Participant]) -> dict[int, Any]:
    asked = {"test": test.variants.test, "contacts": [entrant.contact_id for entrant in group]}
    return {row.contact_id: row for row in connection.execute(EXISTING_DRAWS, asked)}


def _drawn_variant(row: Any, entrant: Participant) -> DrawnVariant:
    return DrawnVariant(row.variant, DrawKind(row.how), is_existing=row.run_id != entrant.run_id)


def _rows(
    test: _ActiveTest, given: Sequence[tuple[Participant, str, DrawKind, float | None]], now: datetime
) -> dict[str, Any]:
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
