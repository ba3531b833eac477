"""Flows that remind reps and notify managers: overdue tasks, SLA alerts, the daily follow-up check."""
