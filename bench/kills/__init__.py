"""Ends clocks again and again while they send, and counts what was lost, sent twice or is unknown."""
