"""Where contacts are and what time it is there."""
