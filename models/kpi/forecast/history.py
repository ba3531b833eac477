"""What the forecast is estimated from: the stays of contacts and deals in their states, and the sales, by days.

All of it is read once for each run, of kpi_stay, kpi_daily and facts; what was there on a day in the past is cut out in
memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from models.kpi.forecast.multi_state import Numbers, Stays, Whole
from models.kpi.forecast.stays import ORDER, STATES

YEARS_BACK = 3
"""Who came earlier says little of those who come now."""
RECENT = 91
"""Days from which the rate of arrivals and of further orders is taken."""
LONGEST_STAY = 730
"""Days; who stands longer in a state counts as this."""
DAYS_AHEAD = 220
"""More than a forecast reaches."""
LENGTH = LONGEST_STAY + DAYS_AHEAD

EPOCH = date(2000, 1, 1)
NEVER = np.iinfo(np.int64).max


def _number(day: date) -> int:
    return (day - EPOCH).days


IS_SETTLED = "days >= 0 AND stay.day < :detailed_from AND stay.day + days <= :earliest"
"""SQL over kpi_stay as `stay`: over and long ago on every day that is looked at. Only how long it was counts then."""

STAYS = text(f"""
-- Stays that are settled are moved to one day: there are a thousand times fewer numbers to read.
SELECT array_position(CAST(:states AS text[]), state) - 1,
       entered - :epoch, CASE WHEN days >= 0 THEN entered + days END - :epoch,
       array_position(CAST(:states AS text[]), next_state) - 1, is_first, count
FROM (
    SELECT state, entered, days, next_state, is_first, sum(count)::bigint AS count
    FROM (
        SELECT state, CASE WHEN {IS_SETTLED} THEN first.day ELSE stay.day END AS entered, days, next_state,
               NOT ({IS_SETTLED}) AND is_first AS is_first, count
        FROM kpi_stay stay,
             (SELECT min(day) AS day FROM kpi_stay WHERE known_until IS NULL AND day >= :since) AS first
        WHERE known_until IS NULL AND stay.day >= :since
    ) AS one GROUP BY 1, 2, 3, 4, 5
) AS stay
""")

DEALS = text("""
-- Deals of the same reference; `counts_from` is the day from which one is a deal of somebody who has ordered before.
WITH customer AS MATERIALIZED (
    SELECT contact_id, day FROM kpi_fact WHERE known_until IS NULL AND measure = 'customer'
), ended AS MATERIALIZED (
    SELECT DISTINCT ON (contact_id, ref) contact_id, ref, day, measure FROM kpi_fact
    WHERE known_until IS NULL AND measure IN ('won', 'lost') ORDER BY contact_id, ref, day DESC, measure DESC
), deal AS (
    SELECT o.contact_id, o.ref, o.day AS entered, coalesce(ended.day, greatest(gone.day, o.day)) AS until,
           ended.measure = 'won' AS is_won,
           customer.day AS customer,
           row_number() OVER (PARTITION BY o.contact_id, ended.measure, ended.day ORDER BY o.ref) AS number
    FROM kpi_fact o
    LEFT JOIN customer ON customer.contact_id = o.contact_id
    LEFT JOIN ended ON ended.contact_id = o.contact_id AND ended.ref = o.ref
    LEFT JOIN LATERAL (
        -- Of an open deal whose contact was erased: when that was.
        SELECT (max(s.until_at) AT TIME ZONE :zone)::date AS day FROM kpi_stage_spell s
        WHERE ended.day IS NULL AND s.known_until IS NULL AND s.contact_id = o.contact_id
          AND NOT EXISTS (SELECT FROM contact WHERE contact.id = o.contact_id)
    ) gone ON gone.day IS NOT NULL
    WHERE o.known_until IS NULL AND o.measure = 'opportunity' AND o.day >= :since
)
SELECT entered - :epoch, until - :epoch, is_won,
       -- greatest() passes over nulls.
       CASE WHEN customer IS NOT NULL AND NOT (is_won IS TRUE AND until = customer AND number = 1)
            THEN greatest(entered, customer) END - :epoch,
       count(*)
FROM deal WHERE until IS NULL OR until >= entered
GROUP BY 1, 2, 3, 4
""")

SALES = text("""
-- What has no currency has no amount.
SELECT day - :epoch, currency, count, CASE currency WHEN '' THEN 0 ELSE count END, coalesce(amount, 0),
       coalesce(amount_squares, 0)
