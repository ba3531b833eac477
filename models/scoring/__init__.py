"""Scores: points for who contacts are and what they do, how they fade, and what happens at which score."""

from models.scoring.apply import follow_fields, score_events
from models.scoring.journey_points import Given, add_points
from models.scoring.total import recount

__all__ = ["Given", "add_points", "follow_fields", "recount", "score_events"]
