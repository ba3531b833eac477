"""Whom a lead is about: candidates, what tells them apart, and what the lead changes about the one that it is."""