FROM kpi_daily
WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND measure = 'sale' AND day >= :since
""")

FIRST_SALES = text("""
SELECT day - :epoch, sum(count) FROM kpi_daily
WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND measure = 'customer' GROUP BY day
""")


@dataclass(frozen=True)
class ContactStays:
    """Stays of contacts in their states, as arrays of the same length."""

    state: Whole
    entered: Whole
    until: Whole
    """NEVER for those who are still there."""
    way: Whole
    """NEVER for those who went nowhere: who are still there, or were erased."""
    is_first: npt.NDArray[np.bool_]
    """The first state that they were in."""
    count: Whole

    def seen_on(self, day: int) -> Stays:
        """What was known of them at the end of this day."""
        known = self.entered <= day
        over = known & (self.until <= day) & (self.way != NEVER)
        erased = known & (self.until <= day) & (self.way == NEVER)
        there = known & (self.until > day)
        ways, lengths = len(STATES) + 1, self.until - self.entered
        left, gone = np.zeros((len(STATES), ways, LENGTH)), np.zeros((len(STATES), LENGTH))
        np.add.at(left, (self.state[over], self.way[over], _days(lengths, over)), self.count[over])
        np.add.at(gone, (self.state[erased], _days(lengths, erased)), self.count[erased])
        return Stays(left, _by_age(self.state, self.entered, self.count, there, day, len(STATES)), gone)

    def arrivals(self, first: int, last: int) -> Numbers:
        """(state, day): how many came, by the state that they came in."""
        days = last - first + 1
        part = self.is_first & (self.entered >= first) & (self.entered <= last)
        found = np.zeros((len(STATES), days))
        np.add.at(found, (self.state[part], self.entered[part] - first), self.count[part])
        return found


@dataclass(frozen=True)
class DealStays:
    """Stays of deals in the pipeline: all of them, and which belong to somebody who had ordered before."""

    entered: Whole
    until: Whole
    is_won: npt.NDArray[np.bool_]
    is_gone: npt.NDArray[np.bool_]
    """Neither won nor lost until its contact was erased."""
    counts_from: Whole
    """When it is a deal of somebody who has ordered before: that day; NEVER for others."""
    count: Whole

    def seen_on(self, day: int) -> Stays:
        """What was known of all deals at the end of this day: ways out are lost, won."""
        known = self.entered <= day
        over = known & (self.until <= day) & ~self.is_gone
        erased = known & (self.until <= day) & self.is_gone
        left, gone = np.zeros((1, 2, LENGTH)), np.zeros((1, LENGTH))
        lengths = self.until - self.entered
        np.add.at(left[0], (self.is_won[over].astype(int), _days(lengths, over)), self.count[over])
        np.add.at(gone[0], _days(lengths, erased), self.count[erased])
        return Stays(left, self._by_age(known & (self.until > day), day), gone)

    def open_of_customers(self, day: int) -> Numbers:
        """(1, days): how many are open, by how long they have been."""
        return self._by_age((self.counts_from <= day) & (self.until > day), day)

    def new_of_customers(self, first: int, last: int) -> Numbers:
        """By day: how many were opened for somebody who had ordered before."""
        part = (self.counts_from == self.entered) & (self.entered >= first) & (self.entered <= last)
        return _by_day(self.entered, self.count, part, first, last)

    def won_of_customers(self, first: int, last: int) -> Numbers:
        """By day: how many of somebody who had ordered before were won."""
        part = self.is_won & (self.counts_from != NEVER) & (self.until >= first) & (self.until <= last)
        return _by_day(self.until, self.count, part, first, last)

    def _by_age(self, there: npt.NDArray[np.bool_], day: int) -> Numbers:
        return _by_age(np.zeros_like(self.entered), self.entered, self.count, there, day, 1)


@dataclass(frozen=True)
class CurrencySales:
    """Sales in one currency: how many, how many of them with an amount, those added, and their squares added."""

    day: Whole
    count: Whole
    priced: Whole
    amount: Numbers
    squares: Numbers


@dataclass(frozen=True)
class SalesHistory:
    """Everything that the forecast goes by."""

    contacts: ContactStays
    deals: DealStays
    sales: dict[str, CurrencySales]
    """By currency; empty for sales without money."""
    first_sales: tuple[Whole, Whole]
    """Days, and how many contacts ordered for the first time."""

    def first_day(self) -> int | None:
        """The first day of which anything is known."""
        starts = [array.min() for array in (self.contacts.entered, self.first_sales[0]) if len(array)]
        starts += [sales.day.min() for sales in self.sales.values() if len(sales.day)]
        return int(min(starts)) if starts else None

    def sold(self, first: int, last: int) -> int:
        """Sales of these days, whatever their currency."""
        return sum(int(one.count[_within(one.day, first, last)].sum()) for one in self.sales.values())

    def further_sales(self, first: int, last: int) -> Numbers:
        """By day: sales beyond the first of each contact."""
        found = np.zeros(last - first + 1)
        for one in self.sales.values():
            found += _by_day(one.day, one.count, _within(one.day, first, last), first, last)
        days, count = self.first_sales
        return (found - _by_day(days, count, _within(days, first, last), first, last)).clip(0)


def first_of_history(today: date) -> date:
    """From when on stays and sales count: the same all month long, or what past months say would change every night."""
    tomorrow = today + timedelta(days=1)
    return tomorrow.replace(year=tomorrow.year - YEARS_BACK, day=1)


def read_history(connection: Connection, today: date, earliest: date, zone: str) -> SalesHistory:
    """What is known by today, of kpi_stay and facts; it is looked at on the days from `earliest` on. `zone` is that of
    the company.
    """
    since = first_of_history(today)
    values = {
        "epoch": EPOCH,
        "since": since,
        "states": [*STATES, ORDER],
        "earliest": earliest,
        "detailed_from": earliest - timedelta(days=RECENT),
    }
    stays = _columns(connection.execute(STAYS, values).all(), 6)
    deals = _columns(connection.execute(DEALS, {"epoch": EPOCH, "since": since, "zone": zone}).all(), 5)
    firsts = _columns(connection.execute(FIRST_SALES, {"epoch": EPOCH}).all(), 2)
    state, entered, until, way, is_first, count = stays
    return SalesHistory(
        ContactStays(state, entered, until, way, is_first.astype(bool), count),
        DealStays(deals[0], deals[1], deals[2] == 1, (deals[1] != NEVER) & (deals[2] == NEVER), deals[3], deals[4]),
        _sales(connection, since),
        (firsts[0], firsts[1]),
    )


def _sales(connection: Connection, since: date) -> dict[str, CurrencySales]:
    rows = connection.execute(SALES, {"epoch": EPOCH, "since": since}).all()
    found = {}
    for currency in sorted({row[1] for row in rows}):
        own = sorted((row for row in rows if row[1] == currency), key=lambda row: row[0])
        numbers = np.array([(row[0], row[2], row[3]) for row in own], dtype=np.int64)
        money = np.array([(float(row[4]), float(row[5])) for row in own])
        found[currency] = CurrencySales(*numbers.T, *money.T)
    return found


def _columns(rows: Sequence[Sequence[int | bool | None]], width: int) -> list[Whole]:
    """The columns of a result as arrays of whole numbers, with NEVER where there is none."""
    if not rows:
        return [np.zeros(0, dtype=np.int64) for _ in range(width)]
    return [
        np.array([NEVER if value is None else int(value) for value in column]) for column in zip(*rows, strict=True)
    ]


def _days(lengths: Whole, which: npt.NDArray[np.bool_]) -> Whole:
    found: Whole = np.minimum(lengths[which], LONGEST_STAY)
    return found


def _by_age(state: Whole, entered: Whole, count: Whole, there: npt.NDArray[np.bool_], day: int, states: int) -> Numbers:
    found = np.zeros((states, LENGTH))
    np.add.at(found, (state[there], np.minimum(day - entered[there], LONGEST_STAY)), count[there])
    return found


def _within(days: Whole, first: int, last: int) -> npt.NDArray[np.bool_]:
    return (days >= first) & (days <= last)


def _by_day(days: Whole, count: Whole, part: npt.NDArray[np.bool_], first: int, last: int) -> Numbers:
    found = np.zeros(last - first + 1)
    np.add.at(found, days[part] - first, count[part])
    return found
