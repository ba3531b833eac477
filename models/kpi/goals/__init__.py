"""Goals: how each stands in its periods, and the stricter one where it is met."""

from models.kpi.goals.read import GoalPeriod, GoalReading, read_goals
from models.kpi.goals.status import Status
from models.kpi.goals.store import count_goals

__all__ = ["GoalPeriod", "GoalReading", "Status", "count_goals", "read_goals"]
