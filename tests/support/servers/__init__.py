"""Servers and processes that tests start, and where they live."""
