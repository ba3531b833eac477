"""Leads as they come in: read, recognised, stored."""
