"""Runs of journeys, as people see and change them."""
