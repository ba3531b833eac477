"""Runs of the report: counting what is new, and looking up what was known when."""

from models.kpi.run.history import PastChange, last_run, nothing_reported, read_changes, run_known_on, runs
from models.kpi.run.report import ReportBusy, RunResult, run_report

__all__ = [
    "PastChange",
    "ReportBusy",
    "RunResult",
    "last_run",
    "nothing_reported",
    "read_changes",
    "run_known_on",
    "run_report",
    "runs",
]
