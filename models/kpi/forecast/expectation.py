"""What the months ahead are expected to bring, with intervals, from what was known on one day. Pure.

Three parts, which are told apart: contacts and deals that are open now, contacts who are still to come, and further
orders of customers that no deal announces. The interval has the chance in each order and the doubt about the rates;
the latter by a Poisson bootstrap of the stays (Hanley and MacGibbon, Comput. Methods Programs Biomed. 83, 2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.kpi.forecast.history import DAYS_AHEAD, LONGEST_STAY, RECENT, CurrencySales, SalesHistory
from models.kpi.forecast.intervals import Part
from models.kpi.forecast.multi_state import (
    Numbers,
    Stays,
    chances_from_age,
    chances_of_order,
    estimate,
)

PRICED = 365
"""Days from which amounts of orders are taken."""
RESAMPLES = 60
SEED = 125
UNUSUAL_WEEK = 3
"""A week with more arrivals than this many median weeks is counted as this many: it was an import, or a fair."""

PRIOR_ERRORS = 2
"""Errors as large as expected that are taken for granted, so that one bad month is not taken for the rule."""

LEAST_SALES = 10
LEAST_DAYS = 56


@dataclass(frozen=True)
class Span:
    """A part of the future, in days after the day of the forecast: from the one after `after` until `until`."""

    after: int
    until: int


@dataclass(frozen=True)
class Pipeline:
    """Who is open: contacts by state and age, deals of customers by age."""

    contacts: Numbers
    deals: Numbers


@dataclass(frozen=True)
class Expected:
    """What one span is expected to bring."""

    span: Span
    open: Part
    new: Part
    further: Part

    @property
    def orders(self) -> Part:
        """All together. The parts are added as if they were independent."""
        parts = (self.open, self.new, self.further)
        return Part(sum(part.mean for part in parts), sum(part.variance for part in parts))

    def widened(self, factor: float) -> "Expected":
        """With so many times the variance."""
        parts = (self.open, self.new, self.further)
        widened = [Part(part.mean, part.variance * factor) for part in parts]
        return Expected(self.span, *widened)

    def error(self, came: int) -> float:
        """How far off it was, in standard deviations."""
        orders = self.orders
        return (came - orders.mean) / orders.variance**0.5 if orders.variance else 0.0

    def at_rate(self, factor: float, deviation: float) -> "Expected":
        """Where leads buy so many times as often; further orders of customers come as they did."""
        return replace(self, open=_at_rate(self.open, factor, deviation), new=_at_rate(self.new, factor, deviation))

    def share(self, of_open: float, of_new: float, of_further: float) -> "Expected":
        """That of a part of the business, by its shares; chance weighs more on fewer."""
        return replace(
            self,
            open=_scaled(self.open, of_open),
            new=_scaled(self.new, of_new),
            further=_scaled(self.further, of_further),
        )


@dataclass(frozen=True)
class Price:
    """What one order brings in a currency, and the share of orders that are in it."""

    share: float
    mean: float
    variance: float
    count: int
    """Of how many orders that is known."""


def too_little(history: SalesHistory, day: int) -> str:
    """Why there is no forecast on this day, in a sentence; empty when there is enough."""
    first = history.first_day()
    days = 0 if first is None or first > day else day - first + 1
    sold = history.sold(day - days + 1, day) if days else 0
    if days >= LEAST_DAYS and sold >= LEAST_SALES:
        return ""
    return (
        f"Too little data: {sold} {'order' if sold == 1 else 'orders'} in {days} {'day' if days == 1 else 'days'}; "
        f"a forecast needs {LEAST_SALES} orders and {LEAST_DAYS} days."
    )


def expect(
    history: SalesHistory, day: int, spans: Sequence[Span], pipelines: Sequence[Pipeline] = ()
) -> list[list[Expected]]:
    """What each span is expected to bring, as seen at the end of this day: of everybody who was open then, and of each
    of these pipelines. Estimated once for all.
    """
    contacts, deals = history.contacts.seen_on(day), history.deals.seen_on(day)
    whose = [open_pipeline(history, day), *pipelines]
    recent = min(RECENT, day - (history.first_day() or day) + 1)
    first = day - recent + 1
    arrivals = _without_bulk(history.contacts.arrivals(first, day))
    opened = _without_bulk(history.deals.new_of_customers(first, day)[None, :])[0]
    unannounced = history.further_sales(first, day) - history.deals.won_of_customers(first, day)
    central = _expect(contacts, deals, whose, arrivals, opened, spans)
    random = np.random.default_rng(SEED)
    resampled = np.array(
        [
            [
                [(open_part.mean, new_part.mean) for open_part, new_part in of_one]
                for of_one in _expect(
                    _resampled(contacts, random), _resampled(deals, random), whose, arrivals, opened, spans
                )
            ]
            for _ in range(RESAMPLES)
        ]
    )
    doubts = resampled.var(axis=0, ddof=1)
    spread = _spread(arrivals.sum(axis=0) + opened)
    further = [_further(unannounced, span.until - span.after) for span in spans]
    found = []
    for of_one, doubt in zip(central, doubts, strict=True):
        expected = []
        for place, (span, (open_part, new_part)) in enumerate(zip(spans, of_one, strict=True)):
            rates = (1 + span.until / recent) * spread
            new = Part(new_part.mean, new_part.mean * max(rates, 1.0) + float(doubt[place, 1]))
            still_open = Part(open_part.mean, open_part.variance + float(doubt[place, 0]))
            expected.append(Expected(span, still_open, new, further[place]))
        found.append(expected)
    return found


def widening(errors: Sequence[float]) -> float:
    """By how much the variance is too small, by the errors of earlier forecasts in standard deviations; at least 1.

    A model does not know that every quarter ends with a push, or that summer is quiet; its past errors do.
    """
    return max(1.0, (sum(error**2 for error in errors) + PRIOR_ERRORS) / (len(errors) + PRIOR_ERRORS))


def open_pipeline(history: SalesHistory, day: int) -> Pipeline:
    """Everybody who is open at the end of this day."""
    return Pipeline(history.contacts.seen_on(day).open, history.deals.open_of_customers(day))


def price(history: SalesHistory, currency: str, day: int) -> Price:
    """What an order brings in this currency, by those of the last year."""
    counts = {name: int(one.count[_priced(one, day)].sum()) for name, one in history.sales.items()}
    one, total = history.sales[currency], sum(counts.values())
    part = _priced(one, day)
    count = int(one.priced[part].sum())
    mean = float(one.amount[part].sum()) / count if count else 0.0
    squares = float(one.squares[part].sum())
    variance = max(0.0, (squares - count * mean**2) / (count - 1)) if count > 1 else 0.0
    return Price(counts[currency] / total if total else 0.0, mean, variance, count)


def in_currency(orders: Part, price: Price) -> Part:
    """Of the orders those in one currency."""
    return _scaled(orders, price.share)


def revenue(orders: Part, price: Price) -> Part:
    """What that many orders bring; the mean price is as uncertain as the orders that it is known from are few."""
    doubt = price.variance / price.count if price.count else 0.0
    variance = orders.mean * price.variance + orders.variance * price.mean**2 + (orders.mean**2) * doubt
    return Part(orders.mean * price.mean, variance)


def _expect(
    contacts: Stays,
    deals: Stays,
    pipelines: Sequence[Pipeline],
    arrivals: Numbers,
    opened: Numbers,
    spans: Sequence[Span],
) -> list[list[tuple[Part, Part]]]:
    """Of each pipeline (those who are open, those who come) for each span, without the doubt about the rates."""
    # Resampled stays may take turns: both models go the same way.
    models = (
        (estimate(contacts), arrivals.mean(axis=1)),
        (estimate(deals), np.array([opened.mean()])),
    )
    until: dict[int, list[tuple[Numbers, float]]] = {}
    ready = [(curves, rate, chances_of_order(curves, DAYS_AHEAD)) for curves, rate in models]
    for days in {end for span in spans for end in (span.after, span.until)}:
        until[days] = [
            (chances_from_age(curves, ordered, days, LONGEST_STAY), float(rate @ _come_and_order(ordered, days)))
            for curves, rate, ordered in ready
        ]
    chances, come = [], []
    for span in spans:
        both = list(zip(until[span.after], until[span.until], strict=True))
        chances.append([(after - before).clip(0.0, 1.0) for (before, _), (after, _) in both])
        new = max(sum(came - came_before for (_, came_before), (_, came) in both), 0.0)
        come.append(Part(new, new))
    return [
        [(_standing_orders(pipeline, chance), new) for chance, new in zip(chances, come, strict=True)]
        for pipeline in pipelines
    ]


def _standing_orders(pipeline: Pipeline, chances: Sequence[Numbers]) -> Part:
    """Orders of those who are open, by their chances (state, age)."""
    mean = variance = 0.0
    for whose, chance in zip((pipeline.contacts, pipeline.deals), chances, strict=True):
        expected = whose[:, :LONGEST_STAY] * chance
        mean += float(expected.sum())
        variance += float((expected * (1 - chance)).sum())
    return Part(mean, variance)


def _come_and_order(ordered: Numbers, days: int) -> Numbers:
    """By state: orders within `days` of those who come in them, one each day."""
    found: Numbers = ordered[:, :days].sum(axis=1)
    return found


def _resampled(stays: Stays, random: np.random.Generator) -> Stays:
    left, still_open = random.poisson(stays.left), random.poisson(stays.open)
    gone = None if stays.gone is None else random.poisson(stays.gone).astype(float)
    return Stays(left.astype(float), still_open.astype(float), gone)


def _without_bulk(by_day: Numbers) -> Numbers:
    """(state, day) arrivals, those of an unusual week brought down to what UNUSUAL_WEEK says."""
    days = by_day.shape[1]
    week = np.arange(days)[::-1] // 7
    totals = np.bincount(week, weights=by_day.sum(axis=0))
    most = UNUSUAL_WEEK * float(np.median(totals))
    if not most:
        return by_day
    found: Numbers = by_day * np.minimum(1.0, most / np.maximum(totals, most))[week]
    return found


def _spread(by_day: Numbers) -> float:
    """How much more the weeks differ than by chance alone: variance to mean, at least 1."""
    weeks = by_day[len(by_day) % 7 :].reshape(-1, 7).sum(axis=1)
    return float(max(1.0, weeks.var(ddof=1) / weeks.mean())) if len(weeks) > 1 and weeks.mean() else 1.0


def _further(by_day: Numbers, length: int) -> Part:
    """Orders at the rate of these days; what customers' deals announce is taken off."""
    rate = max(0.0, float(by_day.mean()))
    mean = rate * length
    return Part(mean, mean * _spread(by_day.clip(0)) * (1 + length / len(by_day)))


def _at_rate(part: Part, factor: float, deviation: float) -> Part:
    return Part(part.mean * factor, part.variance * factor + (part.mean * deviation) ** 2)


def _scaled(part: Part, share: float) -> Part:
    """Each order falls into a part of them by chance."""
    return Part(part.mean * share, part.variance * share**2 + part.mean * share * (1 - share))


def _priced(sales: CurrencySales, day: int) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (sales.day <= day) & (sales.day > day - PRICED)
    return found
