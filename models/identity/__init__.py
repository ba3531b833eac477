"""What contacts are recognised by, and whether two names can be those of one person."""
