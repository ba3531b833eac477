"""The list of contacts: who fits a condition, in which order, with which columns, and views that are saved."""
