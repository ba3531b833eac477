"""Salespeople and their teams as a manager sees them."""
