"""Runs of journeys, and the versions of the code that they are on."""
