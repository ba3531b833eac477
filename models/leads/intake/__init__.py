"""Leads on their way in: posted ones, those that wait on disk, and what a person repairs afterwards."""
