"""The documentation, read where it is needed."""
