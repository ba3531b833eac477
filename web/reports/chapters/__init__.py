"""The chapters of the reports."""
