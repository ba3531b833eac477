"""Lead scoring: points by explicit and behavioural rules, their daily decay, and the events at thresholds."""

from models.scoring.apply import score_events, score_fields
from models.scoring.journey_points import JourneyPoints, add_points
from models.scoring.recount import recount

__all__ = ["JourneyPoints", "add_points", "recount", "score_events", "score_fields"]
