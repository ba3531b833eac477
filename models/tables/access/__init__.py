"""Who may log in, and who of ops did what."""
