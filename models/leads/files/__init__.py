"""CSV files of leads: what is in them, row by row."""
