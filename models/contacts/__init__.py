"""Contacts: their fields, lifecycle stage and qualification."""
