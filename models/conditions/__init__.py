"""Conditions on contacts, written as text in the playbook and compiled to SQL."""
