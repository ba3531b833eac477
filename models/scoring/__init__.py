"""Scores: points for who contacts are and what they do, how they fade, and what happens at which score."""

from models.scoring.applying import follow_fields, score_events
from models.scoring.counting import recount
from models.scoring.journey_points import Given, add_points

__all__ = ["Given", "add_points", "follow_fields", "recount", "score_events"]
