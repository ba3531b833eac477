"""Salespeople's tasks: their form, outcome, reminders and handover."""
