"""Benchmarks: what Tend costs and how fast it is, measured beside the alternatives. Results are in README.md."""
