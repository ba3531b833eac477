"""Measurements of what salespeople are asked and reminded of."""
