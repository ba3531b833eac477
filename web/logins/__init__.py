"""Logging in and out, the logins of this installation, and who did what."""
