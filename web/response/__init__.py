"""Pages about response times."""
