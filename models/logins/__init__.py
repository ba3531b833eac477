"""Logins of ops and managers: inviting, roles, passwords, and links that set a password."""
