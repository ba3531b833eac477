"""Metrics of each rep's offers: offered, accepted, declined, expired, median answer time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

METRICS = text("""
-- Offers that were withdrawn or are still open count as offered, and as nothing else.
SELECT rep.id AS rep_id, rep.name, count(*) AS offered,
       count(*) FILTER (WHERE offer.answer = 'accepted') AS accepted,
       count(*) FILTER (WHERE offer.answer = 'declined') AS declined,
       count(*) FILTER (WHERE offer.answer = 'expired') AS expired,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY offer.answered_at - offer.offered_at)
           FILTER (WHERE offer.answer IN ('accepted', 'declined')) AS median_answer_time
FROM offer JOIN rep ON rep.id = offer.rep_id
WHERE offer.offered_at >= :since
GROUP BY rep.id, rep.name ORDER BY rep.name, rep.id
""")


@dataclass(frozen=True)
class OfferMetrics:
    """One person's offers since a moment."""

    rep_id: int
    name: str
    offered: int
    accepted: int
    declined: int
    expired: int
    """Offers that expired without an answer."""
    median_answer_time: timedelta | None
    """Around the clock; None for a rep who never answered."""


def offer_metrics(connection: Connection, since: datetime) -> list[OfferMetrics]:
    """A line for each person who was offered a lead since then, by name."""
    return [OfferMetrics(**row) for row in connection.execute(METRICS, {"since": since}).mappings()]
