"""How long buyers took from the first we heard of them to their first order."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from models.tables.sales import STANDS

TIMES_TO_BUY = text(f"""
-- Customers whose first trace is the order itself, or comes after it, say nothing about how long a lead takes.
WITH bought AS (
    SELECT contact_id, min(placed_at) AS at FROM "order" o WHERE {STANDS} GROUP BY contact_id
), took AS (
    SELECT extract(epoch FROM bought.at - least(contact.created_at, first.at)) AS seconds
    FROM bought JOIN contact ON contact.id = bought.contact_id
    LEFT JOIN LATERAL (SELECT min(at) AS at FROM event WHERE event.contact_id = bought.contact_id) first ON true
)
SELECT count(*) FILTER (WHERE seconds > 0) AS buyers, count(*) FILTER (WHERE seconds <= 0) AS at_once,
       avg(seconds) FILTER (WHERE seconds > 0) AS mean,
       percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE seconds > 0) AS quartiles
FROM took
""")


@dataclass(frozen=True)
class TimeToBuy:
    """From the first event, or the creation of the contact if that is earlier, to the first order that stands."""

    buyers: int
    unknown_before: int
    """Further buyers of whom nothing was known before they ordered; they are in none of the figures."""
    mean: timedelta
    lower: timedelta
    """A quarter of the buyers took no longer."""
    median: timedelta
    upper: timedelta
    """Three quarters of the buyers took no longer."""


def time_to_buy(connection: Connection) -> TimeToBuy:
    """Measured over everybody who has bought; all times are 0 while nobody has."""
    found = connection.execute(TIMES_TO_BUY).one()
    lower, median, upper = (timedelta(seconds=seconds) for seconds in found.quartiles or (0, 0, 0))
    return TimeToBuy(found.buyers, found.at_once, timedelta(seconds=float(found.mean or 0)), lower, median, upper)
