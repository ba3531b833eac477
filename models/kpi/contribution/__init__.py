"""Contribution: which mail, journey, step, form and source brings connections and orders."""

from models.kpi.contribution.holdouts import count_holdouts
from models.kpi.contribution.messages import count_messages
from models.kpi.contribution.sources import count_sources
from models.kpi.contribution.steps import count_journey_steps

__all__ = ["count_holdouts", "count_journey_steps", "count_messages", "count_sources"]
