"""The made business that bench.reports counts, and its counts written by hand."""
