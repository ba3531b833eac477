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
-- What each contact paid in time after the draw, by currency; nothing counts as 0, also in a variant without an order.
WITH drawn AS MATERIALIZED (
    SELECT contact_id, variant, at FROM split_draw
    WHERE test = :test AND how = 'drawn' AND at > :since AND at + :within <= :now),
bought AS MATERIALIZED (
    SELECT o.contact_id, o.currency, sum({NET}) AS paid
    FROM drawn JOIN "order" o ON o.contact_id = drawn.contact_id
    WHERE o.placed_at > drawn.at AND o.placed_at <= drawn.at + :within AND {STANDS} GROUP BY 1, 2),
used AS (SELECT currency, count(*) AS buyers FROM bought GROUP BY 1)
SELECT used.currency, drawn.variant, count(*), sum(coalesce(paid, 0)), sum(coalesce(paid, 0) ^ 2),
       count(paid) FILTER (WHERE paid > 0)
FROM drawn CROSS JOIN used
LEFT JOIN bought ON bought.contact_id = drawn.contact_id AND bought.currency = used.currency
GROUP BY used.currency, used.buyers, drawn.variant ORDER BY used.buyers DESC, used.currency, drawn.variant
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


def amounts_paid(connection: Connection, one: Results, now: datetime) -> dict[str, dict[str, Amounts]]:
    """Currency -> variant -> what its contacts paid whose time is over; the currency of most buyers first.

    Every variant that is compared is there, also one in which nobody bought. Amounts of different currencies are never
    added up: whoever paid in another one counts as 0 here. What was paid back is left out.
    """
    if one.draws.first_at is None:
        return {}
    asked = _parameters(one, now)
    found: dict[str, dict[str, Amounts]] = {}
    for currency, variant, contacts, total, squares, buyers in connection.execute(
        PAID, {name: asked[name] for name in ("test", "now", "since", "within")}
    ):
        nobody = {variant: Amounts() for variant in one.variants}
        if variant in nobody:
            found.setdefault(currency, nobody)[variant] = Amounts(contacts, float(total), float(squares), buyers)
    return found


def _parameters(one: Results, now: datetime) -> dict[str, Any]:
    return {"test": one.test.name, "now": now} | success_parameters((one.entry.goal,), one.entry, one.draws)


def _in_comparison(
    rows: Iterable[tuple[Any, ...]], mine: Mapping[str, float], others: Mapping[str, float]
) -> Iterable[tuple[Any, ...]]:
    return (row for row in rows if row[0] in mine and row[1] in others)
