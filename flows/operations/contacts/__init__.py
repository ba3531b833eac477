"""Actions for all contacts that a list has found: worked off by the clock, or started from the Prefect UI."""
