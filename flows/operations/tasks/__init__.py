"""Flows that chase people: reminders, alarms, the daily check."""
