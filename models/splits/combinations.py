"""Results of a split test by combination with another test of the journey, and in amounts paid."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.splits.results import SUCCEEDED, Results, success_parameters
from models.splits.statistics.interval import Counts
from models.splits.statistics.money import Amounts
from models.tables.sales import NET, STANDS

COMBINATIONS = text(f"""
-- Who was drawn in both tests, by their two variants, once their time since the later draw is over.
WITH drawn AS MATERIALIZED (
    SELECT one.contact_id, one.variant, other.variant AS other, greatest(one.at, other.at) AS at
    FROM split_draw one JOIN split_draw other USING (contact_id)
    WHERE one.test = :test AND one.how = 'drawn' AND one.at > :since
      AND other.test = :other AND other.how = 'drawn' AND other.at > :other_since
      AND greatest(one.at, other.at) + :within <= :now),
succeeded AS MATERIALIZED ({SUCCEEDED})
SELECT drawn.variant, drawn.other, count(*), count(succeeded.contact_id)
FROM drawn LEFT JOIN succeeded ON succeeded.contact_id = drawn.contact_id GROUP BY 1, 2 ORDER BY 1, 2
""")

PAID = text(f"""
-- What each contact paid in time after the draw, in the currency of most orders; nothing counts as 0.
WITH drawn AS MATERIALIZED (
    SELECT contact_id, variant, at FROM split_draw
    WHERE test = :test AND how = 'drawn' AND at > :since AND at + :within <= :now),
bought AS MATERIALIZED (
    SELECT o.contact_id, o.currency, sum({NET}) AS paid
    FROM drawn JOIN "order" o ON o.contact_id = drawn.contact_id
    WHERE o.placed_at > drawn.at AND o.placed_at <= drawn.at + :within AND {STANDS} GROUP BY 1, 2),
usual AS (SELECT currency FROM bought GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)
SELECT drawn.variant, usual.currency, count(*), sum(coalesce(paid, 0)), sum(coalesce(paid, 0) ^ 2)
FROM drawn CROSS JOIN usual
LEFT JOIN bought ON bought.contact_id = drawn.contact_id AND bought.currency = usual.currency
GROUP BY 1, 2 ORDER BY 1
""")


def combination_counts(
    connection: Connection, one: Results, other: Results, now: datetime
) -> dict[tuple[str, str], Counts]:
    """(variant of the one test, variant of the other) -> who got both, by the goal of the one."""
    if one.draws.first_at is None or other.draws.first_at is None:
        return {}
    since = success_parameters((), other.entry, other.draws)["since"]
    asked = _parameters(one, now) | {"other": other.test.name, "other_since": since}
    rows = _in_comparison(connection.execute(COMBINATIONS, asked).tuples(), one.draws.shares, other.draws.shares)
    return {(variant, beside): Counts(contacts, successes) for variant, beside, contacts, successes in rows}


def amounts_paid(connection: Connection, one: Results, now: datetime) -> tuple[str, dict[str, Amounts]] | None:
    """The currency, and what the contacts of each variant paid; None when nobody bought anything."""
    if one.draws.first_at is None:
        return None
    rows = connection.execute(
        PAID, {name: _parameters(one, now)[name] for name in ("test", "now", "since", "within")}
    ).all()
    amounts = {
        variant: Amounts(contacts, float(total), float(squares))
        for variant, _, contacts, total, squares in rows
        if variant in one.draws.shares
    }
    return (rows[0][1], amounts) if rows else None


def _parameters(one: Results, now: datetime) -> dict[str, Any]:
    return {"test": one.test.name, "now": now} | success_parameters((one.entry.goal,), one.entry, one.draws)


def _in_comparison(
    rows: Iterable[tuple[Any, ...]], mine: Mapping[str, float], others: Mapping[str, float]
) -> Iterable[tuple[Any, ...]]:
    return (row for row in rows if row[0] in mine and row[1] in others)
