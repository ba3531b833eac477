"""The team: when people are away."""
