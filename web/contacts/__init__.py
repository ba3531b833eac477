"""Pages about contacts."""
