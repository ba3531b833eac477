"""Actions for all contacts that a list has found: start a journey, assign, give a task, set a field, decide on mail."""
