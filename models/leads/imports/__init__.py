"""Imports of leads: what a file becomes, and what it would become."""
