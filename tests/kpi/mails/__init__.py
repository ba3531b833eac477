"""The numbers by mail."""
