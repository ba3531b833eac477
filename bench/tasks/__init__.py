"""Benchmarks of tasks and of what is asked of salespeople."""
