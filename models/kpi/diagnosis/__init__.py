"""Diagnosis: which causes the figures support when a KPI misses its goal, what they may cost, and what to try."""

from models.kpi.diagnosis.count import count_findings
from models.kpi.diagnosis.read import Evidence, Finding, read_findings
from models.kpi.diagnosis.rules import RULES, Rule

__all__ = ["RULES", "Evidence", "Finding", "Rule", "count_findings", "read_findings"]
