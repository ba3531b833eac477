"""Flows that deliver email, process what is reported of it, and resolve what is unknown."""
