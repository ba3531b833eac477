"""Downloads of the reports."""
