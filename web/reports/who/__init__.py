"""The people behind each number of the reports."""
