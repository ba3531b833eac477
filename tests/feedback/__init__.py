"""Feedback on leads: asked for until they are won or lost."""
