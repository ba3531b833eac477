"""Prefect flows: `journeys` are what customers go through, `operations` keep the house, `runtime` runs both."""
