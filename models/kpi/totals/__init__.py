"""Sums over months that are over, from which long periods are read."""

from models.kpi.totals.cohorts import count_cohort_totals
from models.kpi.totals.monthly import count_monthly
from models.kpi.totals.months import totals_through
from models.kpi.totals.waits import count_day_waits, count_waits

__all__ = ["count_cohort_totals", "count_day_waits", "count_monthly", "count_waits", "totals_through"]
