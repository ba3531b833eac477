"""Signed links: who may open a page without a login."""
