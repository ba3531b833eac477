"""How long leads take from the first we heard of them to their first order: those who bought, and all of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.orders.kaplan_meier import SurvivalCurve, TimeEstimate, survival_curve
from models.tables.sales import STANDS

LEAST_SHARE_WATCHED = 0.1
"""Of all leads: for as long as that many are watched the curve is looked at, later it hangs on a few."""

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


WATCHED = text(f"""
-- Every lead: for how many days we know it until its first order that stands, else until now. Whoever ordered at their
-- first contact says nothing about how long a lead takes.
WITH bought AS (
    SELECT contact_id, min(placed_at) AS at FROM "order" o WHERE {STANDS} GROUP BY contact_id
), first AS (
    SELECT contact_id, min(at) AS at FROM event GROUP BY contact_id
), watched AS (
    SELECT bought.at IS NOT NULL AS has_bought,
           extract(epoch FROM coalesce(bought.at, :now) - least(contact.created_at, first.at)) / 86400 AS days
    FROM contact LEFT JOIN bought ON bought.contact_id = contact.id LEFT JOIN first ON first.contact_id = contact.id
)
SELECT has_bought, array_agg(CAST(days AS float)) AS days FROM watched WHERE days > 0 GROUP BY has_bought
""")


@dataclass(frozen=True)
class TimeToBuyOfAll:
    """The time to buy of all leads, those counted who have not bought yet. Times in days."""

    leads: int
    buyers: int
    horizon: float
    """For how long enough leads are watched to say anything."""
    bought: tuple[float, float, float]
    """The share that has bought by then, and its interval."""
    half_of_leads: TimeEstimate | None
    """When half of all leads have bought; None if they have not by the horizon."""
    half_of_buyers: TimeEstimate
    """When half of those have bought who do by the horizon."""

    @property
    def half_life(self) -> TimeEstimate:
        """The time to plan with: that of half of all leads, else that of half of those who buy at all."""
        return self.half_of_leads or self.half_of_buyers


@dataclass(frozen=True)
class MedianOfBuyers:
    """The median time of those who have bought alone, in days: too short, for the slow ones are not among them yet."""

    buyers: int
    estimate: TimeEstimate


def time_to_buy_of_all(connection: Connection, now: datetime) -> tuple[TimeToBuyOfAll, MedianOfBuyers] | None:
    """Measured over all leads and over buyers alone; None while nobody has bought."""
    found = {row.has_bought: row.days for row in connection.execute(WATCHED, {"now": now})}
    bought, waiting = found.get(True, []), found.get(False, [])
    return (estimate_time_to_buy(bought, waiting), median_of_buyers(bought)) if bought else None


def estimate_time_to_buy(bought: list[float], waiting: list[float]) -> TimeToBuyOfAll:
    """`bought`: days until they bought; `waiting`: days for which the others are known. Raises ValueError without any
    who bought.
    """
    curve = survival_curve(bought, waiting)
    return estimate_from_curve(curve, leads=len(bought) + len(waiting), buyers=len(bought))


def estimate_from_curve(curve: SurvivalCurve, *, leads: int, buyers: int) -> TimeToBuyOfAll:
    """What the curve of all leads says.

    Most leads never buy, so half of all may never do. Then the curve is cut at the horizon, and half of those who have
    bought by then is what it says: they would be those who bought, had everybody been watched for so long.
    """
    horizon = horizon_of(curve, leads)
    waits, low, high = curve.share_at(horizon)
    half_of_buyers = curve.time_until((1 + waits) / 2, horizon)
    if half_of_buyers is None:
        raise ValueError("Half of those who bought did so by the horizon; the curve has a step there.")
    return TimeToBuyOfAll(
        leads=leads,
        buyers=buyers,
        horizon=horizon,
        bought=(1 - waits, 1 - high, 1 - low),
        half_of_leads=curve.time_until(0.5, horizon),
        half_of_buyers=half_of_buyers,
    )


def horizon_of(curve: SurvivalCurve, leads: int) -> float:
    """Until when enough of so many leads are watched; not before the first of them bought."""
    first = float(curve.times[curve.shares < 1][0])
    return max(first, curve.horizon(min(leads, max(1.0, LEAST_SHARE_WATCHED * leads))) or 0.0)


def median_of_buyers(bought: list[float]) -> MedianOfBuyers:
    """Of those who bought, as if there were nobody else. Raises ValueError without any."""
    curve: SurvivalCurve = survival_curve(bought, [])
    estimate = curve.time_until(0.5, max(bought))
    if estimate is None:
        raise ValueError("Half of those who bought have bought by the time of the last.")
    return MedianOfBuyers(len(bought), estimate)
