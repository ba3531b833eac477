"""Flows that import, assign and check leads."""
